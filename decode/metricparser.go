package decode

// metricParser reads the tree from valid JSON, each node in one pass.
type metricParser struct {
	jsonScanner
	pending []metric // of the nodes that are being read, the innermost node's last
}

// newMetricParser returns a parser of the node at that position of the text.
func newMetricParser(text string, at int) *metricParser {
	return &metricParser{jsonScanner: jsonScanner{text: text, at: at}}
}

// metricNode is a node that is being read.
type metricNode interface {
	// add reads a node directly below.
	add(p *metricParser, l metricLabel) error
}

// node reads an object: the nodes into n, the rest into set.
func (p *metricParser) node(n metricNode, set *MetricSet) error {
	begin := len(p.pending)
	if err := p.enter(); err != nil {
		return err
	}
	for {
		key, ok, err := p.member()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := p.value(n, key); err != nil {
			return err
		}
	}
	set.metrics = sorted(append([]metric(nil), p.pending[begin:]...))
	p.pending = p.pending[:begin]
	return nil
}

// value reads what stands under the key in n: a node or a metric.
func (p *metricParser) value(n metricNode, key string) error {
	if l, ok := labelOf(key); ok {
		return n.add(p, l)
	}
	from, to, err := p.skip()
	p.pending = append(p.pending, metric{Metric(key), MetricValue{p.text[from:to]}})
	return err
}

func (m *Metrics) read(p *metricParser) error {
	err := p.node(m, &m.MetricSet)
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
	err := p.node(r, &r.MetricSet)
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

// addNode reads a node that has no type of its own into the list.
func addNode(list *[]MetricsNode, p *metricParser, l metricLabel) error {
	*list = append(*list, MetricsNode{Key: l.key})
	return (*list)[len(*list)-1].read(p)
}
