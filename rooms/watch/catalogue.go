package watch

import (
	"cmp"
	"iter"
	"slices"
)

// fan is how many branches a catalogue has, and how many shelves each of them.
// With ten thousand rooms a shelf holds some ten.
const fan = 32

// catalogue is all rooms at one moment. It never changes: another one shares with
// it what stays.
type catalogue struct {
	branches [fan]*branch
	count    int
}

// branch is a part of the shelves.
type branch [fan]*shelf

// shelf is a part of the rooms: those whose ids have the same hash, in the order
// of id and node.
type shelf []*room

// placeOf returns where a room's shelf is: its branch, and its place on that.
func placeOf(id string) (i, j uint32) {
	h := uint32(2166136261)
	for k := range len(id) {
		h = (h ^ uint32(id[k])) * 16777619
	}
	h ^= h >> 16
	return h % fan, h / fan % fan
}

func (c *catalogue) shelf(i, j uint32) shelf {
	if c.branches[i] == nil || c.branches[i][j] == nil {
		return nil
	}
	return *c.branches[i][j]
}

// find returns the rooms with an id: one, unless several nodes have one with the
// same.
func (c *catalogue) find(id string) []*room {
	rooms := c.shelf(placeOf(id))
	from, _ := slices.BinarySearchFunc(rooms, id, func(r *room, id string) int { return cmp.Compare(r.id, id) })
	to := from
	for to < len(rooms) && rooms[to].id == id {
		to++
	}
	return rooms[from:to:to]
}

func (c *catalogue) all() iter.Seq[*room] {
	return func(yield func(*room) bool) {
		for _, b := range c.branches {
			if b == nil {
				continue
			}
			for _, shelf := range b {
				if shelf == nil {
					continue
				}
				for _, r := range *shelf {
					if !yield(r) {
						return
					}
				}
			}
		}
	}
}

// with returns the catalogue after a step.
func (c *catalogue) with(s step) *catalogue {
	id := s.id()
	i, j := placeOf(id)
	changed := *c
	own := branch{}
	if c.branches[i] != nil {
		own = *c.branches[i]
	}
	changed.branches[i] = &own
	shelf := c.shelf(i, j)
	if s.before != nil {
		at, _ := place(shelf, s.before)
		if s.after != nil && s.after.node == s.before.node {
			shelf = slices.Clone(shelf)
			shelf[at] = s.after
			own[j] = &shelf
			return &changed
		}
		shelf = slices.Concat(shelf[:at], shelf[at+1:])
		changed.count--
	}
	if s.after != nil {
		at, _ := place(shelf, s.after)
		shelf = slices.Insert(slices.Clip(shelf), at, s.after)
		changed.count++
	}
	own[j] = &shelf
	return &changed
}

// edit returns a catalogue that begins as c and can be changed.
func (c *catalogue) edit() *draft { return &draft{catalogue: c} }

// draft is a catalogue that is being made, and how it differs from the one that
// it began as.
type draft struct {
	*catalogue
	steps []step
}

// replace puts a room in the place of another one. Either can be nil.
func (d *draft) replace(s step) {
	if s.before == s.after {
		return
	}
	d.catalogue = d.catalogue.with(s)
	d.steps = append(d.steps, s)
}

func place(rooms []*room, r *room) (place int, found bool) {
	return slices.BinarySearchFunc(rooms, r, compareRooms)
}

func compareRooms(a, b *room) int {
	if c := cmp.Compare(a.id, b.id); c != 0 {
		return c
	}
	return cmp.Compare(a.node, b.node)
}

// steps returns how to come from one catalogue to another.
func steps(from, to *catalogue) iter.Seq[step] {
	return func(yield func(step) bool) {
		for i := range uint32(fan) {
			if from.branches[i] == to.branches[i] {
				continue
			}
			for j := range uint32(fan) {
				if !shelfSteps(from.shelf(i, j), to.shelf(i, j), yield) {
					return
				}
			}
		}
	}
}

func shelfSteps(from, to []*room, yield func(step) bool) bool {
	for len(from) > 0 || len(to) > 0 {
		s := step{}
		switch {
		case len(to) == 0 || len(from) > 0 && compareRooms(from[0], to[0]) < 0:
			s.before, from = from[0], from[1:]
			// A room whose node was found out is the same room.
			if s.before.node == "" && startsWith(to, s.before.id) && !startsWith(from, s.before.id) {
				s.after, to = to[0], to[1:]
			}
		case len(from) == 0 || compareRooms(from[0], to[0]) > 0:
			s.after, to = to[0], to[1:]
		default:
			s.before, s.after = from[0], to[0]
			from, to = from[1:], to[1:]
		}
		if s.before != s.after && !yield(s) {
			return false
		}
	}
	return true
}

func startsWith(rooms []*room, id string) bool { return len(rooms) > 0 && rooms[0].id == id }
