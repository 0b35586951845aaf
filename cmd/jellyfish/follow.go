package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// gathered is how long changes are gathered before what has changed is printed.
const gathered = 100 * time.Millisecond

// table is a list that can be kept up to date.
type table struct {
	heading []string
	widths  []int
	// items returns what of a room stands in the list, in order.
	items func(watch.Room) []item
}

// item is a line of the list.
type item struct {
	id   string
	row  []string
	json any
}

var (
	roomsTable = table{
		heading: []string{"ROOM", "NODE", "PEERS", "MAX", "TRACKS", "COMPONENTS", "CODEC"},
		widths:  []int{24, 22, 6, 4, 8, 12, 5},
		items: func(r watch.Room) []item {
			l := listed{server.Room{Room: rooms.Room{ID: r.ID, Config: r.Config, Components: r.Components}, Type: r.Type}, r.Node}
			for _, s := range r.Streamers {
				l.Streamers = append(l.Streamers, fishjam.Streamer{ID: s.ID, Status: s.Status})
			}
			for _, v := range r.Viewers {
				l.Viewers = append(l.Viewers, fishjam.Viewer{ID: v.ID})
			}
			for _, p := range r.Peers {
				l.Peers = append(l.Peers, p.Peer)
			}
			return []item{{r.ID + " " + r.Node, roomRow(l), l.json()}}
		},
	}
	peersTable = table{
		heading: []string{"PEER", "STATUS", "TRACKS", "NAME", "METADATA"},
		widths:  []int{36, 12, 12, 12, 0},
		items: func(r watch.Room) (items []item) {
			for _, p := range r.Peers {
				items = append(items, item{p.ID, peerRow(p.Peer), newPeerJSON(r.ID, p.Peer)})
			}
			return items
		},
	}
	componentsTable = table{
		heading: []string{"COMPONENT", "TYPE", "TRACKS", "STATE"},
		widths:  []int{36, 10, 12, 0},
		items: func(r watch.Room) (items []item) {
			for _, c := range r.Components {
				items = append(items, item{c.ID, componentRow(c), newComponentJSON(r.ID, c)})
			}
			return items
		},
	}
)

// follow prints a list and what changes in it, until the context ends. It is that
// of all rooms, or of one, with whose end it ends.
func (r *calling) follow(ctx context.Context, out io.Writer, t table, room string) error {
	s, err := r.settings.Server()
	if err != nil {
		return err
	}
	_, view, err := s.Watch(ctx)
	if err != nil {
		return err
	}
	if err := view.WaitSynced(ctx); err != nil {
		return failure.Connecting(err)
	}
	var options []watch.Option
	if room != "" {
		options = append(options, watch.InRooms(room))
	}
	f := &follower{out: out, table: t, format: r.format, printed: make(map[string]map[string]item)}
	if r.format == output.Table {
		if err := f.line(" ", t.heading); err != nil {
			return err
		}
	}
	changes := view.Changes(ctx, options...)
	changed := make(map[string]bool)
	var print <-chan time.Time
	for {
		select {
		case c, ok := <-changes:
			if !ok {
				return failure.Connecting(view.Err())
			}
			changed[c.Info().RoomID] = true
			if print == nil {
				print = time.After(gathered)
			}
		case <-print:
			print = nil
			for _, id := range slices.Sorted(maps.Keys(changed)) {
				now, there := view.Room(id)
				if err := f.print(id, now, there); err != nil {
					return err
				}
				if room != "" && !there {
					return fmt.Errorf("room %s has ended", room)
				}
			}
			clear(changed)
		}
	}
}

// follower prints what differs from what it has printed.
type follower struct {
	out     io.Writer
	table   table
	format  output.Format
	printed map[string]map[string]item // By room and id.
}

func (f *follower) print(room string, now watch.Room, there bool) error {
	var items []item
	if there {
		items = f.table.items(now)
	}
	before, after := f.printed[room], make(map[string]item)
	for _, i := range items {
		after[i.id] = i
		old, known := before[i.id]
		switch {
		case !known:
			if err := f.item("+", "added", i); err != nil {
				return err
			}
		case strings.Join(old.row, "\x00") != strings.Join(i.row, "\x00"):
			if err := f.item("*", "changed", i); err != nil {
				return err
			}
		}
	}
	for id, i := range before {
		if _, known := after[id]; !known {
			if err := f.item("-", "removed", i); err != nil {
				return err
			}
		}
	}
	f.printed[room] = after
	if len(after) == 0 {
		delete(f.printed, room)
	}
	return nil
}

func (f *follower) item(sign, event string, i item) error {
	if f.format == output.Table {
		return f.line(sign, i.row)
	}
	return output.Object(f.out, struct {
		Time   string `json:"time"`
		Event  string `json:"event"`
		Object any    `json:"object"`
	}{output.Timestamp(time.Now()), event, i.json})
}

func (f *follower) line(sign string, cells []string) error {
	text := sign
	for i, cell := range cells {
		text += " " + output.Pad(output.Printable(cell), f.table.widths[i]) + " "
	}
	text = strings.TrimRight(text, " ")
	if width := output.Width(f.out); width > 0 {
		text = ansi.Truncate(text, width, "…")
	}
	_, err := io.WriteString(f.out, text+"\n")
	return err
}
