package prometheus_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
)

// report is of a room with one peer, which sends one track and receives another.
func report(peer string, in, out, packets, retransmitted, sent, again int) string {
	return fmt.Sprintf(`{"room_id=standup":{"endpoint_id=%[1]s":{
		"ice.bytes_received":%[2]d,"ice.bytes_sent":%[3]d,"ice.buffers_processed_time":%[2]d,
		"track_id=%[1]s:camera:":{"inbound-rtp.packets":%[4]d,"rtx_stream":{"inbound-rtp.packets":%[5]d},"rtcp.nack_sent":%[5]d},
		"track_id=other:camera":{"outbound-rtp.packets":%[6]d,"outbound-rtp.rtx_sent":%[7]d,"rtcp.nack_received":%[7]d}}}}`,
		peer, in, out, packets, retransmitted, sent, again)
}

// measured is a setup whose server sends the reports that it is given, in addition to
// its own, which are empty.
func measured(t *testing.T, cfg prometheus.Config, reports ...string) *setup {
	t.Helper()
	cfg.WebRTC = true
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), cfg)
	for _, text := range reports {
		s.report(t, text)
	}
	return s
}

// report sends a report and waits until it is read.
func (s *setup) report(t *testing.T, text string) {
	t.Helper()
	seen := func() float64 {
		return s.value(t, "webrtc_reports_total", "read") + s.value(t, "webrtc_reports_total", "invalid") + s.value(t, "webrtc_reports_total", "skipped")
	}
	// An own report of the server may come in between, so that two more are as good.
	before := seen()
	check(t, s.server.SendMetrics(text))
	check(t, s.server.SendMetrics("{}"))
	eventually(t, "the report is read", func() bool { return seen() >= before+2 })
}

func TestTrafficAddsUpAndNeverShrinks(t *testing.T) {
	s := measured(t, prometheus.Config{},
		report("ada", 1000, 2000, 10, 1, 20, 2), // The first sight is where counting begins.
		report("ada", 1500, 2700, 15, 3, 30, 5),
		report("bob", 9000, 9000, 90, 9, 90, 9), // Ada has left.
		report("bob", 9100, 9100, 91, 9, 91, 9),
	)
	const want = `
		jellyfish_client_webrtc_received_bytes_total 600
		jellyfish_client_webrtc_sent_bytes_total 800
		jellyfish_client_webrtc_processing_seconds_total 0.0006
		jellyfish_client_webrtc_rtp_received_packets_total 6
		jellyfish_client_webrtc_rtp_received_retransmissions_total 2
		jellyfish_client_webrtc_rtcp_sent_nacks_total 2
		jellyfish_client_webrtc_rtp_sent_packets_total 11
		jellyfish_client_webrtc_rtp_sent_retransmissions_total 3
		jellyfish_client_webrtc_rtcp_received_nacks_total 3
		jellyfish_client_webrtc_endpoints 2`
	s.expect(t, want)

	// What isn't a report, or no count, changes nothing.
	s.report(t, `{"room_id=standup":`)
	s.report(t, `{"room_id=standup":{"endpoint_id=bob":{"ice.bytes_received":-1,"ice.bytes_sent":"many"}}}`)
	s.report(t, `{"room_id=standup":{"endpoint_id=bob":{"ice.bytes_received":1e300}}}`)
	s.expect(t, want)
	if n := s.value(t, "webrtc_reports_total", "invalid"); n != 1 {
		t.Errorf("%v reports were invalid, not 1", n)
	}

	// A count that became less began anew.
	s.report(t, `{"room_id=standup":{"endpoint_id=bob":{"ice.bytes_received":50}}}`)
	if n := s.value(t, "webrtc_received_bytes_total"); n != 650 {
		t.Errorf("%v bytes after a new beginning, not 650", n)
	}
}

func TestLossAndJitterWhereTheServerReportsThem(t *testing.T) {
	text := func(lost int, jitter float64) string {
		return fmt.Sprintf(`{"room_id=a":{"endpoint_id=b":{"track_id=b:c:":{"inbound-rtp.packets_lost":%d,"inbound-rtp.jitter":%v}}}}`, lost, jitter)
	}
	s := measured(t, prometheus.Config{}, text(3, 0.004), text(10, 0.3))
	if n := s.value(t, "webrtc_rtp_received_lost_packets_total"); n != 7 {
		t.Errorf("%v packets were lost, not 7", n)
	}
	jitter := s.families(t)["jellyfish_client_webrtc_jitter_seconds"].GetMetric()[0].GetHistogram()
	if jitter.GetSampleCount() != 2 || jitter.GetSampleSum() != 0.304 || jitter.GetBucket()[2].GetCumulativeCount() != 1 {
		t.Errorf("jitter: %v", jitter)
	}
}

func TestTrafficByRoomIsOfTheChosenAlone(t *testing.T) {
	s := measured(t, prometheus.Config{SingleRooms: 1})
	s.confer(t)
	eventually(t, "the room is chosen", func() bool {
		f := s.families(t)["jellyfish_client_single_room_webrtc_received_bytes_total"]
		return len(f.GetMetric()) == 1 && f.GetMetric()[0].GetLabel()[0].GetValue() == "standup"
	})
	text := func(bytes int) string {
		return fmt.Sprintf(`{"room_id=standup":{"endpoint_id=x":{"ice.bytes_received":%d}},"room_id=lobby":{"endpoint_id=y":{"ice.bytes_received":%d}}}`, bytes, 10*bytes)
	}
	before := s.value(t, "single_room_webrtc_received_bytes_total", "standup")
	s.report(t, text(100))
	s.report(t, text(101))
	// The server's own reports count as well, in multiples of 1,000.
	if n := s.value(t, "single_room_webrtc_received_bytes_total", "standup") - before; int(n)%1000 != 1 {
		t.Errorf("%v bytes in the room, which 1 was added to", n)
	}
	if f := s.families(t)["jellyfish_client_single_room_webrtc_received_bytes_total"]; len(f.GetMetric()) != 1 {
		t.Errorf("more than the chosen room is shown: %v", f)
	}
}

func TestWhoIsGoneIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true}), prometheus.Config{WebRTC: true})
		at := func(wait time.Duration, bytes int) {
			t.Helper()
			time.Sleep(wait)
			check(t, s.server.SendMetrics(fmt.Sprintf(`{"room_id=a":{"endpoint_id=b":{"ice.bytes_received":%d}}}`, bytes)))
			time.Sleep(time.Second)
		}
		at(0, 1000)
		at(time.Minute, 1500)
		if n := s.value(t, "webrtc_received_bytes_total"); n != 500 {
			t.Errorf("%v bytes, not those of a minute's silence", n)
		}
		time.Sleep(time.Minute)
		if n := s.value(t, "webrtc_endpoints"); n != 0 {
			t.Errorf("%v peers are there after a minute", n)
		}
		at(3*time.Minute, 9000) // It was forgotten, so that this is the first sight of it.
		at(time.Second, 9001)
		if n := s.value(t, "webrtc_received_bytes_total"); n != 501 {
			t.Errorf("%v bytes, not 501", n)
		}
	})
}

func TestMeasuredPeersAreBounded(t *testing.T) {
	const bound, more = 262_144, 1_000
	var text strings.Builder
	text.WriteString(`{"room_id=a":{"endpoint_id=first":{}`)
	for i := range bound + more - 1 {
		fmt.Fprintf(&text, `,"endpoint_id=%d":{}`, i)
	}
	text.WriteString("}}")
	s := measured(t, prometheus.Config{})
	check(t, s.server.SendMetrics(text.String()))
	eventually(t, "the report is read", func() bool { return s.value(t, "webrtc_uncounted_total") > 0 })
	if n := s.value(t, "webrtc_uncounted_total"); n != more {
		t.Errorf("%v peers aren't counted, not %d", n, more)
	}
}
