package decode

import "strings"

// Metrics is a whole report as a tree: rooms, their endpoints, and the tracks of
// these. Every node has a [MetricSet], whose methods are the node's own.
//
// All lists are in the order of their ids, no id comes twice. Nodes are the parts
// under a label that this package doesn't know at that place.
//
// A tree, and all that is taken from it, refers to the text of its report and so
// keeps that in memory.
type Metrics struct {
	// MetricSet has what older servers send beside the rooms, for all of them.
	MetricSet
	Rooms []RoomMetrics
	Nodes []MetricsNode
}

// Room returns the room with the given id, and whether there is one.
func (m Metrics) Room(id string) (RoomMetrics, bool) {
	return find(m.Rooms, id)
}

// RoomMetrics is what a report says of one room. A room in which nobody uses
// WebRTC is in no report.
type RoomMetrics struct {
	MetricSet
	ID        string
	Endpoints []EndpointMetrics
	Nodes     []MetricsNode
}

// Endpoint returns the endpoint with the given id, which for a peer is the peer
// id, and whether there is one.
func (r RoomMetrics) Endpoint(id string) (EndpointMetrics, bool) {
	return find(r.Endpoints, id)
}

// EndpointMetrics is what a report says of one endpoint that uses WebRTC: a peer.
// Its tracks are those that it sends and those that it receives.
type EndpointMetrics struct {
	MetricSet
	ID     string
	Tracks []TrackMetrics
	Nodes  []MetricsNode
}

// Track returns the track with the given id, and whether there is one.
func (e EndpointMetrics) Track(id MetricsTrackID) (TrackMetrics, bool) {
	return find(e.Tracks, string(id))
}

// Metadata returns what the peer attached to itself. It is empty where the report
// doesn't say.
func (e EndpointMetrics) Metadata() Metadata {
	v, _ := e.Get(EndpointMetadata)
	return v.Metadata()
}

// TrackMetrics is what a report says of a track at one endpoint, its publisher or
// a receiver.
type TrackMetrics struct {
	MetricSet
	ID MetricsTrackID
	// RTX has the inbound metrics of the retransmission stream. Without one it is
	// the zero MetricsNode.
	RTX   MetricsNode
	Nodes []MetricsNode
}

// Metadata returns what the publisher attached to the track. It is empty where the
// report doesn't say.
func (t TrackMetrics) Metadata() Metadata {
	v, _ := t.Get(TrackMetadata)
	return v.Metadata()
}

// MetricsNode is a node that has no type of its own: a retransmission stream, or
// one under a label that this package doesn't know at that place.
type MetricsNode struct {
	MetricSet
	// Key is the node's key in the report, such as "foo_id=1" or "rtx_stream".
	Key string
	// Nodes are all nodes below, those of known labels too.
	Nodes []MetricsNode
}

// Label returns the parts of the key before and after its first equals sign. The
// id is empty where it has none.
func (n MetricsNode) Label() (name, id string) {
	name, id, _ = strings.Cut(n.Key, "=")
	return name, id
}

func (r RoomMetrics) key() string     { return r.ID }
func (e EndpointMetrics) key() string { return e.ID }
func (t TrackMetrics) key() string    { return string(t.ID) }
func (n MetricsNode) key() string     { return n.Key }
