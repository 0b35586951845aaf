package prometheus

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// measure is a metric that adds up what the reports count.
type measure struct {
	from   decode.Metric
	where  place
	per    float64 // How many of the report's unit are one of the metric's.
	total  *prometheus.Desc
	single *prometheus.Desc // By room, nil if there is none.
}

// place is where in a report a count stands.
type place int

const (
	atEndpoint place = iota
	atTrack
	atRetransmissions // The stream of them beside a track.
)

// maxMeasures is how many measures one place has at most.
const maxMeasures = 12

// measures are all of them. The place of a measure in the list is its number.
var measures = [...]measure{
	{decode.ICEBytesReceived, atEndpoint, 1,
		family("webrtc_received_bytes_total", "Bytes received from peers."),
		family("single_room_webrtc_received_bytes_total", "Bytes received from the peers of one of the largest rooms.", "room_id")},
	{decode.ICEBytesSent, atEndpoint, 1,
		family("webrtc_sent_bytes_total", "Bytes sent to peers."),
		family("single_room_webrtc_sent_bytes_total", "Bytes sent to the peers of one of the largest rooms.", "room_id")},
	{decode.ICEPacketsReceived, atEndpoint, 1,
		family("webrtc_received_packets_total", "Packets received from peers."), nil},
	{decode.ICEPacketsSent, atEndpoint, 1,
		family("webrtc_sent_packets_total", "Packets sent to peers."), nil},
	{decode.ICEBytesDroppedOnSend, atEndpoint, 1,
		family("webrtc_send_dropped_bytes_total", "Bytes that the server dropped instead of sending them to peers."), nil},
	{decode.ICESocketErrorsOnSend, atEndpoint, 1,
		family("webrtc_send_errors_total", "Errors of the server's sockets when it sent to peers."), nil},
	{decode.ICEBuffersProcessed, atEndpoint, 1,
		family("webrtc_processed_buffers_total", "Buffers that the server processed for peers."), nil},
	{decode.ICEBuffersProcessedTime, atEndpoint, 1e6,
		family("webrtc_processing_seconds_total", "Time that the server took to process buffers for peers."), nil},

	{decode.InboundRTPPackets, atTrack, 1,
		family("webrtc_rtp_received_packets_total", "RTP packets of tracks received from peers, without retransmissions."),
		family("single_room_webrtc_rtp_received_packets_total", "RTP packets of tracks received from the peers of one of the largest rooms, without retransmissions.", "room_id")},
	{decode.InboundRTPPackets, atRetransmissions, 1,
		family("webrtc_rtp_received_retransmissions_total", "RTP packets that peers sent again, having been lost on their way to the server."),
		family("single_room_webrtc_rtp_received_retransmissions_total", "RTP packets that the peers of one of the largest rooms sent again.", "room_id")},
	{inboundPacketsLost, atTrack, 1,
		family("webrtc_rtp_received_lost_packets_total", "RTP packets lost on their way to the server, where the server reports it."), nil},
	{decode.OutboundRTPPackets, atTrack, 1,
		family("webrtc_rtp_sent_packets_total", "RTP packets of tracks sent to peers."),
		family("single_room_webrtc_rtp_sent_packets_total", "RTP packets of tracks sent to the peers of one of the largest rooms.", "room_id")},
	{decode.OutboundRTPRTXSent, atTrack, 1,
		family("webrtc_rtp_sent_retransmissions_total", "RTP packets sent again to peers that missed them."),
		family("single_room_webrtc_rtp_sent_retransmissions_total", "RTP packets sent again to peers of one of the largest rooms.", "room_id")},
	{decode.RTCPNACKSent, atTrack, 1,
		family("webrtc_rtcp_sent_nacks_total", "NACKs with which the server asked peers for packets again."), nil},
	{decode.RTCPNACKReceived, atTrack, 1,
		family("webrtc_rtcp_received_nacks_total", "NACKs with which peers asked the server for packets again."), nil},
	{decode.RTCPPLIReceived, atTrack, 1,
		family("webrtc_rtcp_received_plis_total", "PLIs with which peers asked for a key frame since their picture was lost."), nil},
	{decode.RTCPFIRSent, atTrack, 1,
		family("webrtc_rtcp_sent_firs_total", "FIRs with which the server asked peers for a key frame."), nil},
}

// What WebRTC's statistics have and Jellyfish's servers don't report.
const (
	inboundPacketsLost decode.Metric = "inbound-rtp.packets_lost"
	inboundJitter      decode.Metric = "inbound-rtp.jitter" // In seconds.
)

// described returns what a Collector can show.
func described() []*prometheus.Desc {
	all := []*prometheus.Desc{
		connectionPhase, connectionSince, connectionInfo, connectionFrame, connectionRefused,
		sourceNotifications, sourceSubscriptions, sourceOutages, sourceUndecodable, unsolicited,
		webhookRequests, webhookLastRequest,
		subscriptionDelivered, subscriptionGaps, subscriptionDropped, subscriptionOutages, subscriptionUndecodable, subscriptionQueue, subscriptionQueueBytes,
		viewUp, viewSynced, viewRequests, viewFailures, viewGaps, viewInferred, viewCorrected,
		nodeStale, nodeStaleSince, nodeFailing, nodeListed,
		roomCount, roomUnlisted, peerCount, streamerCount, viewerCount, componentCount, trackCount, roomPeers, roomAge,
		singlePeers, singleAge, singleRest,
		reportCount, reportTime, measuredCount, uncounted, jitterObserved,
	}
	for _, m := range measures {
		all = append(all, m.total)
		if m.single != nil {
			all = append(all, m.single)
		}
	}
	return all
}
