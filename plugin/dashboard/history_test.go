package dashboard

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A chart is what a map of the steps would be, for random steps forth and back.
func TestSeriesIsAMapOfTheLastSteps(t *testing.T) {
	for round := range 20 {
		random := rand.New(rand.NewPCG(uint64(round), 1))
		n := random.Int64N(1000) - 500
		s, model := newSeries(n), map[int64]float32{}
		for range 200 {
			n += []int64{0, 1, 1, 1, 2, 50, 400, -3}[random.IntN(8)]
			value := float32(random.IntN(100))
			if n <= s.last-int64(points) {
				continue
			}
			s.set(n, value)
			model[n] = value
			at := s.last + random.Int64N(3)
			var got []*float32
			if err := json.Unmarshal(s.through(at), &got); err != nil {
				t.Fatal(err)
			}
			for i := range int64(points) {
				want, known := model[at-i]
				known = known && at-i > s.last-int64(points)
				index := int64(len(got)) - 1 - i
				has := index >= 0 && got[index] != nil
				if has != known || has && *got[index] != want {
					t.Fatalf("round %d, %d steps before %d: has %v, want %v (%v)", round, i, at, has, known, want)
				}
			}
		}
	}
}

func TestRatesAreUnknownRatherThanWrong(t *testing.T) {
	none := math.NaN()
	begin := time.Unix(1_000_000, 0)
	at := func(seconds float64) time.Time { return begin.Add(time.Duration(seconds * 1e9)) }
	var r rate
	check := func(name string, now time.Time, want float64) {
		t.Helper()
		if got := r.bits(now); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s: %v bits a second, want %v", name, got, want)
		}
	}
	r.update(1000, none, at(0))
	check("one count", at(0), -1)
	r.update(4000, none, at(3))
	check("two counts", at(3), 8000)
	r.update(9000, none, at(3.1))
	check("reports that waited together", at(3.1), 8000)
	r.update(9000, none, at(8))
	check("the time since", at(8), 8000)
	r.update(10, none, at(9))
	check("a count that begins anew", at(9), -1)
	r.update(20, 300, at(10))
	check("the server's own rate", at(10), 2400)
	check("an old report", at(20), -1)
}

func TestLossIsAShareOfWhatWasSent(t *testing.T) {
	begin := time.Unix(1_000_000, 0)
	var s share
	s.update(5, 1000, begin)
	if got := permyriad(s.newParts, s.newWholes); got != -1 {
		t.Errorf("after one report: %d", got)
	}
	s.update(15, 2000, begin.Add(3*time.Second))
	if got := permyriad(s.newParts, s.newWholes); got != 100 {
		t.Errorf("10 of 1,000: %d parts of 10,000", got)
	}
	s.update(0, 100, begin.Add(6*time.Second))
	if got := permyriad(s.newParts, s.newWholes); got != -1 {
		t.Errorf("after the counts began anew: %d", got)
	}
}

// There are charts of as many peers and tracks as are left, whoever comes first.
func TestChartsAreBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	left, charts := 5, 0
	for i := range 4 {
		r := newRoom(fmt.Sprint(i))
		for id := range 3 {
			e := new(endpoint)
			e.seen = now
			e.in.update(1, 1, now)
			r.endpoints[fmt.Sprint(id)] = e
		}
		charts += r.sample(1, r.total(now), true, &left, now)
	}
	if charts != 5 || left != 0 {
		t.Errorf("%d charts, %d left", charts, left)
	}
}

func TestRoundedRates(t *testing.T) {
	for bits, want := range map[float64]int64{-1: -1, 0: 0, 7.4: 7, 99.6: 100, 1234: 1200, 61_049_000: 61_000_000} {
		if got := rounded(bits); got != want {
			t.Errorf("%v: %d, want %d", bits, got, want)
		}
	}
}

func TestNamesOfPeers(t *testing.T) {
	for metadata, want := range map[string]string{
		`{"name":"Ada"}`:                        "Ada",
		`{"displayName":"Ada L.","name":"ada"}`: "Ada L.",
		`{"peer":{"name":"Ada"}}`:               "Ada",
		`{"peer":{"peer":{"name":"Ada"}}}`:      "",
		`{"name":"  "}`:                         "",
		`{"name":7}`:                            "",
		`"Ada"`:                                 "",
		`null`:                                  "",
		``:                                      "",
		`{"name":"Ada"`:                         "",
		`{"name":"` + strings.Repeat("é", 90) + `"}`:       strings.Repeat("é", 40) + "…",
		`{"name":"` + strings.Repeat("x", maxNamed) + `"}`: "",
	} {
		if got := nameIn(decode.Metadata(metadata)); got != want || !utf8.ValidString(got) {
			t.Errorf("%.40s: %q, want %q", metadata, got, want)
		}
	}
}

// What is kept is bounded, whatever comes.
func TestHistoryIsBounded(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var l eventLog
	nameOf := func(string, string) string { return "" }
	for i := range 2000 {
		l.add(incoming{at: now, notification: decode.PeerMetadataUpdated{RoomID: "r", PeerID: fmt.Sprint(i), Metadata: decode.Metadata(`"` + strings.Repeat("x", 5000) + `"`)}})
		l.addGap(stream.Gap{Dropped: 1}, now)
		if i%500 == 499 {
			if taken := l.take(nameOf); len(taken) != maxFresh || taken[maxFresh-1].Number != uint64(i+1) {
				t.Fatalf("%d taken, the last is %d of %d", len(taken), taken[len(taken)-1].Number, i+1)
			}
		}
	}
	for range 10 {
		for range maxFresh {
			l.add(incoming{at: now, notification: decode.RoomCreated{RoomID: strings.Repeat("r", 5_000)}})
		}
		l.take(nameOf)
	}
	size := 0
	for _, e := range l.kept {
		size += len(e.Raw) + len(e.Room) + len(e.Text) + len(e.Who)
	}
	if len(l.kept) != maxEvents || len(l.gaps) != maxGaps || size > maxEvents*3*maxRaw {
		t.Errorf("%d events of %d bytes and %d gaps are kept", len(l.kept), size, len(l.gaps))
	}
	r := newRoom("r")
	for range 5000 {
		r.addEntry(entry{Time: now.UnixMilli()}, maxEntries, now)
	}
	if len(r.entries) != maxEntries {
		t.Errorf("%d entries, want %d", len(r.entries), maxEntries)
	}
	r.addEntry(entry{}, maxEntries, now.Add(2*history))
	if len(r.entries) != 1 {
		t.Errorf("%d entries after a long time, want 1", len(r.entries))
	}
}
