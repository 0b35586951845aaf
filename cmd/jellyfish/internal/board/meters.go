package board

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// fresh is how long a measured value counts. Reports come every second, from each
// node those of its own rooms.
const fresh = 10 * time.Second

// Reading is a measured value.
type Reading struct {
	Value float64
	At    time.Time
}

// Known tells whether the value is there and recent.
func (r Reading) Known(now time.Time) bool { return !r.At.IsZero() && now.Sub(r.At) < fresh }

func (r *Reading) add(value float64, at time.Time) {
	if !r.At.Equal(at) {
		*r = Reading{At: at}
	}
	r.Value += value
}

// Traffic is what flows between peers and the server.
type Traffic struct {
	// In and Out are bits a second that the server receives and sends.
	In, Out Reading
	// Loss is how much of what was sent had to be sent again, from 0 to 1.
	Loss Reading
}

// counts are those of packets when they were last read.
type counts struct {
	sent, again int64
	at          time.Time
}

type endpoint struct{ room, id string }

// meters turn reports into traffic. They know peers only of the room that is shown.
type meters struct {
	counts map[string]counts // By room.
	shown  string
	peers  map[endpoint]Traffic
	peer   map[endpoint]counts
}

func newMeters() meters {
	return meters{counts: make(map[string]counts), peers: make(map[endpoint]Traffic), peer: make(map[endpoint]counts)}
}

// show has the peers of a room measured, and no others.
func (m *meters) show(room string) {
	if m.shown != room {
		m.shown = room
		clear(m.peers)
		clear(m.peer)
	}
}

func (m *meters) forget(room, id string) {
	delete(m.peers, endpoint{room, id})
	delete(m.peer, endpoint{room, id})
}

func (m *meters) read(report decode.Metrics, now time.Time, known map[string]*Room) {
	for _, measured := range report.Rooms {
		room := known[measured.ID]
		if room == nil {
			continue
		}
		sum := counts{at: now}
		for _, e := range measured.Endpoints {
			addTraffic(&room.Traffic, e, now)
			sent, again := packets(e)
			sum.sent, sum.again = sum.sent+sent, sum.again+again
			if measured.ID == m.shown {
				m.readPeer(endpoint{measured.ID, e.ID}, e, counts{sent, again, now})
			}
		}
		room.Traffic.Loss = loss(m.counts[measured.ID], sum, room.Traffic.Loss)
		m.counts[measured.ID] = sum
	}
	if len(m.counts) > 2*len(known)+64 {
		m.prune(known)
	}
}

// prune forgets rooms that are gone.
func (m *meters) prune(known map[string]*Room) {
	for id := range m.counts {
		if known[id] == nil {
			delete(m.counts, id)
		}
	}
}

func (m *meters) readPeer(key endpoint, e decode.EndpointMetrics, now counts) {
	traffic := m.peers[key]
	addTraffic(&traffic, e, now.at)
	traffic.Loss = loss(m.peer[key], now, traffic.Loss)
	m.peers[key], m.peer[key] = traffic, now
}

func addTraffic(t *Traffic, e decode.EndpointMetrics, now time.Time) {
	if bytes, ok := e.Float(decode.ICEBytesReceived.PerSecond()); ok {
		t.In.add(8*bytes, now)
	}
	if bytes, ok := e.Float(decode.ICEBytesSent.PerSecond()); ok {
		t.Out.add(8*bytes, now)
	}
}

// packets returns how many were sent to an endpoint, and how many of them again.
func packets(e decode.EndpointMetrics) (sent, again int64) {
	for _, track := range e.Tracks {
		n, _ := track.Int(decode.OutboundRTPPackets)
		r, _ := track.Int(decode.OutboundRTPRTXSent)
		sent, again = sent+n, again+r
	}
	return sent, again
}

// loss returns what two counts tell, or what was known before where they don't.
func loss(before, now counts, known Reading) Reading {
	sent := now.sent - before.sent
	if before.at.IsZero() || sent <= 0 || now.again < before.again {
		return known
	}
	return Reading{Value: float64(now.again-before.again) / float64(sent), At: now.at}
}
