package watch

import (
	"cmp"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// member is a peer or a component of a room. It never changes.
type member[T any] struct {
	id     string
	self   T              // Without its tracks.
	tracks []decode.Track // In the order of their ids.
}

func newMember[T any](id string, self T, tracks []decode.Track) *member[T] {
	tracks = slices.Clone(tracks)
	slices.SortStableFunc(tracks, func(a, b decode.Track) int { return cmp.Compare(a.ID, b.ID) })
	tracks = slices.CompactFunc(tracks, func(a, b decode.Track) bool { return a.ID == b.ID })
	return &member[T]{id, self, tracks}
}

// withTrack returns the member with t, in the place of the track that has its id.
func (m *member[T]) withTrack(t decode.Track) *member[T] {
	place, found := findTrack(m.tracks, t.ID)
	if found && sameTrack(m.tracks[place], t) {
		return m
	}
	tracks := slices.Clone(m.tracks)
	if found {
		tracks[place] = t
	} else {
		tracks = slices.Insert(tracks, place, t)
	}
	return &member[T]{m.id, m.self, tracks}
}

func (m *member[T]) withoutTrack(id string) *member[T] {
	place, found := findTrack(m.tracks, id)
	if !found {
		return m
	}
	return &member[T]{m.id, m.self, slices.Concat(m.tracks[:place], m.tracks[place+1:])}
}

func findTrack(tracks []decode.Track, id string) (place int, found bool) {
	return slices.BinarySearchFunc(tracks, id, func(t decode.Track, id string) int { return cmp.Compare(t.ID, id) })
}

// members are the peers or the components of a room, in the order of their ids.
// They never change.
type members[T any] []*member[T]

func (ms members[T]) sorted() members[T] {
	slices.SortStableFunc(ms, func(a, b *member[T]) int { return cmp.Compare(a.id, b.id) })
	return slices.CompactFunc(ms, func(a, b *member[T]) bool { return a.id == b.id })
}

func (ms members[T]) place(id string) (place int, found bool) {
	return slices.BinarySearchFunc(ms, id, func(m *member[T], id string) int { return cmp.Compare(m.id, id) })
}

// find returns a member, or nil.
func (ms members[T]) find(id string) *member[T] {
	if place, found := ms.place(id); found {
		return ms[place]
	}
	return nil
}

// with returns the members with m, in the place of the one that has its id.
func (ms members[T]) with(m *member[T]) members[T] {
	place, found := ms.place(m.id)
	if found {
		changed := slices.Clone(ms)
		changed[place] = m
		return changed
	}
	return slices.Insert(slices.Clip(ms), place, m)
}

func (ms members[T]) without(id string) members[T] {
	place, found := ms.place(id)
	if !found {
		return ms
	}
	return slices.Concat(ms[:place], ms[place+1:])
}

// keeping returns the members, with those of old in the place of equal ones, so
// that what is the same stays the same.
func (ms members[T]) keeping(old members[T], same func(a, b *T) bool) members[T] {
	kept := make(members[T], len(ms))
	for i, m := range ms {
		kept[i] = m.keeping(old.find(m.id), same)
	}
	return kept
}

func (m *member[T]) keeping(old *member[T], same func(a, b *T) bool) *member[T] {
	if old == nil {
		return m
	}
	sameSelf := same(&old.self, &m.self)
	if sameSelf && slices.EqualFunc(old.tracks, m.tracks, equalTrack) {
		return old
	}
	kept := &member[T]{m.id, m.self, slices.Clone(m.tracks)}
	if sameSelf {
		kept.self = old.self
	}
	for i, t := range m.tracks {
		if place, found := findTrack(old.tracks, t.ID); found && sameTrack(old.tracks[place], t) {
			kept.tracks[i] = old.tracks[place]
		}
	}
	return kept
}

func equalTrack(a, b decode.Track) bool { return a.ID == b.ID && sameTrack(a, b) }
