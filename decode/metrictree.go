package decode

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Metrics is a whole report as a tree: rooms, their endpoints and their tracks. Every
// node embeds a [MetricSet].
//
// All lists are sorted by id, without duplicates. Nodes are the parts under a label
// that this package doesn't know at that place.
//
// In JSON a tree, and each node of it, is an object like that of the report, with its
// metrics and its nodes under their keys. Problems are not included.
//
// A tree, and all values taken from it, refer to the text of the report and so keep
// that in memory.
type Metrics struct {
	// MetricSet has what older servers send beside the rooms, about all of them.
	MetricSet
	Rooms []RoomMetrics
	Nodes []MetricsNode
	// Problems lists malformed parts outside of the rooms, at most 8: a value other
	// than an object under the label of a node, or one nested too deeply. Such a
	// value is in the MetricSet under its key.
	Problems []string
}

// Room returns the room with the given id, and whether there is one.
func (m Metrics) Room(id string) (RoomMetrics, bool) {
	return find(m.Rooms, id)
}

// RoomMetrics are the metrics of one room. A room without WebRTC peers isn't in the
// report.
type RoomMetrics struct {
	MetricSet
	ID        string
	Endpoints []EndpointMetrics
	Nodes     []MetricsNode
	// Problems lists malformed parts of this room, at most 8, as in [Metrics].
	Problems []string
}

// Endpoint returns the endpoint with the given id, which for a peer is the peer
// id, and whether there is one.
func (r RoomMetrics) Endpoint(id string) (EndpointMetrics, bool) {
	return find(r.Endpoints, id)
}

// EndpointMetrics are the metrics of one WebRTC endpoint, which is a peer. Its tracks
// are those that it sends and those that it receives.
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

// Metadata returns the peer's metadata. It is empty if the report has none.
func (e EndpointMetrics) Metadata() Metadata {
	v, _ := e.Get(EndpointMetadata)
	return v.Metadata()
}

// TrackMetrics are the metrics of a track at one endpoint, its publisher or a
// receiver.
type TrackMetrics struct {
	MetricSet
	ID MetricsTrackID
	// RTX has the inbound metrics of the retransmission stream. Without one it is
	// the zero MetricsNode.
	RTX   MetricsNode
	Nodes []MetricsNode
}

// Metadata returns the track's metadata. It is empty if the report has none.
func (t TrackMetrics) Metadata() Metadata {
	v, _ := t.Get(TrackMetadata)
	return v.Metadata()
}

// MetricsTrackID is the id of a track in a report. It begins with the track's id as
// in [TrackAdded], which is the publisher's id, a colon and a UUID. Another colon and
// a variant may follow:
//
//	<endpoint id>:<uuid>:       sent by the endpoint, without simulcast
//	<endpoint id>:<uuid>:h      sent by the endpoint, simulcast variant h, m or l
//	<endpoint id>:<uuid>:high   received, frames of the variant high, medium or low
//	<endpoint id>:<uuid>        received
type MetricsTrackID string

// Track returns the id without the variant, as in [TrackAdded].
func (id MetricsTrackID) Track() string {
	return string(id[:id.end()])
}

// Publisher returns the id of the endpoint that publishes the track. It is empty if
// the id has no colon.
func (id MetricsTrackID) Publisher() string {
	publisher, _, ok := strings.Cut(string(id), ":")
	if !ok {
		return ""
	}
	return publisher
}

// Variant returns what follows the second colon, and whether there is one. The
// variant of a track without simulcast is empty.
func (id MetricsTrackID) Variant() (variant string, ok bool) {
	end := id.end()
	if end == len(id) {
		return "", false
	}
	return string(id[end+1:]), true
}

// end returns where the second colon is, or the id's length if there is none.
func (id MetricsTrackID) end() int {
	first := strings.IndexByte(string(id), ':') + 1
	second := strings.IndexByte(string(id[first:]), ':')
	if second < 0 {
		return len(id)
	}
	return first + second
}

// MetricsNode is a node without a specific type: a retransmission stream, or one
// under a label that this package doesn't know at that place.
type MetricsNode struct {
	MetricSet
	// Key is the node's key in the report, such as "foo_id=1" or "rtx_stream".
	Key string
	// Nodes are all child nodes, including those with known labels.
	Nodes []MetricsNode
}

// Label returns the parts of the key before and after its first equals sign. The id
// is empty if there is none.
func (n MetricsNode) Label() (name, id string) {
	name, id, _ = strings.Cut(n.Key, "=")
	return name, id
}

func (r RoomMetrics) key() string     { return r.ID }
func (e EndpointMetrics) key() string { return e.ID }
func (t TrackMetrics) key() string    { return string(t.ID) }
func (n MetricsNode) key() string     { return n.Key }

// MarshalJSON returns the report without duplicate keys.
func (m Metrics) MarshalJSON() ([]byte, error) {
	return marshalNode(m.MetricSet, nodes(m.Rooms), nodes(m.Nodes))
}

// MarshalJSON returns the room's object of the report.
func (r RoomMetrics) MarshalJSON() ([]byte, error) {
	return marshalNode(r.MetricSet, nodes(r.Endpoints), nodes(r.Nodes))
}

// MarshalJSON returns the endpoint's object of the report.
func (e EndpointMetrics) MarshalJSON() ([]byte, error) {
	return marshalNode(e.MetricSet, nodes(e.Tracks), nodes(e.Nodes))
}

// MarshalJSON returns the track's object of the report.
func (t TrackMetrics) MarshalJSON() ([]byte, error) {
	var rtx []MetricsNode
	if t.RTX.Key != "" {
		rtx = []MetricsNode{t.RTX}
	}
	return marshalNode(t.MetricSet, nodes(rtx), nodes(t.Nodes))
}

// MarshalJSON returns the node's object of the report.
func (n MetricsNode) MarshalJSON() ([]byte, error) {
	return marshalNode(n.MetricSet, nodes(n.Nodes))
}

// MarshalJSON returns an object of the metrics.
func (s MetricSet) MarshalJSON() ([]byte, error) { return marshalNode(s) }

// label returns the key of a node in a report.
func (r RoomMetrics) label() string     { return roomLabel + "=" + r.ID }
func (e EndpointMetrics) label() string { return endpointLabel + "=" + e.ID }
func (t TrackMetrics) label() string    { return trackLabel + "=" + string(t.ID) }
func (n MetricsNode) label() string     { return n.Key }

// members writes the members of an object other than its metrics.
type members func(object *bytes.Buffer) error

// node is a node of the tree.
type node interface {
	json.Marshaler
	label() string
}

// nodes returns the members of an object for a list of nodes.
func nodes[T node](list []T) members {
	return func(object *bytes.Buffer) error {
		for _, node := range list {
			if err := addMember(object, node.label(), node); err != nil {
				return err
			}
		}
		return nil
	}
}

func marshalNode(set MetricSet, below ...members) ([]byte, error) {
	var object bytes.Buffer
	object.WriteByte('{')
	for _, m := range set.metrics {
		if err := addMember(&object, string(m.name), m.value); err != nil {
			return nil, err
		}
	}
	for _, add := range below {
		if err := add(&object); err != nil {
			return nil, err
		}
	}
	object.WriteByte('}')
	return object.Bytes(), nil
}

func addMember(object *bytes.Buffer, key string, value json.Marshaler) error {
	name, err := json.Marshal(key)
	if err != nil {
		return err
	}
	text, err := value.MarshalJSON()
	if err != nil {
		return err
	}
	if object.Len() > 1 {
		object.WriteByte(',')
	}
	object.Write(name)
	object.WriteByte(':')
	object.Write(text)
	return nil
}
