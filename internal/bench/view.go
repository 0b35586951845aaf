package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// views measures the live view with more and more rooms, each time on a server of its
// own.
type views struct {
	peers   int   // In each room.
	sizes   []int // Numbers of rooms.
	barred  int   // The size to which the bars apply.
	changes int   // In each measurement of changes.
	alone   int   // Changes that are made one by one.
}

// largeView is the number of rooms that is measured on request, and largeRounds the
// maximum of rounds with it.
const (
	largeView   = 100_000
	largeRounds = 3
)

// liveViews applies the bars to the last size.
func liveViews(peers int, sizes ...int) views {
	return views{peers: peers, sizes: sizes, barred: sizes[len(sizes)-1], changes: 20_000, alone: 500}
}

func (v views) title() string { return fmt.Sprintf("Live view, rooms × %d peers", v.peers) }

func (v views) run(ctx context.Context, _ *sender, o options) (table, error) {
	if o.messages > 0 {
		v.changes = o.messages
	}
	if o.large {
		v.sizes = append(slices.Clone(v.sizes), largeView)
	}
	var all []results
	for _, size := range v.sizes {
		rounds := o.rounds
		if size >= largeView {
			rounds = min(rounds, largeRounds)
		}
		r, err := v.measure(ctx, size, rounds)
		if err != nil {
			return table{}, fmt.Errorf("%s rooms: %w", formatThousands(size), err)
		}
		all = append(all, r)
	}
	return v.table(all), nil
}

// measure runs rounds with a server that has that many rooms.
func (v views) measure(ctx context.Context, size, rounds int) (r results, err error) {
	server, err := startJellyfish(size, v.peers)
	if err != nil {
		return r, err
	}
	for range rounds {
		round := &viewRound{views: v, rooms: size, server: server}
		if err := round.run(ctx); err != nil {
			return r, errors.Join(err, server.stop())
		}
		r.names = round.names
		r.rounds = append(r.rounds, round.samples)
	}
	return r, server.stop()
}

// table shows how the costs grow from size to size.
func (v views) table(all []results) table {
	t := table{title: v.title()}
	for _, size := range v.sizes {
		t.heads = append(t.heads, formatThousands(size)+", median (min–max)", "CPU", "allocs")
	}
	bars := v.bars()
	for _, name := range all[0].names {
		line := row{name: name}
		for i, r := range all {
			line.cells = append(line.cells, viewCells(r, name)...)
			if v.sizes[i] == v.barred {
				for _, b := range bars[name] {
					line.limits = append(line.limits, b(r, name))
				}
			}
		}
		t.rows = append(t.rows, line)
	}
	return t
}

func viewCells(r results, name string) []string {
	text, of := formatTime, elapsedOf
	if r.median(name, bytesOf) > 0 {
		text, of = formatBytes, bytesOf
	}
	return []string{
		spread(r.each(name, of), text),
		formatTime(r.median(name, cpuOf)),
		formatRate(r.median(name, allocsOf)),
	}
}

func bytesOf(s sample) float64 { return s.bytes }

// The rows that others are compared with, or that have a bar.
const (
	jsonRow      = "GET /room, encoding/json"
	syncRow      = "first sync"
	memoryRow    = "memory of the view, a peer"
	changeRow    = "a change, of many"
	roomsRow     = "Rooms() while changes flow"
	roomRow      = "Room(id) while changes flow"
	sameRow      = "listed again, nothing changed"
	differentRow = "listed again, 1 % of peers changed"
)

// bars are far from the measured values, so that they hold on a busy machine too,
// except for values that don't depend on that.
//
// The view's cost of a list is compared, in CPU time, with a program that only reads
// the list with encoding/json: that is none of the library's own code, which would move
// the bars with it, and the server's time isn't included.
func (v views) bars() map[string][]bar {
	most := func(what string, d time.Duration, of func(sample) float64) bar {
		return under(what, float64(d), of, formatTime)
	}
	return map[string][]bar{
		syncRow:      {atMost("CPU", cpuOf, 1, jsonRow)},
		memoryRow:    {under("memory", 500, bytesOf, formatBytes)},
		changeRow:    {most("CPU", 25*time.Microsecond, cpuOf), allocsAtMost(30)},
		roomsRow:     {most("time", time.Microsecond, elapsedOf)},
		roomRow:      {most("time", 5*time.Microsecond, elapsedOf)},
		sameRow:      {atMost("CPU", cpuOf, 1.5, jsonRow)},
		differentRow: {atMost("CPU", cpuOf, 1.5, jsonRow)},
	}
}

// viewRound is a round of measurements, in the order of the rows.
type viewRound struct {
	views
	rooms  int
	server *jellyfish

	names   []string
	samples []sample
	err     error
}

// add records the result of a measurement. After an error nothing more is measured.
func (r *viewRound) add(name string, take func() (sample, error)) {
	if r.err != nil {
		return
	}
	s, err := take()
	if err != nil {
		r.err = fmt.Errorf("%s: %w", name, err)
	}
	r.names, r.samples = append(r.names, name), append(r.samples, s)
}

func (r *viewRound) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*roundTimeout)
	defer cancel()
	r.list(ctx)
	without, err := openLibrary(ctx, streamConfig(r.server.address), nil)
	if err != nil {
		return errors.Join(r.err, err)
	}
	f := flow{r.server, without}
	r.add("a notification, of many", func() (sample, error) { return f.each(r.changes) })
	r.add("a notification, one by one", func() (sample, error) { return f.alone(r.alone) })
	without.close()
	viewer, err := newViewer(ctx, r.server.address)
	if err != nil {
		return errors.Join(r.err, err)
	}
	defer viewer.close()
	r.sync(ctx, viewer)
	r.follow(viewer)
	r.heal(viewer)
	return r.err
}

// list measures the list without a view, with more and more done with it.
func (r *viewRound) list(ctx context.Context) {
	plain := listing{r.server.address}
	var size int64
	r.add("GET /room, discarded", func() (sample, error) {
		return measure(1, func() (err error) {
			size, err = plain.discard(ctx)
			return err
		})
	})
	r.add("its size", func() (sample, error) { return sample{bytes: float64(size)}, nil })
	r.add(jsonRow, func() (sample, error) {
		return measure(1, func() error {
			_, err := plain.parse(ctx)
			return err
		})
	})
	r.add("rooms.Client.List", func() (sample, error) {
		return measure(1, func() error {
			_, _, err := listRooms(ctx, r.server.address)
			return err
		})
	})
}

// sync measures the time until a view is complete, and its memory then. The initial
// changes are received too.
func (r *viewRound) sync(ctx context.Context, v *viewer) {
	without := heapNow()
	r.add(syncRow, func() (sample, error) { return measure(1, func() error { return v.sync(ctx) }) })
	r.add(memoryRow, func() (sample, error) {
		memory := heapNow() - without
		return sample{bytes: memory / float64(r.total())}, v.subscribe(ctx, r.rooms+r.total())
	})
}

// total returns the number of peers.
func (r *viewRound) total() int { return r.rooms * r.peers }

// follow measures the cost of a change with a view, and of reading the view meanwhile.
func (r *viewRound) follow(v *viewer) {
	f := flow{r.server, v}
	r.add(changeRow, func() (sample, error) { return f.each(r.changes) })
	r.add("a change, one by one", func() (sample, error) { return f.alone(r.alone) })
	r.add("… with Rooms() 1,000 times a second", func() (sample, error) {
		return f.beside(r.changes, func(ctx context.Context) { callEvery(ctx, time.Millisecond, v.takeRooms) })
	})
	r.calls(f, "Rooms()", v.takeRooms)
	var ids []string
	if r.err == nil {
		ids = v.roomIDs()
	}
	r.calls(f, "Room(id)", func() { v.takeRoom(ids[rand.IntN(len(ids))]) })
	r.add("all rooms of Rooms().All()", func() (sample, error) {
		return measure(1, func() error {
			v.each(func(string, []rooms.Peer) {})
			return nil
		})
	})
}

// calls measures a quick call while nothing else happens and while there are changes,
// and the cost of a change then.
func (r *viewRound) calls(f flow, name string, call func()) {
	r.add(name+" while nothing changes", func() (sample, error) {
		ctx, cancel := context.WithTimeout(context.Background(), atRest)
		defer cancel()
		return timeCalls(ctx, call), nil
	})
	var change sample
	r.add(name+" while changes flow", func() (busy sample, err error) {
		change, err = f.beside(r.changes, func(ctx context.Context) { busy = timeCalls(ctx, call) })
		return busy, err
	})
	r.add("… a change meanwhile, with "+name+" all the time", func() (sample, error) {
		return sample{elapsed: change.elapsed}, nil
	})
}

// heal measures the time until the view is right again after an outage in which nothing
// changed, or one peer in a hundred.
func (r *viewRound) heal(v *viewer) {
	r.add(sameRow, func() (sample, error) { return healed(r.server, v, 0) })
	r.add(differentRow, func() (sample, error) { return healed(r.server, v, r.total()/100) })
}

func healed(server *jellyfish, v *viewer, changes int) (sample, error) {
	runtime.GC()
	if err := server.outage(changes); err != nil {
		return sample{}, err
	}
	return v.heal(changes)
}
