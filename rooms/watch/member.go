package watch

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// member is an immutable peer or component of a room.
type member[T any] struct {
	id     string
	self   T              // Without its tracks.
	tracks []decode.Track // Sorted by id.
}

func newMember[T any](id string, self T, tracks []decode.Track) *member[T] {
	tracks = slices.Clone(tracks)
	slices.SortStableFunc(tracks, func(a, b decode.Track) int { return cmp.Compare(a.ID, b.ID) })
	tracks = slices.CompactFunc(tracks, func(a, b decode.Track) bool { return a.ID == b.ID })
	return &member[T]{id, self, tracks}
}

// withTrack returns the member with t, replacing the track with its id.
func (m *member[T]) withTrack(t decode.Track) *member[T] {
	if i, found := findTrack(m.tracks, t.ID); found && newComparison().sameTrack(m.tracks[i], t) {
		return m
	}
	return m.putTrack(t)
}

// putTrack is withTrack for a track that is known to differ.
func (m *member[T]) putTrack(t decode.Track) *member[T] {
	i, found := findTrack(m.tracks, t.ID)
	tracks := slices.Clone(m.tracks)
	if found {
		tracks[i] = t
	} else {
		tracks = slices.Insert(tracks, i, t)
	}
	return &member[T]{m.id, m.self, tracks}
}

// own returns the member without its tracks as the caller's own copy, or nil if there
// is none.
func (m *member[T]) own() *T {
	if m == nil {
		return nil
	}
	return copied(&m.self)
}

func (m *member[T]) withoutTrack(id string) *member[T] {
	i, found := findTrack(m.tracks, id)
	if !found {
		return m
	}
	return &member[T]{m.id, m.self, slices.Concat(m.tracks[:i], m.tracks[i+1:])}
}

func findTrack(tracks []decode.Track, id string) (i int, found bool) {
	return slices.BinarySearchFunc(tracks, id, func(t decode.Track, id string) int { return cmp.Compare(t.ID, id) })
}

// members are the immutable peers or components of a room, sorted by id.
type members[T any] []*member[T]

func (ms members[T]) sorted() members[T] {
	slices.SortStableFunc(ms, func(a, b *member[T]) int { return cmp.Compare(a.id, b.id) })
	return slices.CompactFunc(ms, func(a, b *member[T]) bool { return a.id == b.id })
}

func (ms members[T]) search(id string) (i int, found bool) {
	return slices.BinarySearchFunc(ms, id, func(m *member[T], id string) int { return cmp.Compare(m.id, id) })
}

// find returns a member, or nil.
func (ms members[T]) find(id string) *member[T] {
	if i, found := ms.search(id); found {
		return ms[i]
	}
	return nil
}

// with returns the members with m, replacing the one with its id.
func (ms members[T]) with(m *member[T]) members[T] {
	i, found := ms.search(m.id)
	switch {
	case found && ms[i] == m:
		return ms
	case found:
		changed := slices.Clone(ms)
		changed[i] = m
		return changed
	}
	return slices.Insert(slices.Clip(ms), i, m)
}

func (ms members[T]) without(id string) members[T] {
	i, found := ms.search(id)
	if !found {
		return ms
	}
	return slices.Concat(ms[:i], ms[i+1:])
}

// keepMembers replaces members by those of old that mean the same; keep compares two,
// and may take over what only the old one knows. The members must not be shared yet.
func keepMembers[T any](ms, old members[T], c *comparison, keep func(m, old T) (T, bool)) {
	for i, m := range ms {
		var before *member[T]
		if i < len(old) && old[i].id == m.id {
			before = old[i]
		} else {
			before = old.find(m.id)
		}
		if before != nil {
			ms[i] = keepMember(m, before, c, keep)
		}
	}
}

func keepMember[T any](m, old *member[T], c *comparison, keep func(m, old T) (T, bool)) *member[T] {
	self, same := keep(m.self, old.self)
	if same {
		self = old.self
	}
	sameTracks := len(m.tracks) == len(old.tracks)
	for i, t := range m.tracks {
		if j, found := findTrack(old.tracks, t.ID); found && c.sameTrack(old.tracks[j], t) {
			m.tracks[i] = old.tracks[j]
		} else {
			sameTracks = false
		}
	}
	if same && sameTracks {
		return old
	}
	return &member[T]{m.id, self, m.tracks}
}

// comparison compares what servers spell differently in a list and in a notification:
// metadata, as JSON, as long as that takes little time. Beyond its bounds a different
// spelling is a change.
type comparison struct {
	left int       // Bytes that may still be compared.
	gap  time.Time // Of the latest Gap: a viewer that was connected before it may have left.
}

const (
	comparedBytes = 4 << 20  // In one comparison, for all texts.
	comparedText  = 64 << 10 // For one text.
)

func newComparison() *comparison { return &comparison{left: comparedBytes} }

func (c *comparison) samePeer(a, b Peer) bool {
	return a.Type == b.Type && a.Status == b.Status && a.sameSubscriptions(b) && c.sameMetadata(a.Metadata, b.Metadata)
}

func (c *comparison) sameTrack(a, b decode.Track) bool {
	return a.Type == b.Type && c.sameMetadata(a.Metadata, b.Metadata)
}

func (c *comparison) sameMetadata(a, b decode.Metadata) bool {
	if a == b {
		return true
	}
	size := len(a) + len(b)
	if len(a) > comparedText || len(b) > comparedText || size > c.left {
		return false
	}
	c.left -= size
	x, errX := parseMetadata(a)
	y, errY := parseMetadata(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// parseMetadata returns metadata as plain values, with numbers as they are written: as
// a float64, large whole numbers would equal their neighbours.
func parseMetadata(m decode.Metadata) (v any, err error) {
	if m == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(string(m)))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

func sameComponent(a, b rooms.Component) bool {
	return a.Type == b.Type && reflect.DeepEqual(a.Properties, b.Properties)
}

func sameRoom(a, b *room) bool {
	return a.node == b.node && a.life == b.life && sameConfig(a.config, b.config) && sameHosted(a.hosted, b.hosted)
}

func sameConfig(a, b rooms.RoomConfig) bool {
	if !a.WebhookURL.Equal(b.WebhookURL) {
		return false
	}
	x, y := a.MaxPeers, b.MaxPeers
	a.MaxPeers, b.MaxPeers = nil, nil
	a.WebhookURL, b.WebhookURL = rooms.Secret{}, rooms.Secret{}
	return a == b && (x == y || x != nil && y != nil && *x == *y)
}
