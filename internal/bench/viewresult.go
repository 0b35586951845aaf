package main

import (
	"fmt"
	"time"
)

// The bars of a live view. They are far from what is measured, so that they hold
// on a busy machine too, except for what that doesn't change.
const (
	syncBar         = 2.0 // Times List.
	healBar         = 3.0 // Times List.
	memoryBar       = 500 // Bytes a peer.
	changeBar       = 25 * time.Microsecond
	changeAllocsBar = 30
	roomsBar        = time.Microsecond
	roomBar         = 5 * time.Microsecond
)

// viewResult is what the rounds of a live view gave.
type viewResult struct {
	view   liveView
	rounds []viewRound
}

func (r viewResult) rows() []result {
	listed := r.costs(func(r viewRound) cost { return r.listed })
	rows := r.listRows(listed)
	rows = append(rows, r.changeRows()...)
	rows = append(rows, r.callRows()...)
	return append(rows, r.healRows(listed)...)
}

func (r viewResult) listRows(listed costs) []result {
	size := fmt.Sprintf("GET /room, %.1f MB", float64(r.rounds[0].size)/1e6)
	synced := r.costs(func(r viewRound) cost { return r.synced })
	return []result{
		r.row(size+", discarded", r.costs(func(r viewRound) cost { return r.discarded })),
		r.row(size+", encoding/json", r.costs(func(r viewRound) cost { return r.parsed })),
		r.row("rooms.Client.List", listed),
		r.row("first sync", synced, synced.timesAtMost(syncBar, listed, "List")),
		r.memoryRow(),
	}
}

func (r viewResult) memoryRow() result {
	peers := float64(r.view.total())
	var each []float64
	for _, round := range r.rounds {
		each = append(each, round.memory/peers)
	}
	inBytes := func(got float64) string { return fmt.Sprintf("%.0f B a peer", got) }
	text := fmt.Sprintf("%.1f MB, %s", median(each)*peers/1e6, inBytes(median(each)))
	return viewRow{r.view, "memory of the view", []string{text, none, none}, limits{{median(each), memoryBar, inBytes}}}
}

func (r viewResult) changeRows() []result {
	changed := r.costs(func(r viewRound) cost { return r.changed.each })
	return []result{
		r.row("a notification, of many", r.costs(func(r viewRound) cost { return r.notified.each })),
		r.row("a change, of many", changed, changed.cpuAtMost(changeBar), changed.allocsAtMost(changeAllocsBar)),
		r.row("… with Rooms() 1,000 times a second", r.costs(func(r viewRound) cost { return r.polled })),
		r.row("… with Rooms() all the time", r.costs(func(r viewRound) cost { return cost{elapsed: r.rooms.change.elapsed} })),
		r.row("a notification, one by one", r.costs(func(r viewRound) cost { return middle(r.notified.alone) })),
		r.row("a change, one by one", r.costs(func(r viewRound) cost { return middle(r.changed.alone) })),
	}
}

func (r viewResult) callRows() []result {
	rooms := r.costs(func(r viewRound) cost { return middle(r.rooms.busy) })
	room := r.costs(func(r viewRound) cost { return middle(r.room.busy) })
	return []result{
		r.row("Rooms() while nothing changes", r.costs(func(r viewRound) cost { return middle(r.rooms.rest) })),
		r.row("Rooms() while changes flow", rooms, rooms.atMost(roomsBar)),
		r.row("Room(id) while nothing changes", r.costs(func(r viewRound) cost { return middle(r.room.rest) })),
		r.row("Room(id) while changes flow", room, room.atMost(roomBar)),
		r.row("all rooms of Rooms().All()", r.costs(func(r viewRound) cost { return r.all })),
	}
}

func (r viewResult) healRows(listed costs) []result {
	same := r.costs(func(r viewRound) cost { return r.relisted })
	different := r.costs(func(r viewRound) cost { return r.corrected })
	return []result{
		r.row("listed again, nothing changed", same, same.timesAtMost(healBar, listed, "List")),
		r.row("listed again, 1 % of peers changed", different, different.timesAtMost(healBar, listed, "List")),
	}
}

// costs returns one cost of each round.
func (r viewResult) costs(of func(viewRound) cost) costs {
	var all costs
	for _, round := range r.rounds {
		all = append(all, of(round))
	}
	return all
}

func middle(p percentiles) cost { return cost{elapsed: p.at(0.5)} }

func (r viewResult) row(what string, took costs, bars ...limit) result {
	return viewRow{r.view, what, took.cells(), bars}
}

// viewRow is one row of the table.
type viewRow struct {
	view liveView
	what string
	took []string
	bars limits
}

func (r viewRow) columns() []string {
	return []string{r.view.title(), "median (min–max)", "CPU", "allocs", "bar"}
}

func (r viewRow) cells() []string {
	return append(append([]string{r.what}, r.took...), r.bars.String())
}

func (r viewRow) verdict([]result) error { return r.bars.verdict(r.view.title() + ", " + r.what) }
