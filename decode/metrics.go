package decode

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// MetricsReport is one node's WebRTC metrics, sent once a second to clients that
// subscribed to metrics. (Server 0.2.0 and later.)
//
// Parse returns the whole report as a tree, Room only one room's part. Their results
// aren't cached, so keep them instead of calling again.
type MetricsReport struct {
	// JSON is the report as the server sent it: one JSON object, often {} and
	// sometimes hundreds of kilobytes.
	JSON string `json:"metrics"`
}

// Kind returns [KindMetricsReport].
func (MetricsReport) Kind() Kind { return KindMetricsReport }

// Parse returns the report as a tree. Its time and memory grow with the size of
// the report.
//
// If the report isn't a valid JSON object, the error says where. A malformed part
// doesn't prevent the rest from being parsed; it is reported in the Problems of its
// room.
//
// If a key is repeated in an object, the last value counts, as in encoding/json;
// endpoint_id and its older name peer_id are the same.
func (r MetricsReport) Parse() (Metrics, error) {
	var m Metrics
	p := newMetricParser(r.JSON, 0)
	if err := m.read(p); err != nil {
		return Metrics{}, err
	}
	if err := p.end(); err != nil {
		return Metrics{}, err
	}
	return m, nil
}

// Room returns the part of the report that is about the room with the given id,
// and whether there is one. It is the same as in the tree that Parse returns, but
// takes a fraction of the time and none of the memory for the other rooms.
//
// Room checks only that room for errors, as Parse does. It skips the rest of the
// report without checking more than the ends of strings, objects and arrays. So it
// may return a room from a report that Parse refuses.
func (r MetricsReport) Room(id string) (room RoomMetrics, ok bool, err error) {
	from, to, err := findRoom(r.JSON, id)
	if err != nil || from == to {
		return RoomMetrics{}, false, err
	}
	room.ID = id
	p := newMetricParser(r.JSON[:to], from)
	p.depth = 1 // The report itself, as in Parse.
	if err := room.read(p); err != nil {
		return RoomMetrics{}, false, err
	}
	return room, true, nil
}

// findRoom returns where in a report the room's node is. The range is empty if there is
// none.
func findRoom(report, id string) (from, to int, err error) {
	s := jsonScanner{text: report}
	if err := s.enter(); err != nil {
		return 0, 0, err
	}
	for {
		key, ok, err := s.member()
		if err != nil {
			return 0, 0, err
		}
		if !ok {
			return from, to, s.end()
		}
		valueFrom, valueTo, err := s.skip()
		if err != nil {
			return 0, 0, err
		}
		if l, ok := labelOf(key); ok && l.name == roomLabel && l.id == id && report[valueFrom] == '{' {
			from, to = valueFrom, valueTo
		}
	}
}

// skip steps over a member's value and returns where it is. It looks only for the ends
// of strings, objects and arrays, which is fast: it misreads no JSON, but accepts much
// that isn't JSON.
func (s *jsonScanner) skip() (from, to int, err error) {
	c := s.peek()
	from = s.at
	switch c {
	case '"':
		err = s.skipString()
	case '{', '[':
		err = s.skipNested()
	default:
		err = s.skipLiteral()
	}
	return from, s.at, err
}

// skipString steps over a string: to the first quote that isn't escaped.
func (s *jsonScanner) skipString() error {
	s.at++
	for {
		n := strings.IndexByte(s.text[s.at:], '"')
		if n < 0 {
			return s.expected("a closing quote")
		}
		before := s.text[s.at : s.at+n]
		s.at += n + 1
		backslashes := len(before) - len(strings.TrimRight(before, `\`))
		if backslashes%2 == 0 {
			return nil
		}
	}
}

// skipNested steps over an object or an array.
func (s *jsonScanner) skipNested() error {
	depth := 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return nil
		}
	}
	return s.expected("a closing bracket")
}

// skipLiteral steps over a number, true, false or null of an object.
func (s *jsonScanner) skipLiteral() error {
	n := strings.IndexAny(s.text[s.at:], ",} \t\n\r")
	if n <= 0 {
		return s.expected("a value")
	}
	s.at += n
	return nil
}

// Unmarshal parses the report into the value that v points to, as
// [json.Unmarshal] does.
func (r MetricsReport) Unmarshal(v any) error {
	if err := json.Unmarshal([]byte(r.JSON), v); err != nil {
		return fmt.Errorf("decode: metrics report: %w", err)
	}
	return nil
}

// reportJSON is a MetricsReport in JSON.
type reportJSON struct {
	Kind    Kind     `json:"kind"`
	Metrics Metadata `json:"metrics"`
}

// MarshalJSON returns an object with the kind, and the report as the value of
// "metrics".
func (r MetricsReport) MarshalJSON() ([]byte, error) {
	return json.Marshal(reportJSON{r.Kind(), Metadata(r.JSON)})
}

// UnmarshalJSON reads what MarshalJSON returns.
func (r *MetricsReport) UnmarshalJSON(text []byte) error {
	var j reportJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	r.JSON = string(j.Metrics)
	return nil
}

// String returns the kind, and the report's size and beginning, on one line.
func (r MetricsReport) String() string { return lineOf(r.Kind(), r.attrs()) }

// LogValue returns the kind, and the report's size and beginning, as a group.
func (r MetricsReport) LogValue() slog.Value { return groupOf(r.Kind(), r.attrs()) }

// attrs escapes only as much of a report as is shown.
func (r MetricsReport) attrs() []slog.Attr {
	const shownReport = 80
	beginning := redact.Cut(r.JSON, 2*shownReport)
	return []slog.Attr{
		slog.Int("bytes", len(r.JSON)),
		slog.String("metrics", redact.Cut(redact.Line(beginning), shownReport)),
	}
}

// Metric is the name of a metric, such as "ice.bytes_received". The constants are the
// names that servers send; a server may send others and leave out some.
//
// In the comments, a count is an integer that only grows while its node exists. A
// count "per second" has a second metric with its rate, see [Metric.PerSecond].
type Metric string

// The metrics of a track that the endpoint sends to the server, and of such a
// track's retransmission stream.
const (
	// InboundRTPPackets counts packets, per second.
	InboundRTPPackets Metric = "inbound-rtp.packets"
	// InboundRTPBytesReceived counts bytes, per second.
	InboundRTPBytesReceived Metric = "inbound-rtp.bytes_received"
	// InboundRTPMarkersReceived counts packets with the marker bit, per second.
	InboundRTPMarkersReceived Metric = "inbound-rtp.markers_received"
	// InboundRTPFrames counts frames.
	InboundRTPFrames Metric = "inbound-rtp.frames"
	// InboundRTPKeyframes counts key frames.
	InboundRTPKeyframes Metric = "inbound-rtp.keyframes"
	// InboundRTPKeyframeRequestSent counts requests for a key frame. Older
	// servers only.
	InboundRTPKeyframeRequestSent Metric = "inbound-rtp.keyframe_request_sent"
	// InboundRTPSSRC is the stream's number, an integer.
	InboundRTPSSRC Metric = "inbound-rtp.ssrc"
	// InboundRTPEncoding is a text such as VP8, H264, OPUS or rtx.
	InboundRTPEncoding Metric = "inbound-rtp.encoding"
)

// The metrics of a track that the server sends to the endpoint.
const (
	// OutboundRTPPackets counts packets, per second.
	OutboundRTPPackets Metric = "outbound-rtp.packets"
	// OutboundRTPBytes is meant to count bytes, per second, but servers declare it
	// ambiguously.
	OutboundRTPBytes Metric = "outbound-rtp.bytes"
	// OutboundRTPMarkersSent counts packets with the marker bit, per second.
	OutboundRTPMarkersSent Metric = "outbound-rtp.markers_sent"
	// OutboundRTPRTXSent counts retransmissions.
	OutboundRTPRTXSent Metric = "outbound-rtp.rtx_sent"
	// OutboundRTPPaddingsSent counts packets of padding, per second.
	OutboundRTPPaddingsSent Metric = "outbound-rtp.paddings_sent"
	// OutboundRTPPaddingsBytesSent counts bytes of padding.
	OutboundRTPPaddingsBytesSent Metric = "outbound-rtp.paddings_bytes_sent"
	// OutboundRTPVariant is the simulcast variant that is sent, a text: high,
	// medium or low. It can be null.
	OutboundRTPVariant Metric = "outbound-rtp.variant"
	// OutboundRTPVariantReason says why that variant, a text such as
	// low_bandwidth, variant_inactive or other.
	OutboundRTPVariantReason Metric = "outbound-rtp.variant-reason"
)

// The metrics of any track. The RTCP ones are counts.
const (
	RTCPTotalPacketsReceived    Metric = "rtcp.total_packets_received"
	RTCPTotalPacketsSent        Metric = "rtcp.total_packets_sent"
	RTCPNACKReceived            Metric = "rtcp.nack_received"
	RTCPNACKSent                Metric = "rtcp.nack_sent"
	RTCPFIRReceived             Metric = "rtcp.fir_received"
	RTCPFIRSent                 Metric = "rtcp.fir_sent"
	RTCPPLIReceived             Metric = "rtcp.pli_received"
	RTCPSenderReportsReceived   Metric = "rtcp.sender_reports_received"
	RTCPSenderReportsSent       Metric = "rtcp.sender_reports_sent"
	RTCPReceiverReportsReceived Metric = "rtcp.receiver_reports_received"
	RTCPReceiverReportsSent     Metric = "rtcp.receiver_reports_sent"

	// TrackMetadata is any JSON value, see [TrackMetrics.Metadata].
	TrackMetadata Metric = "track.metadata"
)

// The metrics of an endpoint. The ICE ones without a comment are counts.
const (
	// ICEPacketsReceived counts packets, per second.
	ICEPacketsReceived Metric = "ice.packets_received"
	// ICEPacketsSent counts packets, per second.
	ICEPacketsSent Metric = "ice.packets_sent"
	// ICEBytesReceived counts bytes, per second.
	ICEBytesReceived Metric = "ice.bytes_received"
	// ICEBytesSent counts bytes, per second.
	ICEBytesSent Metric = "ice.bytes_sent"

	ICEBindingRequestsReceived Metric = "ice.binding_requests_received"
	ICEBindingResponsesSent    Metric = "ice.binding_responses_sent"
	ICEKeepalivesSent          Metric = "ice.keepalives_sent"
	ICESocketErrorsOnSend      Metric = "ice.socket_errors_on_send"
	ICEBytesDroppedOnSend      Metric = "ice.bytes_dropped_on_send"
	ICEBuffersProcessed        Metric = "ice.buffers_processed"

	// ICEBuffersProcessedTime counts microseconds.
	ICEBuffersProcessedTime Metric = "ice.buffers_processed_time"
	// ICEPort is an integer.
	ICEPort Metric = "ice.port"
	// ICEProtocol is a text such as udp.
	ICEProtocol Metric = "ice.protocol"
	// SDPOffer is a whole session description, a text of several kilobytes.
	SDPOffer Metric = "sdp.offer"
	// SDPAnswer is a whole session description, a text of several kilobytes.
	SDPAnswer Metric = "sdp.answer"
	// EndpointBandwidth is a number, with or without a fraction.
	EndpointBandwidth Metric = "endpoint.bandwidth"
	// EndpointMetadata is any JSON value, see [EndpointMetrics.Metadata].
	EndpointMetadata Metric = "endpoint.metadata"
	// AvgBufferProcessingTime is a number, with or without a fraction: the
	// microseconds per buffer since the report before, or 0.
	AvgBufferProcessingTime Metric = "avg_buff_proc_time"
)

// PerSecond returns the name of the metric with the rate at which this one grew since
// the previous report, a number with a fraction. Servers send it for the counts
// marked "per second", but not in the first report of a node.
func (m Metric) PerSecond() Metric {
	return m + "-per-second"
}
