package watch

import (
	"cmp"
	"hash/crc32"
	"iter"
	"slices"
)

// shelves is how many parts a catalogue has. With some ten thousand rooms a part
// holds a few dozen.
const shelves = 256

// catalogue is all rooms at one moment. It never changes: another one shares with
// it the parts that stay.
type catalogue struct {
	shelves [shelves]shelf
	count   int
}

// shelf is a part of the rooms: those whose ids have the same hash, in the order
// of id and node.
type shelf *[]*room

func shelfOf(id string) int {
	return int(crc32.ChecksumIEEE([]byte(id)) % shelves)
}

func (c *catalogue) on(i int) []*room {
	if c.shelves[i] == nil {
		return nil
	}
	return *c.shelves[i]
}

// find returns the rooms with an id: one, unless several nodes have one with the
// same.
func (c *catalogue) find(id string) []*room {
	rooms := c.on(shelfOf(id))
	from, _ := slices.BinarySearchFunc(rooms, id, func(r *room, id string) int { return cmp.Compare(r.id, id) })
	to := from
	for to < len(rooms) && rooms[to].id == id {
		to++
	}
	return rooms[from:to:to]
}

func (c *catalogue) all() iter.Seq[*room] {
	return func(yield func(*room) bool) {
		for i := range shelves {
			for _, r := range c.on(i) {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// edit returns a catalogue that begins as c and can be changed.
func (c *catalogue) edit() *draft {
	return &draft{catalogue: *c}
}

// draft is a catalogue that is being made, and how it differs from the one that
// it began as.
type draft struct {
	catalogue
	own   [shelves]bool // Which parts are no longer shared.
	steps []step
}

// replace puts a room in the place of another one. Either can be nil.
func (d *draft) replace(s step) {
	if s.before == s.after {
		return
	}
	if s.before != nil {
		d.remove(s.before)
	}
	if s.after != nil {
		d.insert(s.after)
	}
	d.steps = append(d.steps, s)
}

func (d *draft) remove(r *room) {
	rooms := d.ownShelf(r.id)
	if i, found := place(*rooms, r); found {
		*rooms = slices.Delete(*rooms, i, i+1)
		d.count--
	}
}

func (d *draft) insert(r *room) {
	rooms := d.ownShelf(r.id)
	i, _ := place(*rooms, r)
	*rooms = slices.Insert(*rooms, i, r)
	d.count++
}

func (d *draft) ownShelf(id string) *[]*room {
	i := shelfOf(id)
	if !d.own[i] {
		own := slices.Clone(d.on(i))
		d.shelves[i], d.own[i] = &own, true
	}
	return d.shelves[i]
}

func place(rooms []*room, r *room) (place int, found bool) {
	return slices.BinarySearchFunc(rooms, r, compareRooms)
}

func compareRooms(a, b *room) int {
	return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.node, b.node))
}

// steps returns how to come from one catalogue to another.
func steps(from, to *catalogue) iter.Seq[step] {
	return func(yield func(step) bool) {
		for i := range shelves {
			if from.shelves[i] == to.shelves[i] {
				continue
			}
			if !shelfSteps(from.on(i), to.on(i), yield) {
				return
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
