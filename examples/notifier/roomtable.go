package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// shortName is how many characters a peer's name may have to be shown.
const shortName = 24

// roomTable returns a table of rooms, a line for each of their peers and
// components, below how many there are.
func roomTable(list []watch.Room) string {
	peers := 0
	rows := [][]string{{"room", "node", "peer or component", "status", "tracks", "name"}}
	for _, r := range list {
		peers += len(r.Peers)
		rows = append(rows, roomRows(r)...)
	}
	heading := fmt.Sprintf("%s, %s\n", count(len(list), "room"), count(peers, "peer"))
	if len(list) == 0 {
		return heading
	}
	return heading + align(rows)
}

// roomRows returns the rows of a room, the first of which names it.
func roomRows(r watch.Room) [][]string {
	var rows [][]string
	for _, p := range r.Peers {
		rows = append(rows, []string{"", "", p.ID, string(p.Status), types(p.Tracks), name(p.Peer)})
	}
	for _, c := range r.Components {
		rows = append(rows, []string{"", "", c.ID, string(c.Type) + " component", types(c.Tracks), ""})
	}
	if len(rows) == 0 {
		rows = [][]string{{"", "", "nobody", "", "", ""}}
	}
	rows[0][0], rows[0][1] = r.ID, cmp.Or(r.Node, "not known yet")
	return rows
}

// types returns the types of tracks, audio before video.
func types(tracks []decode.Track) string {
	var names []string
	for _, t := range tracks {
		names = append(names, t.Type.String())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// name returns the name in a peer's metadata, if there is a short one.
func name(p rooms.Peer) string {
	var metadata struct {
		Name string `json:"name"`
	}
	if p.Metadata.Unmarshal(&metadata) != nil || utf8.RuneCountInString(metadata.Name) > shortName {
		return ""
	}
	return metadata.Name
}

// align returns rows as lines of text whose columns are as wide as what is in
// them.
func align(rows [][]string) string {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for _, cell := range row {
			fmt.Fprintf(columns, "%s\t", printable(cell))
		}
		fmt.Fprintln(columns)
	}
	columns.Flush()
	var trimmed strings.Builder
	for line := range strings.Lines(text.String()) {
		fmt.Fprintln(&trimmed, strings.TrimRight(line, " \n"))
	}
	return trimmed.String()
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// staleNodes returns a line for each node of which something may be missing.
func staleNodes(nodes []watch.Node) string {
	var lines strings.Builder
	for _, n := range nodes {
		if n.StaleSince.IsZero() {
			continue
		}
		line := fmt.Sprintf("stale since %s: %s", n.StaleSince.Format(clock), n.Address)
		if n.Err != nil {
			line += ": " + n.Err.Error()
		}
		fmt.Fprintln(&lines, printable(line))
	}
	return lines.String()
}
