// Package ended remembers the ids of rooms that ended a short while ago. Their last
// words come after their end, such as that of a peer that left with them, and
// mustn't be taken for the first ones of another room.
package ended

import (
	"hash/maphash"
	"time"
)

const (
	// Kept is how many rooms are remembered at most, the latest.
	Kept = 4096
	// For is for how long a room is remembered.
	For = time.Minute
)

// Rooms are the rooms that ended lately, as hashes of their ids, so that long ones
// take no more memory. The zero value has none. It belongs to one goroutine.
type Rooms struct {
	seed  maphash.Seed // Made with the map.
	at    map[Key]time.Time
	order []room // The oldest first.
}

// Key stands for a room's id, among those of the same Rooms.
type Key uint64

type room struct {
	key Key
	at  time.Time
}

// Key returns what stands for an id.
func (r *Rooms) Key(id string) Key {
	if r.at == nil {
		r.at, r.seed = make(map[Key]time.Time), maphash.MakeSeed()
	}
	return Key(maphash.String(r.seed, id))
}

// Add remembers that a room has ended just now.
func (r *Rooms) Add(id string, now time.Time) {
	added := room{r.Key(id), now}
	r.at[added.key] = now
	r.order = append(r.order, added)
	for len(r.order) > Kept || now.Sub(r.order[0].at) >= For {
		if oldest := r.order[0]; r.at[oldest.key].Equal(oldest.at) {
			delete(r.at, oldest.key)
		}
		r.order = r.order[1:]
	}
}

// Has tells whether a room with that id has ended lately.
func (r *Rooms) Has(id string, now time.Time) bool {
	at, ok := r.at[r.Key(id)]
	return ok && now.Sub(at) < For
}

// Remove forgets a room, since there is another one with its id.
func (r *Rooms) Remove(id string) { delete(r.at, r.Key(id)) }

// Len returns how many rooms are remembered.
func (r *Rooms) Len() int { return len(r.at) }
