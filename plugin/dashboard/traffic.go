package dashboard

import (
	"math"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

const (
	// fresh is how long a report says what is.
	fresh = 8 * time.Second
	// forgotten is how long after its last report an endpoint's traffic is kept.
	forgotten = time.Minute
	// apart is how far apart two reports must be to tell a rate: the time at which
	// they come is known more or less.
	apart = 2500 * time.Millisecond
	// maxMeterSeries bounds the charts of endpoints and tracks, of 740 bytes each.
	maxMeterSeries = 16_384
)

// rate is how fast a count grows.
type rate struct {
	count, perSecond float64
	at               time.Time
	known            bool
}

// update takes a newer count, and the rate that the server gives, NaN if none.
func (r *rate) update(count, given float64, now time.Time) {
	elapsed := now.Sub(r.at)
	switch {
	case !math.IsNaN(given):
		r.perSecond, r.known = given, true
	case r.at.IsZero() || count < r.count:
		r.known = false
	case elapsed < apart:
		return
	default:
		r.perSecond, r.known = (count-r.count)/elapsed.Seconds(), true
	}
	r.count, r.at = count, now
}

// bits returns the rate of a count of bytes in bits per second, -1 if it isn't known
// at that moment.
func (r *rate) bits(now time.Time) float64 {
	if !r.known || now.Sub(r.at) > fresh {
		return -1
	}
	return r.perSecond * 8
}

// share is how much of a count another one is, such as what was sent again of what
// was sent.
type share struct {
	part, whole         float64
	newParts, newWholes float64
	at                  time.Time
}

func (s *share) update(part, whole float64, now time.Time) {
	if !s.at.IsZero() && now.Sub(s.at) < apart {
		return
	}
	if s.at.IsZero() || part < s.part || whole < s.whole {
		s.newParts, s.newWholes = 0, 0
	} else {
		s.newParts, s.newWholes = part-s.part, whole-s.whole
	}
	s.part, s.whole, s.at = part, whole, now
}

// permyriad returns parts in 10,000 of the whole, -1 where there is nothing whole.
func permyriad(part, whole float64) int {
	if whole <= 0 {
		return -1
	}
	return int(math.Round(min(1, part/whole) * 10_000))
}

// endpoint is the traffic of a peer.
type endpoint struct {
	seen    time.Time
	in, out rate
	sent    share
	tracks  map[string]*trackTraffic // Those that it publishes.
	chart   *series
}

// trackTraffic is that of a track from its publisher to the server.
type trackTraffic struct {
	seen        time.Time
	in, nacks   rate
	encoding    string
	jitter, rtt string // As the server writes them, empty if it doesn't.
	chart       *series
}

// measured is the sum of a track's variants in one report.
type measured struct {
	bytes, given, nacks   float64
	hasNACKs              bool
	encoding, jitter, rtt string
}

// update takes an endpoint's part of a report.
func (e *endpoint) update(report decode.EndpointMetrics, now time.Time) {
	e.seen = now
	updateFrom(&e.in, report.MetricSet, decode.ICEBytesReceived, now)
	updateFrom(&e.out, report.MetricSet, decode.ICEBytesSent, now)
	var sent, again float64
	published := make(map[string]measured)
	for _, track := range report.Tracks {
		if packets, ok := track.Float(decode.OutboundRTPPackets); ok {
			sent += packets
			again += number(track.MetricSet, decode.OutboundRTPRTXSent)
		}
		if bytes, ok := track.Float(decode.InboundRTPBytesReceived); ok {
			m := published[track.ID.Track()]
			m.add(track, bytes)
			published[track.ID.Track()] = m
		}
	}
	e.sent.update(again, sent, now)
	for id, m := range published {
		if e.tracks == nil {
			e.tracks = make(map[string]*trackTraffic)
		}
		t := e.tracks[id]
		if t == nil {
			t = new(trackTraffic)
			e.tracks[id] = t
		}
		t.seen, t.encoding, t.jitter, t.rtt = now, m.encoding, m.jitter, m.rtt
		t.in.update(m.bytes, m.given, now)
		if m.hasNACKs {
			t.nacks.update(m.nacks, math.NaN(), now)
		}
	}
	for id, t := range e.tracks {
		if now.Sub(t.seen) > forgotten {
			delete(e.tracks, id)
		}
	}
}

func (m *measured) add(track decode.TrackMetrics, bytes float64) {
	m.bytes += bytes
	if given, ok := track.Float(decode.InboundRTPBytesReceived.PerSecond()); ok {
		m.given += given
	} else {
		m.given = math.NaN()
	}
	if nacks, ok := track.Float(decode.RTCPNACKSent); ok {
		m.nacks += nacks
		m.hasNACKs = true
	}
	if text, ok := track.Text(decode.InboundRTPEncoding); ok && text != "rtx" {
		m.encoding = cut(text, 32)
	}
	for name, value := range track.All() {
		switch {
		case strings.HasSuffix(string(name), "jitter"):
			m.jitter = cut(value.String(), 32)
		case strings.HasSuffix(string(name), "round_trip_time"):
			m.rtt = cut(value.String(), 32)
		}
	}
}

// updateFrom updates a rate from a count in bytes and the rate beside it.
func updateFrom(r *rate, set decode.MetricSet, name decode.Metric, now time.Time) {
	count, ok := set.Float(name)
	if !ok {
		r.known = false
		return
	}
	given, ok := set.Float(name.PerSecond())
	if !ok {
		given = math.NaN()
	}
	r.update(count, given, now)
}

func number(set decode.MetricSet, name decode.Metric) float64 {
	value, _ := set.Float(name)
	return value
}

// sum is the traffic of several endpoints.
type sum struct {
	in, out float64 // In bits per second, -1 if it isn't known.
	sent    share
}

func (s *sum) add(e *endpoint, now time.Time) {
	if bits := e.in.bits(now); bits >= 0 {
		s.in = max(s.in, 0) + bits
	}
	if bits := e.out.bits(now); bits >= 0 {
		s.out = max(s.out, 0) + bits
	}
	if now.Sub(e.sent.at) <= fresh {
		s.sent.newParts += e.sent.newParts
		s.sent.newWholes += e.sent.newWholes
	}
}

// rounded returns a rate with two significant digits, so that it changes when
// somebody would see it change.
func rounded(bits float64) int64 {
	if bits < 0 {
		return -1
	}
	unit := 1.0
	for bits >= 100*unit {
		unit *= 10
	}
	return int64(math.Round(bits/unit) * unit)
}
