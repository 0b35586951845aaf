package decode

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
