package prometheus

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// maxLabel bounds in bytes what is shown of a text from outside.
const maxLabel = 256

// The metrics, except for those in measures.
var (
	connectionPhase   = family("connection_phase", "1 for what the connection to the server is doing now, 0 for the other phases.", "phase")
	connectionSince   = family("connection_since_timestamp_seconds", "When the connection became live, was lost, or ended.")
	connectionInfo    = family("connection_info", "1, with the address that is connected, or was last.", "address")
	connectionFrame   = family("connection_last_frame_timestamp_seconds", "When the last frame was received, pings included.")
	connectionRefused = family("connection_token_refused", "1 while the server refuses the token.")

	sourceNotifications = family("notifications_total", "Notifications received, by where they came from and by kind.", "source", "kind")
	sourceSubscriptions = family("subscriptions", "Subscriptions that there are.", "source")
	sourceOutages       = family("outages_total", "Lost connections, or webhook requests that may come again, each of which may hide an unknown number of notifications.", "source")
	sourceUndecodable   = family("undecodable_messages_total", "Messages that were none of this protocol, or were lost as webhook requests.", "source")
	unsolicited         = family("unsolicited_messages_total", "Control messages that nobody asked for, and empty ones.")

	webhookRequests    = family("webhook_requests_total", "Webhook requests by what became of them.", "result")
	webhookLastRequest = family("webhook_last_request_timestamp_seconds", "When the last webhook request was accepted, 0 before the first.")

	subscriptionDelivered   = family("subscription_delivered_notifications_total", "Notifications handed to the subscription's channel.", "subscription")
	subscriptionGaps        = family("subscription_gaps_total", "Gaps handed to the subscription's channel. Of their causes, outages, undecodable messages and drops have metrics of their own.", "subscription")
	subscriptionDropped     = family("subscription_dropped_notifications_total", "Notifications given up because the subscription's consumer was too slow.", "subscription")
	subscriptionOutages     = family("subscription_outages_total", "Lost connections in the subscription's lifetime.", "subscription")
	subscriptionUndecodable = family("subscription_undecodable_messages_total", "Messages that were none of this protocol in the subscription's lifetime.", "subscription")
	subscriptionQueue       = family("subscription_queue_notifications", "Notifications that wait behind the subscription's channel.", "subscription")
	subscriptionQueueBytes  = family("subscription_queue_bytes", "Size on the wire of what waits behind the subscription's channel.", "subscription")

	viewUp        = family("view_up", "1 while the live view follows the server, 0 after its end.")
	viewSynced    = family("view_synced", "1 once the live view was complete for the first time.")
	viewRequests  = family("view_requests_total", "Requests of the live view: lists of all rooms, lookups of one, checks of a node's uptime.", "request")
	viewFailures  = family("view_request_failures_total", "Requests of the live view that failed.")
	viewGaps      = family("view_gaps_total", "Gaps after which the live view had the rooms listed again.")
	viewInferred  = family("view_inferred_changes_total", "Changes of rooms that were found in a response of the server, not told by a notification.")
	viewCorrected = family("view_corrected_changes_total", "Changes of rooms that a periodic list found though nothing seemed to be missing.")

	nodeStale      = family("node_stale", "1 while the view of the node's rooms may be missing something.", "node")
	nodeStaleSince = family("node_stale_since_timestamp_seconds", "Since when the view of the node's rooms may be missing something, 0 while it is fresh.", "node")
	nodeFailing    = family("node_failing", "1 while the latest request to the node has failed, or its address can't be trusted.", "node")
	nodeListed     = family("node_listed_timestamp_seconds", "When the node last listed all its rooms, 0 if it never did.", "node")

	roomCount      = family("rooms", "Rooms, by whether a peer or a livestream's streamer is connected.", "status")
	roomUnlisted   = family("rooms_without_node", "Rooms of which no named node is known to have them.")
	peerCount      = family("peers", "Peers by type and status.", "type", "status")
	streamerCount  = family("livestream_streamers", "Streamers of hosted Fishjam's livestreams by status.", "status")
	viewerCount    = family("livestream_viewers", "Viewers of hosted Fishjam's livestreams that are known to be connected.")
	componentCount = family("components", "Components by type.", "type")
	trackCount     = family("tracks", "Tracks by type.", "type")
	roomPeers      = family("room_peers", "Rooms by how many of their peers are connected now, for histogram_quantile without rate.")
	roomAge        = family("room_age_seconds", "Rooms by how long ago this client first saw them, for histogram_quantile without rate.")

	singlePeers = family("single_room_peers", "Connected peers of one of the largest rooms.", "room_id")
	singleAge   = family("single_room_appeared_timestamp_seconds", "When this client first saw one of the largest rooms.", "room_id")
	singleRest  = family("single_rooms_left_out", "Rooms that have no series of their own, since there are more than asked for or their ids can't be shown.")

	reportCount    = family("webrtc_reports_total", "Metrics reports of the server by what became of them.", "result")
	reportTime     = family("webrtc_last_report_timestamp_seconds", "When the last metrics report was read, 0 before the first.")
	measuredCount  = family("webrtc_endpoints", "Peers in the metrics reports of the last 10 seconds.")
	uncounted      = family("webrtc_uncounted_total", "Parts of metrics reports that aren't counted because too many others are.")
	jitterObserved = family("webrtc_jitter_seconds", "Jitter of received tracks, one observation for each track and report, where the server reports it.")
)

func family(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("jellyfish_client_"+name, help, labels, nil)
}

// sink makes metrics of values.
type sink chan<- prometheus.Metric

func (s sink) gauge(d *prometheus.Desc, v float64, labels ...string) {
	s.value(d, prometheus.GaugeValue, v, labels)
}

func (s sink) counter(d *prometheus.Desc, v uint64, labels ...string) {
	s.value(d, prometheus.CounterValue, float64(v), labels)
}

func (s sink) total(d *prometheus.Desc, v float64, labels ...string) {
	s.value(d, prometheus.CounterValue, v, labels)
}

func (s sink) value(d *prometheus.Desc, t prometheus.ValueType, v float64, labels []string) {
	m, err := prometheus.NewConstMetric(d, t, v, labels...)
	s <- orInvalid(d, m, err)
}

func (s sink) flag(d *prometheus.Desc, on bool, labels ...string) {
	var v float64
	if on {
		v = 1
	}
	s.gauge(d, v, labels...)
}

// moment is 0 for the zero time.
func (s sink) moment(d *prometheus.Desc, t time.Time, labels ...string) {
	var v float64
	if !t.IsZero() {
		v = float64(t.UnixMilli()) / 1000
	}
	s.gauge(d, v, labels...)
}

func (s sink) histogram(d *prometheus.Desc, h *histogram) {
	buckets := make(map[float64]uint64, len(h.bounds))
	var below uint64
	for i, bound := range h.bounds {
		below += h.counts[i]
		buckets[bound] = below
	}
	m, err := prometheus.NewConstHistogram(d, h.count, h.sum, buckets)
	s <- orInvalid(d, m, err)
}

func orInvalid(d *prometheus.Desc, m prometheus.Metric, err error) prometheus.Metric {
	if err != nil {
		return prometheus.NewInvalidMetric(d, err)
	}
	return m
}

// histogram counts values by the smallest bound that isn't below them.
type histogram struct {
	bounds []float64
	counts []uint64
	count  uint64
	sum    float64
}

func newHistogram(bounds ...float64) *histogram {
	return &histogram{bounds: bounds, counts: make([]uint64, len(bounds))}
}

func (h *histogram) observe(v float64) {
	h.count++
	h.sum += v
	for i, bound := range h.bounds {
		if v <= bound {
			h.counts[i]++
			return
		}
	}
}

// fits reports whether a text can be a label as it is.
func fits(text string) bool {
	return text != "" && len(text) <= maxLabel && utf8.ValidString(text)
}

// label returns a text from outside as it can be a label.
func label(text string) string {
	if len(text) > maxLabel {
		text = text[:maxLabel]
	}
	return strings.ToValidUTF8(text, "")
}
