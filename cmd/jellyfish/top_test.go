//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// fill makes rooms with two connected peers each.
func fill(t *testing.T, server *jellyfishtest.Server, ids ...string) {
	t.Helper()
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	for _, id := range ids {
		if _, err := client.Create(t.Context(), rooms.RoomConfig{RoomID: id}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"Ada", "Bob"} {
			added, err := client.AddPeer(t.Context(), id, rooms.PeerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if err := server.ConnectPeer(id, added.Peer.ID, decode.Metadata(fmt.Sprintf(`{"name":%q}`, name))); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDemoShowsTheScreen(t *testing.T) {
	began := time.Now()
	screen := open(t, 80, 24, nil, "demo")
	screen.until(t, "standup")
	screen.until(t, "● live")
	t.Logf("the screen took %v", time.Since(began).Round(time.Millisecond)) // It is to be there within 5 s.
	screen.press(t, "q")
	if got := screen.status(); got != 0 {
		t.Errorf("exit status %d after q, want 0", got)
	}
}

func TestTopKeys(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium", "lobby")
	screen := open(t, 80, 24, access(server), "top")
	screen.until(t, "ROOMS 2   peers 4/4")
	screen.until(t, "▸ atrium")
	screen.press(t, "j")
	screen.until(t, "▸ lobby")
	screen.press(t, "\r")
	screen.until(t, "EVENTS (lobby)")
	screen.until(t, "Ada")
	screen.press(t, "\x1b")
	screen.until(t, "EVENTS (all)")
	screen.press(t, "/lob")
	screen.until(t, "filter: lob (1)")
	screen.press(t, "\r")
	screen.until(t, "⏎ open")
	screen.press(t, "\x1b")
	screen.until(t, "atrium")
	screen.press(t, "?")
	screen.until(t, "PgUp PgDn")
	screen.press(t, "?")
	screen.press(t, "s")
	screen.until(t, "sort: ▼ tracks")
	screen.press(t, "S")
	screen.until(t, "sort: ▲ tracks")

	screen.press(t, "p")
	screen.until(t, "paused: 0 new")
	if err := server.Send(decode.RoomCreated{RoomID: "cellar"}); err != nil {
		t.Fatal(err)
	}
	screen.until(t, "paused: 1 new")
	screen.press(t, "p")
	screen.until(t, "room_created")

	screen.resize(t, 140, 40)
	screen.until(t, "│")
	screen.press(t, "\x03")
	if got := screen.status(); got != 130 {
		t.Errorf("exit status %d after Ctrl-C, want 130", got)
	}
}

func TestTopOutlivesARestart(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium")
	screen := open(t, 100, 30, access(server), "top")
	screen.until(t, "▸ atrium")
	server.Stop()
	screen.until(t, "○ down")
	screen.until(t, "atrium") // What was known last stays.
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	screen.until(t, "● live")
	screen.until(t, "▓▓ GAP  1 outage")
	screen.until(t, "~ room gone")
	screen.until(t, "No rooms yet")
	screen.press(t, "q")
	if got := screen.status(); got != 0 {
		t.Errorf("exit status %d, want 0", got)
	}
}

func TestTopWithoutColour(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium")
	screen := open(t, 80, 24, append(access(server), "NO_COLOR=1"), "top")
	screen.until(t, "▸ atrium")
	if text := screen.screen.Render(); strings.Contains(text, "\x1b[3") || strings.Contains(text, "\x1b[7") {
		t.Errorf("colours in spite of NO_COLOR:\n%q", text)
	}
	screen.press(t, "q")
}

func TestTopWithoutATerminal(t *testing.T) {
	server := serve(t)
	_, log, status := execute(t, access(server), "top")
	if status != 2 || !strings.Contains(log, "needs a terminal") {
		t.Errorf("exit status %d, want 2:\n%s", status, log)
	}
}

func TestTopThatCannotBegin(t *testing.T) {
	server := serve(t)
	for name, test := range map[string]struct {
		env    []string
		args   []string
		status int
		want   string
	}{
		"no server":   {[]string{"JELLYFISH_ADDRESS=127.0.0.1:1", "JELLYFISH_TOKEN=x"}, nil, 4, "jellyfish doctor"},
		"wrong token": {[]string{"JELLYFISH_ADDRESS=" + server.Address(), "JELLYFISH_TOKEN=x"}, nil, 3, "JELLYFISH_TOKEN"},
		"wrong flag":  {access(server), []string{"--nonsense"}, 2, "--nonsense"},
	} {
		screen := open(t, 100, 24, test.env, append([]string{"top"}, test.args...)...)
		if got := screen.status(); got != test.status {
			t.Errorf("%s: exit status %d, want %d", name, got, test.status)
		}
		screen.until(t, test.want)
	}
	demo := open(t, 80, 24, nil, "demo")
	demo.until(t, "● live")
	demo.press(t, "\x03")
	if got := demo.status(); got != 130 {
		t.Errorf("demo: exit status %d after Ctrl-C, want 130", got)
	}
}

func TestTopWhoseTokenIsRefusedLater(t *testing.T) {
	server := serve(t)
	screen := open(t, 80, 24, access(server), "top")
	screen.until(t, "● live")
	server.SetToken("another")
	server.Cut(jellyfishtest.CutClean)
	if got := screen.status(); got != 3 {
		t.Errorf("exit status %d, want 3:\n%s", got, screen.text())
	}
}

// A terminal that takes nothing more holds up the screen, but not the connection.
func TestTopOnATerminalThatHangs(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium")
	screen := open(t, 80, 24, access(server), "top")
	screen.until(t, "▸ atrium")
	screen.hang(true)
	for range 300 {
		var many []decode.Notification
		for range 100 {
			many = append(many, decode.PeerMetadataUpdated{RoomID: "atrium", PeerID: "nobody", Metadata: "null"})
		}
		if err := server.Send(many...); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if err := server.Send(decode.RoomCreated{RoomID: "last"}); err != nil {
		t.Fatal(err)
	}
	screen.hang(false)
	screen.until(t, "room_created")
	screen.until(t, "gaps 0  drops 0")
	screen.press(t, "q")
	if got := screen.status(); got != 0 {
		t.Errorf("exit status %d, want 0", got)
	}
}
