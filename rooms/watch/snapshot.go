package watch

import (
	"cmp"
	"iter"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Rooms is a snapshot of all rooms. It doesn't change.
type Rooms struct {
	snapshot *snapshot
}

// Len returns the number of rooms.
func (r Rooms) Len() int {
	if r.snapshot == nil {
		return 0
	}
	return r.snapshot.count
}

// Room returns the room with the given id, and whether there is one. If several nodes
// of a cluster have a room with the same id, it is that of the node whose address
// sorts first.
func (r Rooms) Room(id string) (Room, bool) {
	if r.snapshot == nil {
		return Room{}, false
	}
	found := r.snapshot.find(id)
	if len(found) == 0 {
		return Room{}, false
	}
	return found[0].public(), true
}

// All returns the rooms in no particular order.
func (r Rooms) All() iter.Seq[Room] {
	return func(yield func(Room) bool) {
		if r.snapshot == nil {
			return
		}
		for room := range r.snapshot.all() {
			if !yield(room.public()) {
				return
			}
		}
	}
}

// fanOut is how many branches a snapshot has, and how many buckets each branch. With
// ten thousand rooms a bucket holds about ten.
const fanOut = 32

// snapshot holds all rooms at one moment. It is immutable: a new one shares everything
// unchanged with it.
type snapshot struct {
	branches [fanOut]*branch
	count    int
}

type branch [fanOut]*bucket

// bucket is the rooms whose ids have the same hash, sorted by id and node.
type bucket []*room

// bucketOf returns where a room's bucket is: its branch, and its index there.
func bucketOf(id string) (i, j uint32) {
	h := uint32(2166136261)
	for k := range len(id) {
		h = (h ^ uint32(id[k])) * 16777619
	}
	h ^= h >> 16
	return h % fanOut, h / fanOut % fanOut
}

func (s *snapshot) bucket(i, j uint32) bucket {
	if s.branches[i] == nil || s.branches[i][j] == nil {
		return nil
	}
	return *s.branches[i][j]
}

// find returns the rooms with an id: one, unless several nodes have a room with it.
func (s *snapshot) find(id string) []*room {
	rooms := s.bucket(bucketOf(id))
	from, _ := slices.BinarySearchFunc(rooms, id, func(r *room, id string) int { return cmp.Compare(r.id, id) })
	to := from
	for to < len(rooms) && rooms[to].id == id {
		to++
	}
	return rooms[from:to:to]
}

// version returns the version of a room in the snapshot, or nil.
func (s *snapshot) version(of *life, id string) *room {
	for _, r := range s.find(id) {
		if r.life == of {
			return r
		}
	}
	return nil
}

func (s *snapshot) all() iter.Seq[*room] {
	return func(yield func(*room) bool) {
		for _, b := range s.branches {
			if b == nil {
				continue
			}
			for _, bucket := range b {
				if bucket == nil {
					continue
				}
				for _, r := range *bucket {
					if !yield(r) {
						return
					}
				}
			}
		}
	}
}

// step is a room before and after an event: nil if there was or is none.
type step struct {
	before, after *room
	cause         decode.Notification // Nil if it is inferred.
}

func (s step) room() *room {
	if s.before != nil {
		return s.before
	}
	return s.after
}

// with returns the snapshot after a step.
func (s *snapshot) with(st step) *snapshot {
	i, j := bucketOf(st.room().id)
	changed := *s
	own := branch{}
	if s.branches[i] != nil {
		own = *s.branches[i]
	}
	changed.branches[i] = &own
	rooms := s.bucket(i, j)
	if st.before != nil {
		at, _ := slices.BinarySearchFunc(rooms, st.before, compareRooms)
		if st.after != nil && st.after.node == st.before.node {
			rooms = slices.Clone(rooms)
			rooms[at] = st.after
			own[j] = &rooms
			return &changed
		}
		rooms = slices.Concat(rooms[:at], rooms[at+1:])
		changed.count--
	}
	if st.after != nil {
		at, _ := slices.BinarySearchFunc(rooms, st.after, compareRooms)
		rooms = slices.Insert(slices.Clip(rooms), at, st.after)
		changed.count++
	}
	own[j] = &rooms
	return &changed
}

func compareRooms(a, b *room) int {
	return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.node, b.node))
}

// draft is a snapshot under construction, and its differences from the one that it
// started as.
type draft struct {
	*snapshot
	steps []step
}

func (d *draft) replace(s step) {
	if s.before == s.after {
		return
	}
	d.snapshot = d.snapshot.with(s)
	d.steps = append(d.steps, s)
}

// steps returns the steps from one snapshot to another.
func steps(from, to *snapshot) iter.Seq[step] {
	return func(yield func(step) bool) {
		for i := range uint32(fanOut) {
			if from.branches[i] == to.branches[i] {
				continue
			}
			for j := range uint32(fanOut) {
				if !bucketSteps(from.bucket(i, j), to.bucket(i, j), yield) {
					return
				}
			}
		}
	}
}

func bucketSteps(from, to []*room, yield func(step) bool) bool {
	for len(from) > 0 || len(to) > 0 {
		s := step{}
		switch {
		case len(to) == 0 || len(from) > 0 && compareRooms(from[0], to[0]) < 0:
			s.before, from = from[0], from[1:]
			// A room whose node has become known is the same room.
			if len(to) > 0 && to[0].life == s.before.life && (len(from) == 0 || from[0].id != to[0].id) {
				s.after, to = to[0], to[1:]
			}
		case len(from) == 0 || compareRooms(from[0], to[0]) > 0:
			s.after, to = to[0], to[1:]
		default:
			s.before, s.after = from[0], to[0]
			from, to = from[1:], to[1:]
		}
		if s.before == s.after {
			continue
		}
		if s.before != nil && s.after != nil && s.before.life != s.after.life {
			// One ended, and another one with its id appeared.
			if !yield(step{before: s.before}) {
				return false
			}
			s.before = nil
		}
		if !yield(s) {
			return false
		}
	}
	return true
}
