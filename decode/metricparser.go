package decode

import (
	"fmt"
	"strings"
)

// The labels of the tree. Older servers call an endpoint's peer_id.
const (
	roomLabel     = "room_id"
	endpointLabel = "endpoint_id"
	peerLabel     = "peer_id"
	trackLabel    = "track_id"
	rtxLabel      = "rtx_stream" // A key of its own, without an id.
)

// metricLabel is the key of a node.
type metricLabel struct {
	key, name, id string
}

// labelOf parses a node's key, and returns false if the key names a metric. Only the
// first equals sign separates, since ids may contain more. Metadata, whose keys may
// contain any number, is the value of a metric and never a node.
func labelOf(key string) (metricLabel, bool) {
	if key == rtxLabel {
		return metricLabel{key: key, name: key}, true
	}
	name, id, ok := strings.Cut(key, "=")
	return metricLabel{key: key, name: name, id: id}, ok
}

const (
	// maxNodes is how deep nodes are read. Reports have five levels.
	maxNodes = 100
	// maxProblems is how many problems of a room are reported.
	maxProblems = 8
)

// metricParser reads the tree, each node in one pass.
type metricParser struct {
	jsonScanner
	pending  []metric // Of the nodes being read, the innermost node's last.
	depth    int      // How many nodes are being read.
	problems []string // Of the room being read, or outside of all rooms.
}

// newMetricParser returns a parser of the node at that position in the text.
func newMetricParser(text string, at int) *metricParser {
	return &metricParser{jsonScanner: jsonScanner{text: text, at: at}}
}

// metricNode is a node being read.
type metricNode interface {
	// add reads a child node.
	add(p *metricParser, l metricLabel) error
}

// node reads an object: nodes into n, everything else into set.
func (p *metricParser) node(n metricNode, set *MetricSet) error {
	begin := len(p.pending)
	if err := p.enter(); err != nil {
		return err
	}
	p.depth++
	for {
		key, ok, err := p.member()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := p.read(n, key); err != nil {
			return err
		}
	}
	p.depth--
	set.metrics = sorted(append([]metric(nil), p.pending[begin:]...))
	p.pending = p.pending[:begin]
	return nil
}

// read reads the value of a key in n, a node or a metric. A value that should be a node
// but can't be read as one is kept as a metric.
func (p *metricParser) read(n metricNode, key string) error {
	if l, ok := labelOf(key); ok {
		switch {
		case p.peek() != '{':
			p.problem("%q at byte %d is no object", shown(key), p.at)
		case p.depth == maxNodes:
			p.problem("%q at byte %d is nested too deeply", shown(key), p.at)
		default:
			return n.add(p, l)
		}
	}
	from, to, err := p.value()
	p.pending = append(p.pending, metric{Metric(key), MetricValue{p.text[from:to]}})
	return err
}

func (p *metricParser) problem(format string, args ...any) {
	if len(p.problems) < maxProblems {
		p.problems = append(p.problems, fmt.Sprintf(format, args...))
	}
}

func (m *Metrics) read(p *metricParser) error {
	err := p.node(m, &m.MetricSet)
	m.Problems = p.problems
	m.Rooms, m.Nodes = sorted(m.Rooms), sorted(m.Nodes)
	return err
}

func (m *Metrics) add(p *metricParser, l metricLabel) error {
	if l.name != roomLabel {
		return addNode(&m.Nodes, p, l)
	}
	m.Rooms = append(m.Rooms, RoomMetrics{ID: l.id})
	return m.Rooms[len(m.Rooms)-1].read(p)
}

func (r *RoomMetrics) read(p *metricParser) error {
	outside := p.problems
	p.problems = nil
	err := p.node(r, &r.MetricSet)
	r.Problems, p.problems = p.problems, outside
	r.Endpoints, r.Nodes = sorted(r.Endpoints), sorted(r.Nodes)
	return err
}

func (r *RoomMetrics) add(p *metricParser, l metricLabel) error {
	if l.name != endpointLabel && l.name != peerLabel {
		return addNode(&r.Nodes, p, l)
	}
	r.Endpoints = append(r.Endpoints, EndpointMetrics{ID: l.id})
	return r.Endpoints[len(r.Endpoints)-1].read(p)
}

func (e *EndpointMetrics) read(p *metricParser) error {
	err := p.node(e, &e.MetricSet)
	e.Tracks, e.Nodes = sorted(e.Tracks), sorted(e.Nodes)
	return err
}

func (e *EndpointMetrics) add(p *metricParser, l metricLabel) error {
	if l.name != trackLabel {
		return addNode(&e.Nodes, p, l)
	}
	e.Tracks = append(e.Tracks, TrackMetrics{ID: MetricsTrackID(l.id)})
	return e.Tracks[len(e.Tracks)-1].read(p)
}

func (t *TrackMetrics) read(p *metricParser) error {
	err := p.node(t, &t.MetricSet)
	t.Nodes = sorted(t.Nodes)
	return err
}

func (t *TrackMetrics) add(p *metricParser, l metricLabel) error {
	if l.key != rtxLabel {
		return addNode(&t.Nodes, p, l)
	}
	t.RTX = MetricsNode{Key: l.key}
	return t.RTX.read(p)
}

func (n *MetricsNode) read(p *metricParser) error {
	err := p.node(n, &n.MetricSet)
	n.Nodes = sorted(n.Nodes)
	return err
}

func (n *MetricsNode) add(p *metricParser, l metricLabel) error {
	return addNode(&n.Nodes, p, l)
}

// addNode reads a node without a specific type into the list.
func addNode(list *[]MetricsNode, p *metricParser, l metricLabel) error {
	*list = append(*list, MetricsNode{Key: l.key})
	return (*list)[len(*list)-1].read(p)
}
