// Package screen is the terminal screen of a server: rooms, a room, events, keys.
// What is drawn is a function of a [board.Look] and of the window.
package screen

import (
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/board"
)

// Source is what the screen shows.
type Source interface {
	Look(board.Query) board.Look
}

// refresh is how often the screen looks for news.
const refresh = 200 * time.Millisecond

// wide is from how many columns on rooms and a room stand side by side.
const wide = 120

// Model is the state of the screen. New makes one.
type Model struct {
	source        Source
	address       string
	width, height int
	colour        bool

	look board.Look
	// What the rooms are sorted and filtered by, and where the cursor is.
	sort     board.Sort
	reversed bool
	filter   string
	selected board.Key
	top      int
	opened   *board.Key
	// What of the events is shown.
	events  bool // They fill the screen.
	frozen  uint64
	paused  bool
	skip    int
	find    string
	search  string // What is marked among the events, and jumped to.
	help    bool
	typing  *string // The filter, or what is searched for, that is being typed.
	aborted string  // What it was before.

	interrupted bool
}

// New returns the screen of a source. Without colour, what is drawn has no
// escape sequences at all.
func New(source Source, address string, colour bool) *Model {
	return &Model{source: source, address: address, colour: colour, width: 80, height: 24, sort: board.ByPeers}
}

// Interrupted tells whether Ctrl-C has ended the screen.
func (m *Model) Interrupted() bool { return m.interrupted }

type tick struct{}

func ticking() tea.Cmd { return tea.Tick(refresh, func(time.Time) tea.Msg { return tick{} }) }

// Init begins to look.
func (m *Model) Init() tea.Cmd {
	m.see(0)
	return ticking()
}

// Update takes a key, a new size of the window, or the time to look again.
func (m *Model) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch message := message.(type) {
	case tick:
		m.see(0)
		return m, ticking()
	case tea.WindowSizeMsg:
		m.width, m.height = message.Width, message.Height
		m.see(0)
	case tea.PasteMsg:
		if m.typing != nil {
			*m.typing += printable(message.Content)
			m.see(0)
		}
	case tea.KeyPressMsg:
		return m, m.key(message)
	}
	return m, nil
}

// View draws what was seen last.
func (m *Model) View() tea.View {
	view := tea.NewView(m.Draw())
	view.AltScreen = true
	view.WindowTitle = "jellyfish " + m.address
	return view
}

// see looks at the source, with the cursor moved.
func (m *Model) see(move int) {
	l := m.layout()
	q := board.Query{
		Sort: m.sort, Reversed: m.reversed, Filter: m.filter,
		Selected: m.selected, Move: move, Top: m.top, Rows: l.rooms,
		Open:   m.shown(l),
		Events: l.events, Find: strings.ToLower(m.find),
		Skip: m.skip,
	}
	if m.paused {
		q.Until = m.frozen
	}
	if m.opened != nil {
		q.Room = m.opened.ID
	}
	m.look = m.source.Look(q)
	if len(m.look.List) == 0 {
		return
	}
	moved := m.selected != m.look.Selected
	m.selected, m.top = m.look.Selected, m.look.Top
	if moved && l.beside { // The room beside the list is another one.
		q.Open, q.Selected, q.Move, q.Top = &m.selected, m.selected, 0, m.top
		m.look = m.source.Look(q)
	}
}

// shown returns the room that is shown in full: the opened one, or the one that
// the cursor is on where there is place beside the list.
func (m *Model) shown(l layout) *board.Key {
	switch {
	case m.opened != nil:
		return m.opened
	case l.beside && m.selected.ID != "":
		return &m.selected
	}
	return nil
}

func (m *Model) key(key tea.KeyPressMsg) tea.Cmd {
	name := key.String()
	if name == "ctrl+c" {
		m.interrupted = true
		return tea.Quit
	}
	if m.typing != nil {
		m.typed(key)
		m.see(0)
		return nil
	}
	switch name {
	case "q":
		return tea.Quit
	case "?":
		m.help = !m.help
		return nil
	case "esc", "backspace", "left", "h":
		m.back()
	case "/":
		m.startTyping()
	case "e":
		m.events, m.skip = !m.events, 0
	case "p", "space":
		m.pause(!m.paused)
	case "f":
		m.startSearch()
	case "n", "N":
		m.jump(name == "n")
	case "s":
		m.sort, m.top = m.sort.Next(), 0
	case "S":
		m.reversed, m.top = !m.reversed, 0
	case "enter", "right", "l":
		if m.opened == nil && m.selected.ID != "" && !m.events {
			room := m.selected
			m.opened, m.skip = &room, 0
		}
	case "ctrl+z":
		return tea.Suspend
	default:
		m.move(name)
		return nil
	}
	m.help = false
	m.see(0)
	return nil
}

// back undoes one step, the innermost first.
func (m *Model) back() {
	switch {
	case m.help:
		m.help = false
	case m.search != "":
		m.search = ""
	case m.find != "" && (m.events || m.opened != nil):
		m.find = ""
	case m.events:
		m.events, m.skip = false, 0
	case m.opened != nil:
		m.opened, m.skip = nil, 0
	default:
		m.filter, m.find = "", ""
	}
}

func (m *Model) pause(on bool) {
	m.paused, m.frozen = on, m.look.Newest
	if !on {
		m.skip = 0
	}
}

// move moves the cursor, or scrolls the events where they are alone.
func (m *Model) move(name string) {
	l := m.layout()
	page := max(1, l.rooms-1)
	if m.events || m.opened != nil {
		page = max(1, l.events-1)
	}
	var by int
	switch name {
	case "up", "k":
		by = -1
	case "down", "j":
		by = 1
	case "pgup", "ctrl+b":
		by = -page
	case "pgdown", "ctrl+f":
		by = page
	case "home", "g":
		by = -1 << 30
	case "end", "G":
		by = 1 << 30
	default:
		return
	}
	m.help = false
	if !m.events && m.opened == nil {
		m.see(by)
		return
	}
	if !m.paused {
		m.pause(true)
	}
	before := m.skip
	m.skip = max(0, m.skip-by)
	m.see(0)
	if len(m.look.Events) < l.events && by < 0 { // There are no older ones.
		m.skip = max(0, min(m.skip, 1<<20)-(l.events-len(m.look.Events)))
		if by == -1<<30 {
			m.skip = m.oldest(l.events)
		}
		m.skip = max(m.skip, before)
		m.see(0)
	}
}

// oldest returns how many events stand before the oldest that fill the screen.
func (m *Model) oldest(rows int) int {
	skip := 0
	for step := 4096; step > 0; step /= 2 {
		m.skip = skip + step
		m.see(0)
		if len(m.look.Events) >= rows {
			skip += step
		}
	}
	return skip
}

func (m *Model) startTyping() {
	m.typing = &m.filter
	if m.events || m.opened != nil {
		m.typing = &m.find
	}
	m.aborted, m.help = *m.typing, false
}

func (m *Model) startSearch() {
	m.typing, m.aborted, m.help = &m.search, m.search, false
}

// jump goes to the next older event that contains what is searched for, or to the
// next newer one, which then is the first that is shown.
func (m *Model) jump(older bool) {
	if m.search == "" || len(m.look.Events) == 0 {
		return
	}
	first := m.look.Events[0].Number
	q := board.Query{Events: 1 << 20, Find: strings.ToLower(m.search)}
	if m.opened != nil {
		q.Room = m.opened.ID
	}
	var target uint64
	for _, e := range m.source.Look(q).Events { // The latest first.
		switch matches := e.Contains(q.Find); {
		case !matches:
		case older && e.Number < first:
			if target == 0 {
				target = e.Number
			}
		case !older && e.Number > first:
			target = e.Number
		}
	}
	if target != 0 {
		m.paused, m.frozen, m.skip = true, target, 0
	}
}

// typed takes a key while a filter is typed.
func (m *Model) typed(key tea.KeyPressMsg) {
	switch key.String() {
	case "enter":
		searched := m.typing == &m.search
		m.typing = nil
		if searched {
			m.see(0)
			if len(m.look.Events) > 0 && !m.look.Events[0].Contains(strings.ToLower(m.search)) {
				m.jump(true)
			}
		}
		return
	case "esc":
		*m.typing, m.typing = m.aborted, nil
	case "backspace":
		runes := []rune(*m.typing)
		*m.typing = string(runes[:max(0, len(runes)-1)])
	case "ctrl+u":
		*m.typing = ""
	default:
		*m.typing += printable(key.Text)
	}
	m.skip, m.top = 0, 0
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
}
