package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// clock is how a time of day is printed.
const clock = "15:04:05.000"

// table prints one line for each notification: the time, its kind, its room, the
// peer or component that it is about, and details.
type table struct {
	out    io.Writer
	widths [4]int // Of the columns, which grow with what is in them.
}

func newTable(out io.Writer) *table {
	return &table{out, [4]int{12, 22, 7, 16}}
}

func (t *table) print(n decode.Notification) error {
	room, _ := decode.RoomOf(n)
	who, details := describe(n)
	cells := [4]string{time.Now().Format(clock), n.Kind().String(), room, who}
	var line strings.Builder
	for i, cell := range cells {
		t.widths[i] = max(t.widths[i], len(cell))
		fmt.Fprintf(&line, "%-*s  ", t.widths[i], cell)
	}
	line.WriteString(details)
	_, err := fmt.Fprintln(t.out, strings.TrimRight(printable(line.String()), " "))
	return err
}

// describe returns whom a notification is about, and its details.
func describe(n decode.Notification) (who, details string) {
	switch n := n.(type) {
	case decode.RoomCreated, decode.RoomDeleted, decode.RoomCrashed, decode.HLSUploaded, decode.HLSUploadCrashed:
		return "", ""
	case decode.PeerAdded:
		return "peer " + n.PeerID, ""
	case decode.PeerConnected:
		return "peer " + n.PeerID, ""
	case decode.PeerDisconnected:
		return "peer " + n.PeerID, ""
	case decode.PeerDeleted:
		return "peer " + n.PeerID, ""
	case decode.PeerCrashed:
		return "peer " + n.PeerID, n.Reason
	case decode.PeerMetadataUpdated:
		return "peer " + n.PeerID, string(n.Metadata)
	case decode.TrackAdded:
		return n.Owner.String(), track(n.Track)
	case decode.TrackRemoved:
		return n.Owner.String(), track(n.Track)
	case decode.TrackMetadataUpdated:
		return n.Owner.String(), track(n.Track)
	case decode.ComponentCrashed:
		return "component " + n.ComponentID, ""
	case decode.HLSPlayable:
		return "component " + n.ComponentID, ""
	case stream.Gap:
		return "", strings.TrimPrefix(n.String(), "gap: ")
	case stream.Report:
		return "", strings.TrimPrefix(n.String(), "metrics_report ")
	}
	return "", strings.TrimPrefix(fmt.Sprint(n), n.Kind().String()+" ")
}

func track(t decode.Track) string {
	return fmt.Sprintf("%v %s %s", t.Type, t.ID, t.Metadata)
}

// printable keeps what peers wrote on one line, and the terminal unharmed.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '.'
	}, text)
}
