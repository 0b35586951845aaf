package watch

import "iter"

// Rooms are all rooms of one moment: what happens later doesn't change them.
type Rooms struct {
	catalogue *catalogue
}

// Len returns how many rooms there are.
func (r Rooms) Len() int {
	if r.catalogue == nil {
		return 0
	}
	return r.catalogue.count
}

// Room returns a room. Where several nodes of a cluster have a room with the same
// id, it is that of the node whose address sorts first.
func (r Rooms) Room(id string) (Room, bool) {
	if r.catalogue == nil {
		return Room{}, false
	}
	found := r.catalogue.find(id)
	if len(found) == 0 {
		return Room{}, false
	}
	return found[0].public(), true
}

// All returns the rooms in no particular order.
func (r Rooms) All() iter.Seq[Room] {
	return func(yield func(Room) bool) {
		if r.catalogue == nil {
			return
		}
		for room := range r.catalogue.all() {
			if !yield(room.public()) {
				return
			}
		}
	}
}
