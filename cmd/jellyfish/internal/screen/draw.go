package screen

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/board"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// layout is how many lines each part has.
type layout struct {
	rooms, detail, events int
	beside                bool // The room stands beside the rooms.
}

// The lines that are always there: two of the header, the totals, the heading of
// the table, the line above the events, and the keys.
const (
	fixedLines = 6
	minHeight  = 12
	minWidth   = 40
)

func (m *Model) layout() layout {
	free := max(0, m.height-fixedLines)
	l := layout{beside: m.width >= wide && !m.events && m.opened == nil}
	switch {
	case m.events:
		l.events = free + 1 // There is no heading of a table.
	case m.opened != nil:
		l.detail = steps(m.openedLines(), free*2/3)
		l.events = free - l.detail
	default:
		l.rooms = steps(max(m.look.Matching, m.besideLines(l)), free*3/5)
		l.events = free - l.rooms
	}
	if l.beside {
		l.detail = l.rooms
	}
	return l
}

// steps returns how many lines a part gets that needs so many: whole steps, so
// that what is below seldom moves, and at most limit.
func steps(needed, limit int) int {
	const step = 6
	return min(max(1, (needed+step-1)/step)*step, max(3, limit))
}

// openedLines returns how many lines the room takes that is shown in full.
func (m *Model) openedLines() int {
	r := m.look.Opened
	if r == nil {
		return 0
	}
	lines := len(r.Peers) + 1
	if len(r.Components) > 0 {
		lines += len(r.Components) + 1
	}
	return lines
}

func (m *Model) besideLines(l layout) int {
	if !l.beside {
		return 0
	}
	return m.openedLines()
}

// Draw returns the screen as text, a line for each of its lines.
func (m *Model) Draw() string {
	if m.width < minWidth || m.height < minHeight {
		return fmt.Sprintf("The screen needs\n%d columns and\n%d lines.", minWidth, minHeight)
	}
	l := m.layout()
	lines := []string{m.header(), m.nodes(), m.totals()}
	switch {
	case m.help:
		lines = append(lines, m.keysHelp(m.height-len(lines)-1)...)
		return m.finish(append(lines, m.bottom()))
	case m.events:
	case m.opened != nil:
		lines = append(lines, m.room(m.width, l.detail+1)...)
	case l.beside:
		lines = append(lines, m.sideBySide(l)...)
	default:
		lines = append(lines, m.rooms(m.width, l.rooms)...)
	}
	lines = append(lines, m.eventsTitle())
	lines = append(lines, m.eventLines(l.events)...)
	return m.finish(append(lines, m.bottom()))
}

// finish cuts the lines to the window, and fades them while the connection is
// lost: they are what was last known.
func (m *Model) finish(lines []string) string {
	for i, line := range lines {
		line = strings.TrimRight(ansi.Truncate(line, m.width, "…"), " ")
		if m.colour && i > 1 && m.look.State.Phase != stream.Live {
			line = styles["faint"].Render(ansi.Strip(line))
		}
		lines[i] = line
	}
	return strings.Join(lines[:min(len(lines), m.height)], "\n")
}

var phases = map[stream.Phase]struct{ sign, style string }{
	stream.Live:       {"●", "live"},
	stream.Connecting: {"◐", "trying"},
	stream.Down:       {"○", "down"},
	stream.Ended:      {"○", "down"},
}

// header says whether the server is there, and whether anything was missed.
func (m *Model) header() string {
	look := m.look
	phase := phases[look.State.Phase]
	state := fmt.Sprintf("%s %v", phase.sign, look.State.Phase)
	if !look.State.Since.IsZero() {
		state += " " + output.Age(look.Now.Sub(look.State.Since))
	}
	frame := "–"
	if !look.LastFrame.IsZero() {
		frame = fmt.Sprintf("%.1fs", max(0, look.Now.Sub(look.LastFrame).Seconds()))
		if look.Now.Sub(look.LastFrame) >= 10*time.Second {
			frame = output.Age(look.Now.Sub(look.LastFrame))
		}
	}
	gaps := fmt.Sprintf("gaps %d", look.Gaps)
	if look.Gaps > 0 {
		gaps = m.paint("gap", gaps)
	}
	dropped := fmt.Sprintf("drops %d", look.Dropped)
	if look.Dropped > 0 {
		dropped = m.paint("gap", dropped)
	}
	address := look.State.Address
	if address == "" {
		address = m.address
	}
	rest := fmt.Sprintf("frame %4s  %4.0f ev/s  %s  %s", frame, look.PerSecond, gaps, dropped)
	space := m.width - ansi.StringWidth(" jellyfish  ") - ansi.StringWidth("  "+state+"  "+rest)
	return " " + m.paint("title", "jellyfish") + "  " + shorten(output.Printable(address), max(8, space)) + "  " + m.paint(phase.style, state) + "  " + rest
}

// nodes says which nodes can't be trusted, and why, or why there is no
// connection.
func (m *Model) nodes() string {
	if err := m.look.State.Err; err != nil {
		return " " + m.paint("down", fit(output.Printable(err.Error()), m.width-1))
	}
	fresh, stale := 0, []string(nil)
	for _, n := range m.look.Nodes {
		if n.StaleSince.IsZero() {
			fresh++
			continue
		}
		text := n.Address + " stale " + output.Age(m.look.Now.Sub(n.StaleSince))
		if n.Address == "" {
			text = "some rooms have no node that was named"
		}
		if n.Err != nil {
			text += " (" + n.Err.Error() + ")"
		}
		stale = append(stale, output.Printable(text))
	}
	line := fmt.Sprintf(" nodes %d", len(m.look.Nodes))
	switch {
	case len(stale) == 0 && len(m.look.Nodes) == 1:
		line += ": fresh"
	case len(stale) == 0:
		line += ": all fresh"
	default:
		if fresh > 0 {
			line += fmt.Sprintf(": %d fresh", fresh)
		}
		line += " · " + m.paint("gap", strings.Join(stale, " · "))
	}
	return line
}

// totals says how much there is, and what of it is shown.
func (m *Model) totals() string {
	look := m.look
	line := fmt.Sprintf(" ROOMS %s   peers %s/%s   tracks %s", thousands(look.Rooms), thousands(look.Connected), thousands(look.Peers), thousands(look.Tracks))
	if !look.Synced {
		line += "   " + m.paint("trying", "◐ listing rooms")
	}
	arrow := "▼"
	if m.reversed {
		arrow = "▲"
	}
	shown := fmt.Sprintf("sort: %s %s", arrow, m.sort)
	if m.filter != "" {
		shown += fmt.Sprintf("   filter: %s (%d)", m.filter, look.Matching)
	}
	return line + strings.Repeat(" ", max(2, m.width-ansi.StringWidth(line)-ansi.StringWidth(shown)-1)) + shown
}

// sideBySide returns the rooms and, beside them, the one that the cursor is on.
func (m *Model) sideBySide(l layout) []string {
	left := m.width * 3 / 5
	rooms, room := m.rooms(left, l.rooms), m.room(m.width-left-2, l.rooms+1)
	for i := range rooms {
		rooms[i] = fit(rooms[i], left) + "│ " + room[i]
	}
	return rooms
}

// bottom returns what is being typed, or the keys.
func (m *Model) bottom() string {
	switch m.typing {
	case &m.filter:
		return " filter rooms: /" + m.filter + "▏   ⏎ keep  esc undo"
	case &m.find:
		return " filter events: /" + m.find + "▏   ⏎ keep  esc undo"
	case &m.search:
		return " find in events: " + m.search + "▏   ⏎ go there  esc undo"
	}
	keys := "↑↓ move  ⏎ open  / filter  s sort  e events  p pause  ? keys  q quit"
	switch {
	case m.help:
		keys = "esc back  q quit"
	case m.events:
		keys = "↑↓ scroll  / filter  f find  p pause  esc back  ? keys  q quit"
	case m.opened != nil:
		keys = "esc back  ↑↓ scroll events  / filter events  p pause  ? keys  q quit"
	}
	return " " + keys
}

// keysHelp explains the keys and the signs.
func (m *Model) keysHelp(height int) []string {
	lines := []string{
		"",
		"   ↑ ↓ k j   move, or scroll the events      /   filter: rooms by their ids,",
		"   PgUp PgDn a page up or down                   events by any text in them",
		"   Home End  the first, the last             s   sort by the next column",
		"   ⏎ →       open the room                   S   the other way round",
		"   esc ←     back; take a filter away        p   pause the events, or go on",
		"   e         events alone, or not any more   f   find in the events: n N go on",
		"                                             q   quit",
		"",
		"   ● live   ◐ connecting   ○ down: below stands what was known last",
		"   ▓▓ GAP   here notifications are missing, or may be",
		"   ~        found out by asking the server: nothing told of it",
		"   –        not known, which is not 0",
		"",
		"   PEERS    connected / of those in the room     TRACKS  audio and video",
		"   IN OUT   bits a second to and from the server",
		"   LOSS     packets that the server sent again, of those that it sent",
	}
	for len(lines) < height {
		lines = append(lines, "")
	}
	return lines[:max(0, height)]
}

// age returns how long ago something was.
func (m *Model) age(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return output.Age(m.look.Now.Sub(t))
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// bitrate returns bits a second in at most five characters.
func (m *Model) bitrate(r board.Reading) string {
	if !r.Known(m.look.Now) {
		return "–"
	}
	value, unit := r.Value, 0
	for value >= 999.5 && unit < 3 {
		value, unit = value/1000, unit+1
	}
	text := fmt.Sprintf("%.0f", value)
	if unit > 0 && value < 99.95 {
		text = fmt.Sprintf("%.1f", value)
	}
	return text + [...]string{"", "k", "M", "G"}[unit]
}

func (m *Model) loss(r board.Reading) string {
	if !r.Known(m.look.Now) {
		return "–"
	}
	return fmt.Sprintf("%.1f%%", 100*r.Value)
}
