package dashboard

import (
	"encoding/json"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// message is what browsers are sent: everything to a new one, then what changed.
// All of it can be applied twice.
type message struct {
	Full     bool            `json:"full,omitempty"` // What was before is void.
	Time     int64           `json:"t"`
	State    connection      `json:"state"`
	Nodes    []node          `json:"nodes"`
	Counts   counts          `json:"counts"`
	Webhooks *webhookMessage `json:"webhooks,omitempty"`
	Points   *pointsMessage  `json:"points,omitempty"`
	Rooms    []row           `json:"rooms,omitempty"`
	Gone     []string        `json:"gone,omitempty"`
	Events   []event         `json:"events,omitempty"`
	Gaps     []gapMark       `json:"gaps,omitempty"`
}

func (m *message) isHeartbeat() bool {
	return m.Points == nil && len(m.Rooms)+len(m.Gone)+len(m.Events)+len(m.Gaps) == 0
}

// connection is the state of the source and the view.
type connection struct {
	Source  string `json:"source"` // Notifier, webhook or relay.
	Phase   string `json:"phase,omitempty"`
	Since   int64  `json:"since,omitempty"`
	Address string `json:"address,omitempty"`
	Error   string `json:"error,omitempty"`
	Frame   int64  `json:"frame,omitempty"` // When something last came.
	Synced  bool   `json:"synced"`
	Began   int64  `json:"began"` // Since when there are charts.

	received uint64
}

// isLive reports whether what happens is notified of.
func (c connection) isLive() bool { return c.Phase == "" || c.Phase == stream.Live.String() }

// node is a node of the cluster.
type node struct {
	Address string `json:"a"`
	Listed  int64  `json:"l,omitempty"`
	Stale   int64  `json:"s,omitempty"` // Since when, 0 if it isn't.
	Error   string `json:"x,omitempty"`
}

// counts are the numbers at the top.
type counts struct {
	Rooms      int    `json:"rooms"`
	Peers      int    `json:"peers"`
	Connected  int    `json:"connected"`
	Tracks     int    `json:"tracks"`
	Components int    `json:"components"`
	Gaps       uint64 `json:"gaps"`
	Drops      uint64 `json:"drops"`
	Events     uint64 `json:"events"`
	In         int64  `json:"in"`
	Out        int64  `json:"out"`
	Slow       uint64 `json:"slow"` // Browsers that were disconnected.
}

// pointsMessage is one point, or all, of each chart at the top.
type pointsMessage struct {
	Step  int64           `json:"n"` // The number of the newest point.
	Rooms json.RawMessage `json:"rooms"`
	Peers json.RawMessage `json:"peers"`
	Track json.RawMessage `json:"tracks"`
	Rate  json.RawMessage `json:"rate"`
	In    json.RawMessage `json:"in"`
	Out   json.RawMessage `json:"out"`
}

// totals are the charts at the top.
type totals struct{ rooms, peers, tracks, rate, in, out *series }

func newTotals(n int64) totals {
	return totals{newSeries(n), newSeries(n), newSeries(n), newSeries(n), newSeries(n), newSeries(n)}
}

func (t *totals) sample(n int64, c counts, perSecond float64, all sum, live bool) {
	t.rooms.set(n, point(float64(c.Rooms), live))
	t.peers.set(n, point(float64(c.Connected), live))
	t.tracks.set(n, point(float64(c.Tracks), live))
	t.rate.set(n, point(perSecond, live))
	t.in.set(n, point(all.in, live))
	t.out.set(n, point(all.out, live))
}

// point returns the charts' points of one step.
func (t *totals) point(n int64) *pointsMessage {
	one := func(s *series) json.RawMessage {
		value := *s.at(n)
		return append(appendPoint([]byte{'['}, value, value != value), ']')
	}
	return &pointsMessage{n, one(t.rooms), one(t.peers), one(t.tracks), one(t.rate), one(t.in), one(t.out)}
}

func (t *totals) all(n int64) *pointsMessage {
	return &pointsMessage{n, t.rooms.through(n), t.peers.through(n), t.tracks.through(n), t.rate.through(n), t.in.through(n), t.out.through(n)}
}

// connection asks the source and the view for their state.
func (b *board) connection() connection {
	c := connection{Source: "relay", Synced: b.isSynced(), Began: b.began.UnixMilli()}
	switch source := b.source.(type) {
	case *stream.Notifier:
		state, stats := source.State(), source.Stats()
		c.Source, c.Phase, c.Address = "notifier", state.Phase.String(), state.Address
		c.Since, c.Error = milliseconds(state.Since), textOf(state.Err)
		c.Frame, c.received = milliseconds(stats.LastFrame), stats.Received
	case *stream.Webhook:
		stats := source.Stats()
		c.Source, c.Frame, c.received = "webhook", milliseconds(stats.LastRequest), stats.Received
	case *stream.Relay:
		c.received = source.Stats().Received
	}
	if err := b.view.Err(); err != nil && c.Error == "" {
		c.Phase, c.Error = stream.Ended.String(), textOf(err)
	}
	return c
}

// message returns what has changed since the latest one.
func (b *board) message(state connection, now time.Time) *message {
	m := &message{
		Time:     now.UnixMilli(),
		State:    state,
		Nodes:    nodes(b.view.Nodes()),
		Webhooks: b.webhooks.message(),
		Events:   b.log.take(b.nameOf),
		Gaps:     b.gaps,
	}
	b.gaps = nil
	in, out := -1.0, -1.0
	for id, r := range b.rooms {
		switch {
		case r.ended.IsZero():
			if !state.isLive() {
				r.forgetRates()
			}
			s := r.total(now)
			r.now.In, r.now.Out = rounded(s.in), rounded(s.out)
			r.now.Loss = permyriad(s.sent.newParts, s.sent.newWholes)
			if r.now != r.sent || r.wasMissing {
				r.sent, r.wasMissing = r.now, false
				m.Rooms = append(m.Rooms, r.now)
			}
			in, out = plus(in, s.in), plus(out, s.out)
		case !r.wasMissing:
			r.wasMissing = true
			m.Gone = append(m.Gone, id)
		case now.Sub(r.ended) > remembered:
			delete(b.rooms, id)
		}
	}
	m.Counts = b.counts()
	m.Counts.In, m.Counts.Out = rounded(in), rounded(out)
	return m
}

// plus adds what is known.
func plus(total, more float64) float64 {
	if more < 0 {
		return total
	}
	return max(total, 0) + more
}

// everything returns the message to a new browser.
func (b *board) everything(state connection, now time.Time) *message {
	m := &message{
		Full:     true,
		Time:     now.UnixMilli(),
		State:    state,
		Nodes:    nodes(b.view.Nodes()),
		Webhooks: b.webhooks.message(),
		Points:   b.total.all(b.lastSample),
		Events:   b.log.kept,
		Gaps:     b.log.gaps,
		Counts:   b.counts(),
	}
	in, out := -1.0, -1.0
	for _, r := range b.rooms {
		if !r.wasMissing {
			m.Rooms = append(m.Rooms, r.sent)
			in, out = plus(in, float64(r.sent.In)), plus(out, float64(r.sent.Out))
		}
	}
	m.Counts.In, m.Counts.Out = rounded(in), rounded(out)
	return m
}

func (b *board) counts() counts {
	stats := b.sub.Stats()
	c := counts{Gaps: stats.Gaps, Drops: stats.Dropped, Events: b.log.count, In: -1, Out: -1, Slow: b.slow}
	for _, r := range b.rooms {
		if r.ended.IsZero() {
			c.Rooms++
			c.Peers += r.now.Peers
			c.Connected += r.now.Connected
			c.Tracks += r.now.Tracks
			c.Components += r.now.Components
		}
	}
	return c
}

// nameOf returns what a peer calls itself, empty if that isn't known.
func (b *board) nameOf(roomID, peerID string) string {
	if r := b.rooms[roomID]; r != nil {
		return r.names[peerID]
	}
	return ""
}

func nodes(from []watch.Node) []node {
	list := make([]node, 0, len(from))
	for _, n := range from {
		list = append(list, node{n.Address, milliseconds(n.Listed), milliseconds(n.StaleSince), textOf(n.Err)})
	}
	return list
}

// encode returns a message as a server-sent event. JSON has no line feeds.
func encode(m *message) []byte {
	text, err := json.Marshal(m)
	if err != nil {
		text = []byte("{}")
	}
	return append(append([]byte("data: "), text...), "\n\n"...)
}

// milliseconds returns a time since 1970, 0 for the zero time.
func milliseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// textOf returns an error's text cut short, empty for nil.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return cut(err.Error(), 2*maxReason)
}
