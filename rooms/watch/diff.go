package watch

import (
	"cmp"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// step is a room before and after something: nil where there was or is none.
type step struct {
	before, after *room
	cause         decode.Notification // Nil where it is inferred.
}

func (s step) id() string {
	if s.before != nil {
		return s.before.id
	}
	return s.after.id
}

// changes hands the differences of a step to yield, until that has enough. What
// is in something comes after it appeared and before it is gone.
func (s step) changes(yield func(Change) bool) bool {
	w := writer{origin: Origin{Cause: s.cause}, yield: yield}
	before, after := &room{}, &room{}
	if s.before != nil {
		before = s.before
		w.origin.RoomID, w.origin.Node = before.id, before.node
	}
	if s.after != nil {
		after = s.after
		w.origin.RoomID, w.origin.Node = after.id, after.node
		if s.before == nil || !sameRoom(before, after) {
			w.room(s.before, s.after)
		}
	}
	diffMembers(&w, before.components, after.components, w.component, ownerComponent, sameComponent)
	diffMembers(&w, before.peers, after.peers, w.peer, ownerPeer, samePeer)
	if s.after == nil && s.before != nil {
		w.room(s.before, nil)
	}
	return !w.stopped
}

const (
	ownerPeer      = decode.OwnerPeer
	ownerComponent = decode.OwnerComponent
)

// diffMembers writes the differences between two lists of members.
func diffMembers[T any](w *writer, before, after members[T], write func(before, after *T), owner decode.OwnerType, same func(a, b *T) bool) {
	for len(before) > 0 || len(after) > 0 {
		switch order(before, after, func(m *member[T]) string { return m.id }) {
		case -1:
			m := before[0]
			w.tracks(decode.Owner{Type: owner, ID: m.id}, m.tracks, nil)
			write(&m.self, nil)
			before = before[1:]
		case 1:
			m := after[0]
			write(nil, &m.self)
			w.tracks(decode.Owner{Type: owner, ID: m.id}, nil, m.tracks)
			after = after[1:]
		default:
			if old, m := before[0], after[0]; old != m {
				if !same(&old.self, &m.self) {
					write(&old.self, &m.self)
				}
				w.tracks(decode.Owner{Type: owner, ID: m.id}, old.tracks, m.tracks)
			}
			before, after = before[1:], after[1:]
		}
	}
}

// order tells which of two sorted lists has the lower first id: -1 for a, 1 for
// b, 0 if it is the same.
func order[E any](a, b []E, id func(E) string) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return cmp.Compare(id(a[0]), id(b[0]))
}

// writer writes changes as the public has them: values of their own.
type writer struct {
	origin  Origin
	yield   func(Change) bool
	stopped bool
}

func (w *writer) write(c Change) {
	if !w.stopped && !w.yield(c) {
		w.stopped = true
	}
}

func (w *writer) room(before, after *room) {
	c := RoomChange{Origin: w.origin}
	if before != nil {
		alone := before.alone()
		c.Before = &alone
	}
	if after != nil {
		alone := after.alone()
		c.After = &alone
	}
	w.write(c)
}

func (w *writer) peer(before, after *rooms.Peer) {
	w.write(PeerChange{w.origin, copied(before), copied(after)})
}

func (w *writer) component(before, after *rooms.Component) {
	w.write(ComponentChange{w.origin, copied(before), copied(after)})
}

func (w *writer) tracks(owner decode.Owner, before, after []decode.Track) {
	for len(before) > 0 || len(after) > 0 {
		switch order(before, after, func(t decode.Track) string { return t.ID }) {
		case -1:
			w.write(TrackChange{w.origin, owner, copied(&before[0]), nil})
			before = before[1:]
		case 1:
			w.write(TrackChange{w.origin, owner, nil, copied(&after[0])})
			after = after[1:]
		default:
			if !sameTrack(before[0], after[0]) {
				w.write(TrackChange{w.origin, owner, copied(&before[0]), copied(&after[0])})
			}
			before, after = before[1:], after[1:]
		}
	}
}

func copied[T any](value *T) *T {
	if value == nil {
		return nil
	}
	own := *value
	return &own
}

func sameRoom(a, b *room) bool { return a.node == b.node && sameConfig(a.config, b.config) }

func sameConfig(a, b rooms.RoomConfig) bool {
	if !a.WebhookURL.Equal(b.WebhookURL) {
		return false
	}
	x, y := a.MaxPeers, b.MaxPeers
	a.MaxPeers, b.MaxPeers = nil, nil
	a.WebhookURL, b.WebhookURL = rooms.Secret{}, rooms.Secret{}
	return a == b && (x == y || x != nil && y != nil && *x == *y)
}

func samePeer(a, b *rooms.Peer) bool {
	return a.Type == b.Type && a.Status == b.Status && sameMetadata(a.Metadata, b.Metadata)
}

func sameComponent(a, b *rooms.Component) bool {
	return a.Type == b.Type && reflect.DeepEqual(a.Properties, b.Properties)
}

func sameTrack(a, b decode.Track) bool {
	return a.Type == b.Type && sameMetadata(a.Metadata, b.Metadata)
}

// sameMetadata tells whether two texts of metadata mean the same: servers don't
// write it the same in a list and in a notification, or not at all.
func sameMetadata(a, b decode.Metadata) bool {
	if a == b {
		return true
	}
	x, errX := plain(a)
	y, errY := plain(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// plain returns metadata as plain values, with numbers as they are written: a
// float64 takes large whole numbers for their neighbours.
func plain(m decode.Metadata) (v any, err error) {
	if m == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(string(m)))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
