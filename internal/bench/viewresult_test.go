package main

import (
	"strings"
	"testing"
	"time"
)

// exactRound is a round that meets each bar exactly, of 100 peers.
func exactRound() viewRound {
	at := func(d time.Duration) cost { return cost{elapsed: d} }
	return viewRound{
		size: 12_340_000, memory: 50_000,
		discarded: cost{time.Millisecond, time.Microsecond, 136}, parsed: at(2 * time.Millisecond),
		listed: at(10 * time.Millisecond), synced: at(20 * time.Millisecond),
		notified:  changeCost{at(time.Microsecond), percentiles{time.Microsecond}},
		changed:   changeCost{cost{40 * time.Microsecond, 25 * time.Microsecond, 30}, percentiles{time.Microsecond}},
		polled:    at(41 * time.Microsecond),
		rooms:     callCost{percentiles{13}, percentiles{time.Microsecond}, at(42 * time.Microsecond)},
		room:      callCost{percentiles{900}, percentiles{5 * time.Microsecond}, at(43 * time.Microsecond)},
		all:       at(8 * time.Millisecond),
		relisted:  at(30 * time.Millisecond),
		corrected: at(30 * time.Millisecond),
	}
}

func TestViewTable(t *testing.T) {
	r := viewResult{liveView{rooms: 10, peers: 10}, []viewRound{exactRound()}}
	var out strings.Builder
	printTables(&out, r.rows())
	want := `
| Live view of 10 rooms × 10 peers    | median (min–max)       | CPU   | allocs | bar                  |
|-------------------------------------|------------------------|-------|--------|----------------------|
| GET /room, 12.3 MB, discarded       | 1 ms (1 ms–1 ms)       | 1 µs  | 136    | –                    |
| GET /room, 12.3 MB, encoding/json   | 2 ms (2 ms–2 ms)       | –     | –      | –                    |
| rooms.Client.List                   | 10 ms (10 ms–10 ms)    | –     | –      | –                    |
| first sync                          | 20 ms (20 ms–20 ms)    | –     | –      | 2.0 × List           |
| memory of the view                  | 0.1 MB, 500 B a peer   | –     | –      | 500 B a peer         |
| a notification, of many             | 1 µs (1 µs–1 µs)       | –     | –      | –                    |
| a change, of many                   | 40 µs (40 µs–40 µs)    | 25 µs | 30     | CPU 25 µs, allocs 30 |
| … with Rooms() 1,000 times a second | 41 µs (41 µs–41 µs)    | –     | –      | –                    |
| … with Rooms() all the time         | 42 µs (42 µs–42 µs)    | –     | –      | –                    |
| a notification, one by one          | 1 µs (1 µs–1 µs)       | –     | –      | –                    |
| a change, one by one                | 1 µs (1 µs–1 µs)       | –     | –      | –                    |
| Rooms() while nothing changes       | 13 ns (13 ns–13 ns)    | –     | –      | –                    |
| Rooms() while changes flow          | 1 µs (1 µs–1 µs)       | –     | –      | 1 µs                 |
| Room(id) while nothing changes      | 0.9 µs (0.9 µs–0.9 µs) | –     | –      | –                    |
| Room(id) while changes flow         | 5 µs (5 µs–5 µs)       | –     | –      | 5 µs                 |
| all rooms of Rooms().All()          | 8 ms (8 ms–8 ms)       | –     | –      | –                    |
| listed again, nothing changed       | 30 ms (30 ms–30 ms)    | –     | –      | 3.0 × List           |
| listed again, 1 % of peers changed  | 30 ms (30 ms–30 ms)    | –     | –      | 3.0 × List           |
`
	if got := out.String(); got != want {
		t.Errorf("table is%s\nwant%s", got, want)
	}
}

func TestViewVerdict(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*viewRound)
		want   string
	}{
		{"at the bars", func(*viewRound) {}, ""},
		{"slow sync", func(r *viewRound) { r.synced.elapsed *= 2 }, "first sync: 4.0 × List, the bar is 2.0 × List"},
		{"much memory", func(r *viewRound) { r.memory *= 2 }, "memory of the view: 1000 B a peer, the bar is 500 B a peer"},
		{"expensive change", func(r *viewRound) { r.changed.each.cpu *= 2 }, "a change, of many: CPU 50 µs, the bar is CPU 25 µs"},
		{"many allocations", func(r *viewRound) { r.changed.each.allocs++ }, "a change, of many: allocs 31, the bar is allocs 30"},
		{"slow Rooms", func(r *viewRound) { r.rooms.busy[0] *= 2 }, "Rooms() while changes flow: 2 µs, the bar is 1 µs"},
		{"slow Room", func(r *viewRound) { r.room.busy[0] *= 2 }, "Room(id) while changes flow: 10 µs, the bar is 5 µs"},
		{"slow list", func(r *viewRound) { r.relisted.elapsed *= 2 }, "nothing changed: 6.0 × List, the bar is 3.0 × List"},
		{"slow correction", func(r *viewRound) { r.corrected.elapsed *= 2 }, "1 % of peers changed: 6.0 × List, the bar is 3.0 × List"},
	} {
		missing := exactRound()
		test.change(&missing)
		r := viewResult{liveView{rooms: 10, peers: 10}, []viewRound{missing}}
		expectError(t, test.name, check(r.rows()), test.want)
	}
}

// One slow round is no verdict, since the medians count.
func TestViewVerdictIsThatOfTheMedians(t *testing.T) {
	slow := exactRound()
	slow.synced.elapsed *= 10
	slow.memory *= 10
	r := viewResult{liveView{rooms: 10, peers: 10}, []viewRound{exactRound(), slow, exactRound()}}
	expectError(t, "one slow round", check(r.rows()), "")
}
