package screen

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

func newModel(s *scene, width, height int) *Model {
	m := New(s, "a:5002", false)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return m
}

func TestCursorFollowsItsRoom(t *testing.T) {
	s := server()
	m := newModel(s, 80, 24)
	press(m, "down", "down")
	if m.selected.ID != odd {
		t.Fatalf("the cursor is on %q", m.selected.ID)
	}
	s.rooms[0], s.rooms[2] = s.rooms[2], s.rooms[0]
	m.Update(tick{})
	if m.selected.ID != odd || m.look.Index != 0 {
		t.Errorf("after rooms changed places the cursor is on %q, row %d", m.selected.ID, m.look.Index)
	}
	press(m, "up", "up", "end", "down")
	if m.look.Index != 3 {
		t.Errorf("past the end the cursor is in row %d", m.look.Index)
	}
}

func TestRoomThatEndsWhileItIsOpen(t *testing.T) {
	s := server()
	m := newModel(s, 80, 24)
	press(m, "enter")
	delete(s.opened, "standup")
	m.Update(tick{})
	if text := m.Draw(); !strings.Contains(text, "The room has ended") {
		t.Errorf("the screen doesn't say that the room has ended:\n%s", text)
	}
	press(m, "esc")
	if m.opened != nil {
		t.Error("esc doesn't lead back")
	}
}

func TestPauseKeepsTheEvents(t *testing.T) {
	s := server()
	m := newModel(s, 80, 24)
	press(m, "e", "p")
	if s.last.Until != uint64(len(s.events)) {
		t.Errorf("paused until event %d, want %d", s.last.Until, len(s.events))
	}
	press(m, "p")
	if s.last.Until != 0 {
		t.Error("events are still paused")
	}
}

func TestScrollingEndsAtTheOldestEvent(t *testing.T) {
	s := server()
	for range 5 { // 45 events in all.
		s.events = append(s.events, server().events[4:]...)
	}
	for i := range s.events {
		s.events[i].Number = uint64(len(s.events) - i)
	}
	m := newModel(s, 80, 24)
	rows := 19
	press(m, "e", "up")
	if m.skip != 1 || !m.paused {
		t.Errorf("one up skips %d events, paused %v", m.skip, m.paused)
	}
	for range 100 {
		press(m, "up")
	}
	if want := len(s.events) - rows; m.skip != want {
		t.Errorf("up to the oldest skips %d events, want %d", m.skip, want)
	}
	press(m, "end")
	if m.skip != 0 {
		t.Errorf("at the end %d are skipped", m.skip)
	}
	press(m, "home")
	if want := len(s.events) - rows; m.skip != want {
		t.Errorf("home skips %d events, want %d", m.skip, want)
	}
}

func TestFilterThatIsUndone(t *testing.T) {
	s := server()
	m := newModel(s, 80, 24)
	press(m, "/", "w", "e", "b", "enter", "/", "x", "esc")
	if m.filter != "web" {
		t.Errorf("the filter is %q, want web", m.filter)
	}
	press(m, "esc")
	if m.filter != "" {
		t.Errorf("esc leaves the filter %q", m.filter)
	}
	press(m, "/", "a", "ä", "backspace", "backspace", "backspace", "q", "enter")
	if m.filter != "q" {
		t.Errorf("the filter is %q, want q", m.filter)
	}
}

func TestFindGoesFromMatchToMatch(t *testing.T) {
	s := server()
	m := newModel(s, 80, 24)
	press(m, "e", "f")
	press(m, strings.Split("atrium", "")...)
	press(m, "enter", "n", "N")
	if m.paused {
		t.Error("what isn't there was found")
	}
	press(m, "esc", "f", "w", "e", "b", "enter")
	want := func(number uint64) {
		t.Helper()
		if got := m.look.Events[0].Number; got != number || !m.paused {
			t.Errorf("event %d stands first, want %d", got, number)
		}
	}
	want(7) // Peer gone.
	press(m, "n")
	want(2) // Peer connected.
	press(m, "n")
	want(2) // There is no older one.
	press(m, "N")
	want(7)
	if text := m.Draw(); !strings.Contains(text, "»13:02:08  ~ peer gone") {
		t.Errorf("what was found isn't marked:\n%s", text)
	}
}

// Every size has a picture that fits, and none panics.
func TestEverySize(t *testing.T) {
	for _, frame := range frames {
		m := New(frame.scene(), strings.Repeat("a-long-name.", 12)+":5002", false)
		press(m, frame.keys...)
		for width := 0; width < 160; width += 3 {
			for height := 0; height < 60; height += 3 {
				m.Update(tea.WindowSizeMsg{Width: width, Height: height})
				text := m.Draw()
				if width >= minWidth && height >= minHeight && strings.Count(text, "\n")+1 > height {
					t.Fatalf("%s: %d lines at %d×%d", frame.name, strings.Count(text, "\n")+1, width, height)
				}
			}
		}
	}
}
