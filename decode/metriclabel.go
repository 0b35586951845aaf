package decode

import "strings"

// The labels of the tree. Older servers call an endpoint's peer_id.
const (
	roomLabel     = "room_id"
	endpointLabel = "endpoint_id"
	peerLabel     = "peer_id"
	trackLabel    = "track_id"
	rtxLabel      = "rtx_stream" // a key of its own, without an id
)

// metricLabel is the key of a node.
type metricLabel struct {
	key, name, id string
}

// labelOf returns the label that the key is, and false where it names a metric.
// Only the first equals sign separates, since ids may have more. Metadata, whose
// keys may have any, stands under the name of a metric and is never a node.
func labelOf(key string) (metricLabel, bool) {
	if key == rtxLabel {
		return metricLabel{key: key, name: key}, true
	}
	name, id, ok := strings.Cut(key, "=")
	return metricLabel{key: key, name: name, id: id}, ok
}
