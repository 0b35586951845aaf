// Package output prints what the commands have found out: lines for people,
// aligned on a terminal and whole elsewhere, and JSON, one object a line.
package output

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Format is how data is printed.
type Format string

// The formats.
const (
	Table Format = "table"
	JSON  Format = "json"
)

// Set sets the format to the one that has the name.
func (f *Format) Set(name string) error {
	switch Format(name) {
	case Table, JSON:
		*f = Format(name)
		return nil
	}
	return failure.Usagef("want table or json")
}

// String returns the format's name.
func (f *Format) String() string { return string(*f) }

// Type returns what a flag of the format takes.
func (f *Format) Type() string { return "table|json" }

// Clock is how a time of day is printed.
const Clock = "15:04:05.000"

// Timestamp returns a time as JSON lines have it.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// Line returns a notification as a JSON object on a line: when it was received,
// its kind, and its own fields as the library names them.
func Line(at time.Time, n decode.Notification) ([]byte, error) {
	own, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	line := fmt.Appendf(nil, `{"time":%q,`, Timestamp(at))
	return append(append(line, own[1:]...), '\n'), nil
}

// Width returns how many columns the terminal has to which out leads, or 0 if
// it leads elsewhere.
func Width(out io.Writer) int {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(file.Fd()) {
		return 0
	}
	width, _, err := term.GetSize(file.Fd())
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// Events prints a notification a line.
type Events struct {
	out    io.Writer
	format Format
	widths [4]int // Of the columns, which grow with what is in them.
	colour bool
}

// NewEvents returns a printer.
func NewEvents(out io.Writer, format Format) *Events {
	return &Events{
		out:    out,
		format: format,
		widths: [4]int{len(Clock), 22, 8, 8},
		colour: Width(out) > 0 && os.Getenv("NO_COLOR") == "",
	}
}

// Print prints a notification. The error is that of writing.
func (e *Events) Print(at time.Time, n decode.Notification) error {
	if e.format == JSON {
		line, err := Line(at, n)
		if err != nil {
			return err
		}
		_, err = e.out.Write(line)
		return err
	}
	d := Describe(n)
	gap := n.Kind() == decode.KindGap
	who := d.Who
	if d.WhoType != "peer" && who != "" {
		who = d.WhoType + " " + who
	}
	if gap {
		return e.write(at.Format(Clock)+"  ▓▓ GAP  "+Printable(d.Details), gap)
	}
	cells := [4]string{at.Format(Clock), d.Kind, d.Room, who}
	var line strings.Builder
	for i, cell := range cells {
		cell = Printable(cell)
		e.widths[i] = max(e.widths[i], ansi.StringWidth(cell))
		line.WriteString(Pad(cell, e.widths[i]) + "  ")
	}
	line.WriteString(Printable(d.Details))
	return e.write(strings.TrimRight(line.String(), " "), gap)
}

func (e *Events) write(line string, marked bool) error {
	if width := Width(e.out); width > 0 {
		line = ansi.Truncate(line, width, "…")
	}
	if marked && e.colour {
		line = ansi.Style{}.Bold().ForegroundColor(ansi.Yellow).Styled(line)
	}
	_, err := io.WriteString(e.out, line+"\n")
	return err
}

// Pad returns text with spaces up to a width.
func Pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}

// Columns prints rows, the first of which is the heading, in aligned columns.
func Columns(out io.Writer, rows [][]string) error {
	var text strings.Builder
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for _, cell := range row {
			fmt.Fprintf(columns, "%s\t", Printable(cell))
		}
		fmt.Fprintln(columns)
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	width := Width(out)
	var trimmed strings.Builder
	for line := range strings.Lines(text.String()) {
		line = strings.TrimRight(line, " \n")
		if width > 0 {
			line = ansi.Truncate(line, width, "…")
		}
		trimmed.WriteString(line + "\n")
	}
	_, err := io.WriteString(out, trimmed.String())
	return err
}

// Object prints a value as JSON on a line.
func Object(out io.Writer, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = out.Write(append(text, '\n'))
	return err
}
