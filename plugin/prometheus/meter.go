package prometheus

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const (
	// maxMeasured bounds the endpoints and tracks whose counts are remembered, in
	// some 60 MB.
	maxMeasured = 262_144
	// forgotten is how long after its last report an endpoint or a track is
	// remembered.
	forgotten = 2 * time.Minute
	// present is how long an endpoint counts as there.
	present = 10 * time.Second
	// share of the time is spent on reports, at most: one in that many parts.
	share = 5
	// maxCount bounds what is taken for a count, so that no total becomes infinite.
	maxCount = 1 << 63
)

// meter adds up what metrics reports count.
type meter struct {
	seed maphash.Seed

	mu       sync.Mutex // Guards all below.
	nodes    map[uint64]*node
	totals   [len(measures)]float64
	rooms    map[string]*[len(measures)]float64 // Those that have series of their own.
	jitter   *histogram
	read     uint64
	skipped  uint64
	invalid  uint64
	left     uint64 // Parts of reports that weren't counted.
	lastRead time.Time
	swept    time.Time
}

// node is an endpoint or a track of the reports. It is known by a hash of its path,
// so that nothing of a report's text is kept.
type node struct {
	seen     time.Time
	endpoint bool
	counts   [maxMeasures]float64 // In the order of the measures of its places; NaN-free.
	known    uint16               // A bit for each count that was there.
}

func newMeter() *meter {
	return &meter{
		seed:   maphash.MakeSeed(),
		nodes:  make(map[uint64]*node),
		rooms:  make(map[string]*[len(measures)]float64),
		jitter: newHistogram(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
	}
}

// run reads reports until the channel is closed.
func (m *meter) run(ctx context.Context, reports <-chan stream.Report) {
	for report := range reports {
		began := time.Now()
		m.take(report, began)
		timer := time.NewTimer((share - 1) * time.Since(began))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (m *meter) take(report stream.Report, now time.Time) {
	metrics, err := report.Parse()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.skipped += report.Skipped
	if err != nil {
		m.invalid++
		return
	}
	m.read++
	m.lastRead = now
	for _, room := range metrics.Rooms {
		own := m.rooms[room.ID]
		for _, endpoint := range room.Endpoints {
			m.addEndpoint(room.ID, endpoint, own, now)
		}
	}
	m.sweep(now)
}

func (m *meter) addEndpoint(room string, e decode.EndpointMetrics, own *[len(measures)]float64, now time.Time) {
	n := m.node(room, e.ID, "", now)
	n.add(m, own, func(p place) (decode.MetricSet, bool) { return e.MetricSet, p == atEndpoint })
	for _, track := range e.Tracks {
		n := m.node(room, e.ID, string(track.ID), now)
		n.add(m, own, func(p place) (decode.MetricSet, bool) {
			if p == atRetransmissions {
				return track.RTX.MetricSet, true
			}
			return track.MetricSet, p == atTrack
		})
		if jitter, ok := track.Float(inboundJitter); ok && jitter >= 0 {
			m.jitter.observe(jitter)
		}
	}
}

// node returns what is known of an endpoint or, with an id, of a track of it, or nil
// if too many others are known.
func (m *meter) node(room, endpoint, track string, now time.Time) *node {
	var h maphash.Hash
	h.SetSeed(m.seed)
	for _, part := range [...]string{room, endpoint, track} {
		maphash.WriteComparable(&h, part)
	}
	key := h.Sum64()
	n := m.nodes[key]
	if n == nil {
		if len(m.nodes) >= maxMeasured {
			m.left++
			return nil
		}
		n = &node{endpoint: track == ""}
		m.nodes[key] = n
	}
	n.seen = now
	return n
}

// add adds what the node's counts have grown by to the totals, and to those of its
// room. A count that became less began anew.
func (n *node) add(m *meter, own *[len(measures)]float64, at func(place) (decode.MetricSet, bool)) {
	if n == nil {
		return
	}
	i := -1
	for number := range measures {
		set, ok := at(measures[number].where)
		if !ok {
			continue
		}
		i++
		count, ok := set.Float(measures[number].from)
		if !ok || count < 0 || count > maxCount {
			continue
		}
		if n.known&(1<<i) != 0 {
			grown := count - n.counts[i]
			if grown < 0 {
				grown = count
			}
			m.totals[number] += grown
			if own != nil {
				own[number] += grown
			}
		}
		n.counts[i] = count
		n.known |= 1 << i
	}
}

// sweep forgets who is gone, once in a while.
func (m *meter) sweep(now time.Time) {
	if now.Sub(m.swept) < forgotten/4 {
		return
	}
	m.swept = now
	for key, n := range m.nodes {
		if now.Sub(n.seen) > forgotten {
			delete(m.nodes, key)
		}
	}
}

// choose says which rooms have series of their own from now on.
func (m *meter) choose(chosen map[string]candidate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.rooms {
		if _, ok := chosen[id]; !ok {
			delete(m.rooms, id)
		}
	}
	for id := range chosen {
		if m.rooms[id] == nil {
			m.rooms[id] = new([len(measures)]float64)
		}
	}
}

func (m *meter) collect(out sink, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out.counter(reportCount, m.read, "read")
	out.counter(reportCount, m.skipped, "skipped")
	out.counter(reportCount, m.invalid, "invalid")
	out.moment(reportTime, m.lastRead)
	out.counter(uncounted, m.left)
	endpoints := 0
	for _, n := range m.nodes {
		if n.endpoint && now.Sub(n.seen) <= present {
			endpoints++
		}
	}
	out.gauge(measuredCount, float64(endpoints))
	out.histogram(jitterObserved, m.jitter)
	for number, measure := range measures {
		out.total(measure.total, m.totals[number]/measure.per)
		if measure.single == nil {
			continue
		}
		for id, own := range m.rooms {
			out.total(measure.single, own[number]/measure.per, id)
		}
	}
}
