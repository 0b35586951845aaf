package decode_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// knownMetrics are the metrics of the Jellyfish protocol, section 1.8, by the type
// of their values.
var knownMetrics = map[decode.MetricType]map[decode.Metric]string{
	decode.MetricInteger: {
		decode.InboundRTPPackets:             "inbound-rtp.packets",
		decode.InboundRTPBytesReceived:       "inbound-rtp.bytes_received",
		decode.InboundRTPMarkersReceived:     "inbound-rtp.markers_received",
		decode.InboundRTPFrames:              "inbound-rtp.frames",
		decode.InboundRTPKeyframes:           "inbound-rtp.keyframes",
		decode.InboundRTPKeyframeRequestSent: "inbound-rtp.keyframe_request_sent",
		decode.InboundRTPSSRC:                "inbound-rtp.ssrc",
		decode.OutboundRTPPackets:            "outbound-rtp.packets",
		decode.OutboundRTPBytes:              "outbound-rtp.bytes",
		decode.OutboundRTPMarkersSent:        "outbound-rtp.markers_sent",
		decode.OutboundRTPRTXSent:            "outbound-rtp.rtx_sent",
		decode.OutboundRTPPaddingsSent:       "outbound-rtp.paddings_sent",
		decode.OutboundRTPPaddingsBytesSent:  "outbound-rtp.paddings_bytes_sent",
		decode.RTCPTotalPacketsReceived:      "rtcp.total_packets_received",
		decode.RTCPTotalPacketsSent:          "rtcp.total_packets_sent",
		decode.RTCPNACKSent:                  "rtcp.nack_sent",
		decode.RTCPNACKReceived:              "rtcp.nack_received",
		decode.RTCPFIRSent:                   "rtcp.fir_sent",
		decode.RTCPFIRReceived:               "rtcp.fir_received",
		decode.RTCPPLIReceived:               "rtcp.pli_received",
		decode.RTCPSenderReportsSent:         "rtcp.sender_reports_sent",
		decode.RTCPSenderReportsReceived:     "rtcp.sender_reports_received",
		decode.RTCPReceiverReportsSent:       "rtcp.receiver_reports_sent",
		decode.RTCPReceiverReportsReceived:   "rtcp.receiver_reports_received",
		decode.ICEPacketsReceived:            "ice.packets_received",
		decode.ICEPacketsSent:                "ice.packets_sent",
		decode.ICEBytesReceived:              "ice.bytes_received",
		decode.ICEBytesSent:                  "ice.bytes_sent",
		decode.ICEBindingRequestsReceived:    "ice.binding_requests_received",
		decode.ICEBindingResponsesSent:       "ice.binding_responses_sent",
		decode.ICEKeepalivesSent:             "ice.keepalives_sent",
		decode.ICESocketErrorsOnSend:         "ice.socket_errors_on_send",
		decode.ICEBytesDroppedOnSend:         "ice.bytes_dropped_on_send",
		decode.ICEBuffersProcessed:           "ice.buffers_processed",
		decode.ICEBuffersProcessedTime:       "ice.buffers_processed_time",
		decode.ICEPort:                       "ice.port",
	},
	decode.MetricText: {
		decode.InboundRTPEncoding:       "inbound-rtp.encoding",
		decode.OutboundRTPVariant:       "outbound-rtp.variant",
		decode.OutboundRTPVariantReason: "outbound-rtp.variant-reason",
		decode.ICEProtocol:              "ice.protocol",
		decode.SDPOffer:                 "sdp.offer",
		decode.SDPAnswer:                "sdp.answer",
	},
	decode.MetricFloat: {
		decode.EndpointBandwidth:                     "endpoint.bandwidth",
		decode.AvgBufferProcessingTime:               "avg_buff_proc_time",
		decode.InboundRTPPackets.PerSecond():         "inbound-rtp.packets-per-second",
		decode.InboundRTPBytesReceived.PerSecond():   "inbound-rtp.bytes_received-per-second",
		decode.InboundRTPMarkersReceived.PerSecond(): "inbound-rtp.markers_received-per-second",
		decode.OutboundRTPPackets.PerSecond():        "outbound-rtp.packets-per-second",
		decode.OutboundRTPBytes.PerSecond():          "outbound-rtp.bytes-per-second",
		decode.OutboundRTPMarkersSent.PerSecond():    "outbound-rtp.markers_sent-per-second",
		decode.OutboundRTPPaddingsSent.PerSecond():   "outbound-rtp.paddings_sent-per-second",
		decode.ICEBytesReceived.PerSecond():          "ice.bytes_received-per-second",
		decode.ICEBytesSent.PerSecond():              "ice.bytes_sent-per-second",
		decode.ICEPacketsReceived.PerSecond():        "ice.packets_received-per-second",
		decode.ICEPacketsSent.PerSecond():            "ice.packets_sent-per-second",
	},
	decode.MetricData: {
		decode.TrackMetadata:    "track.metadata",
		decode.EndpointMetadata: "endpoint.metadata",
	},
}

// TestKnownMetrics reads every metric of the Jellyfish protocol, section 1.8, by its
// name there.
func TestKnownMetrics(t *testing.T) {
	samples := map[decode.MetricType]string{
		decode.MetricInteger: "42", decode.MetricFloat: "2.5", decode.MetricText: `"a b"`, decode.MetricData: `{"a":1}`,
	}
	var members []string
	for kind, names := range knownMetrics {
		for _, name := range names {
			members = append(members, fmt.Sprintf("%q:%s", name, samples[kind]))
		}
	}
	slices.Sort(members)
	room := parsed(t, decode.MetricsReport{JSON: `{"room_id=r":{` + strings.Join(members, ",") + "}}"}).Rooms[0]
	for kind, names := range knownMetrics {
		for name := range names {
			v, ok := room.Get(name)
			if !ok || v.Type() != kind || string(v.Metadata()) != samples[kind] {
				t.Errorf("%s is %v %v, %v, want %v", name, v.Type(), v, ok, kind)
			}
			i, isInt := room.Int(name)
			f, isFloat := room.Float(name)
			s, isText := room.Text(name)
			switch kind {
			case decode.MetricInteger:
				ok = i == 42 && f == 42 && s == "" && isInt && isFloat && !isText
			case decode.MetricFloat:
				ok = i == 0 && f == 2.5 && s == "" && !isInt && isFloat && !isText
			case decode.MetricText:
				ok = i == 0 && f == 0 && s == "a b" && !isInt && !isFloat && isText
			default:
				ok = !isInt && !isFloat && !isText
			}
			if !ok {
				t.Errorf("%s: Int %v %v, Float %v %v, Text %q %v", name, i, isInt, f, isFloat, s, isText)
			}
		}
	}
	all := 0
	for range room.All() {
		all++
	}
	if all != len(members) || all != 57 {
		t.Errorf("%d of %d metrics listed", all, len(members))
	}
}

func TestMetricValues(t *testing.T) {
	for _, c := range []struct {
		json    string
		kind    decode.MetricType
		int     any // Nil for none.
		float   any
		printed string
	}{
		{"0", decode.MetricInteger, int64(0), 0.0, "0"},
		{"-0", decode.MetricInteger, int64(0), math.Copysign(0, -1), "-0"},
		{"9007199254740993", decode.MetricInteger, int64(9007199254740993), 9007199254740992.0, "9007199254740993"},
		{"9223372036854775807", decode.MetricInteger, int64(math.MaxInt64), 9223372036854775807.0, "9223372036854775807"},
		{"-9223372036854775808", decode.MetricInteger, int64(math.MinInt64), -9223372036854775808.0, "-9223372036854775808"},
		{"9223372036854775808", decode.MetricInteger, nil, 9223372036854775808.0, "9223372036854775808"},
		{"1" + strings.Repeat("0", 400), decode.MetricInteger, nil, nil, "1" + strings.Repeat("0", 400)},
		{"0.0", decode.MetricFloat, nil, 0.0, "0.0"},
		{"68355.6", decode.MetricFloat, nil, 68355.6, "68355.6"},
		{"1e3", decode.MetricFloat, nil, 1000.0, "1e3"},
		{"1E3", decode.MetricFloat, nil, 1000.0, "1E3"},
		{"1e400", decode.MetricFloat, nil, nil, "1e400"},
		{`"12"`, decode.MetricText, nil, nil, "12"},
		{`"true"`, decode.MetricText, nil, nil, "true"},
		{`""`, decode.MetricText, nil, nil, ""},
		{`"\"\\\/\r\n\u2603\ud83d\ude00"`, decode.MetricText, nil, nil, "\"\\/\r\n☃😀"},
		{`"\ud83d"`, decode.MetricText, nil, nil, "\ufffd"},
		{"\"a\xff\"", decode.MetricText, nil, nil, "a\ufffd"},
		{"true", decode.MetricBool, nil, nil, "true"},
		{"false", decode.MetricBool, nil, nil, "false"},
		{"null", decode.MetricNull, nil, nil, "null"},
		{"[1, 2]", decode.MetricData, nil, nil, "[1, 2]"},
		{`{"a":"}"}`, decode.MetricData, nil, nil, `{"a":"}"}`},
	} {
		set := parsed(t, decode.MetricsReport{JSON: "{\"new.metric\" :\t" + c.json + "\n}"}).MetricSet
		v, ok := set.Get("new.metric")
		if !ok || v.Type() != c.kind || v.String() != c.printed || string(v.Metadata()) != c.json {
			t.Errorf("%s is %v %q, %v", c.json, v.Type(), v, ok)
		}
		if n, ok := v.Int(); ok != (c.int != nil) || ok && n != c.int {
			t.Errorf("Int of %s = %v, %v", c.json, n, ok)
		}
		if f, ok := v.Float(); ok != (c.float != nil) || ok && f != c.float {
			t.Errorf("Float of %s = %v, %v", c.json, f, ok)
		}
		if s, ok := v.Text(); ok != (c.kind == decode.MetricText) || ok && s != c.printed {
			t.Errorf("Text of %s = %q, %v", c.json, s, ok)
		}
		if b, ok := v.Bool(); ok != (c.kind == decode.MetricBool) || b != (c.json == "true") {
			t.Errorf("Bool of %s = %v, %v", c.json, b, ok)
		}
	}
}

func TestAbsentMetric(t *testing.T) {
	var set decode.MetricSet
	v, ok := set.Get(decode.ICEPort)
	if ok || v != (decode.MetricValue{}) || v.Type() != decode.MetricNull || v.String() != "null" || v.Metadata() != "" {
		t.Errorf("an absent metric is %v, %v", v, ok)
	}
	if n, ok := set.Int(decode.ICEPort); n != 0 || ok {
		t.Errorf("Int = %v, %v", n, ok)
	}
	for name := range set.All() {
		t.Errorf("an empty set has %s", name)
	}
}

func TestAllStopsEarly(t *testing.T) {
	set := parsed(t, decode.MetricsReport{JSON: `{"b":1,"a":2}`}).MetricSet
	for name := range set.All() {
		if name != "a" {
			t.Errorf("%s comes first", name)
		}
		break
	}
}

func TestMetricTypeNames(t *testing.T) {
	var names []string
	for kind := decode.MetricNull; kind <= decode.MetricData+1; kind++ {
		names = append(names, kind.String())
	}
	if want := []string{"null", "bool", "integer", "float", "text", "data", "metric type(6)"}; !slices.Equal(names, want) {
		t.Errorf("names %q, want %q", names, want)
	}
}

// TestMetricsTrackID splits ids as the Jellyfish protocol does, section 1.8.
func TestMetricsTrackID(t *testing.T) {
	for _, c := range []struct {
		id                        decode.MetricsTrackID
		track, publisher, variant string
		hasVariant                bool
	}{
		{"E1:T1:", "E1:T1", "E1", "", true},
		{"E1:T1:h", "E1:T1", "E1", "h", true},
		{"E1:T1:high", "E1:T1", "E1", "high", true},
		{"E2:T2", "E2:T2", "E2", "", false},
		{"T2", "T2", "", "", false},
		{"", "", "", "", false},
		{":", ":", "", "", false},
		{"::", ":", "", "", true},
		{"E1:T1:h:x", "E1:T1", "E1", "h:x", true},
	} {
		variant, ok := c.id.Variant()
		if c.id.Track() != c.track || c.id.Publisher() != c.publisher || variant != c.variant || ok != c.hasVariant {
			t.Errorf("%q is track %q of %q, variant %q, %v", c.id, c.id.Track(), c.id.Publisher(), variant, ok)
		}
	}
}
