package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	p := program.Start(t, run)
	p.Next(t, "room lobby: opened")
	p.Next(t, "room standup: opened")
	p.Next(t, "joined, 2 connected")
	lines, err := p.End()
	if err != nil {
		t.Fatalf("run: %v\n%q", err, lines)
	}
	printed := strings.Join(lines, "\n") + "\n"
	for _, want := range []string{
		"rooms may be missing here: gap: unknown number missing",
		"room webinar: stream: room ended\n",
		"room standup: stream: room ended\n",
	} {
		if !strings.Contains(printed, want) {
			t.Errorf("nothing printed has %q", want)
		}
	}
	if t.Failed() {
		t.Logf("printed:\n%s", printed)
	}
}

// A worker leaves a room that ended in an outage, and continues with one that still
// exists.
func TestRoomEndsUnseen(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{SequentialIDs: true})
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "working for")
	for _, id := range []string{"kept", "lost"} {
		if _, err := client.Create(t.Context(), rooms.RoomConfig{RoomID: id}); err != nil {
			t.Fatal(err)
		}
		p.Next(t, "room "+id+": opened")
	}
	client.CloseIdleConnections()
	added, err := client.AddPeer(t.Context(), "kept", rooms.PeerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	server.AnswerUpgrade(503, nil)
	server.Cut(jellyfishtest.CutClean)
	if err := errors.Join(server.CrashRoom("lost"), server.ConnectPeer("kept", added.Peer.ID, "")); err != nil {
		t.Fatal(err)
	}
	server.AnswerUpgrade(0, nil)
	want := []string{"room kept: still there, 1 connected", "room lost: stream: room left"}
	for len(want) > 0 {
		line := p.Next(t, "room ")
		want = slices.DeleteFunc(want, func(text string) bool { return text == line })
	}
	p.Signal()
	if _, err := p.End(); err != nil {
		t.Errorf("run: %v", err)
	}
}

// P13: each worker receives everything about its room, even if the room is created,
// filled and deleted at once.
func TestP13AWorkerARoom(t *testing.T) {
	t.Parallel()
	const total, peers = 20, 200
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "working for")
	for i := range total {
		id := fmt.Sprintf("room-%d", i)
		all := []decode.Notification{decode.RoomCreated{RoomID: id}}
		for k := range peers {
			all = append(all, decode.PeerConnected{RoomID: id, PeerID: fmt.Sprint(k)})
		}
		if err := server.Send(append(all, decode.RoomDeleted{RoomID: id})...); err != nil {
			t.Fatal(err)
		}
	}
	full, ended := 0, 0
	for ended < total {
		line := p.Next(t, "room ")
		if strings.HasSuffix(line, fmt.Sprintf("joined, %d connected", peers)) {
			full++
		} else if strings.HasSuffix(line, "stream: room ended") {
			ended++
		}
	}
	p.Signal()
	lines, err := p.End()
	if all := total * (peers + 2); err != nil || full != total || len(lines) != 1 ||
		lines[0] != fmt.Sprintf("%d notifications received, %d handled", all, all) {
		t.Errorf("run: %v, %d rooms were full\n%q", err, full, lines)
	}
}

// What was received before SIGTERM is handled after it: three rooms with 1,000
// notifications each, which take longer to handle than to arrive.
func TestShutdownLosesNothing(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token, "-work", "500us", "-grace", "1h")
	p.Next(t, "working for")
	for i := range 3 * 1000 {
		if err := server.Send(decode.TrackAdded{RoomID: fmt.Sprint("room-", i%3), Track: decode.Track{ID: fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Send(decode.RoomCreated{RoomID: "last"}); err != nil {
		t.Fatal(err)
	}
	p.Next(t, "room last: opened") // Everything before it has been received.
	p.Signal()
	lines, err := p.End()
	if err != nil || lines[len(lines)-1] != "3001 notifications received, 3001 handled" {
		t.Errorf("run: %v\n%q", err, lines)
	}
}

// Work that takes longer than the grace period ends the program with an error.
func TestShutdownTakesTooLong(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token, "-work", "1h", "-grace", "1ms")
	p.Next(t, "working for")
	if err := server.Send(decode.RoomCreated{RoomID: "r"}, decode.PeerAdded{RoomID: "r"}, decode.RoomCreated{RoomID: "last"}); err != nil {
		t.Fatal(err)
	}
	p.Next(t, "room last: opened")
	p.Signal()
	_, err := p.End()
	var undelivered *stream.UndeliveredError
	if !errors.As(err, &undelivered) {
		t.Errorf("run: %v", err)
	}
}

// Ctrl-C ends the program even while the server doesn't respond.
func TestInterruptedWhileConnecting(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	server.Silence(true)
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	begin := time.Now()
	p.Signal()
	if lines, err := p.End(); err == nil || len(lines) > 0 {
		t.Errorf("run: %v after %v\n%q", err, time.Since(begin), lines)
	}
}

// A room whose lookup fails keeps its worker.
func TestServerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	if err := server.FailCalls(jellyfishtest.CallFault{Path: "/room/*", Status: 503}); err != nil {
		t.Fatal(err)
	}
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "working for")
	joined := decode.PeerConnected{RoomID: "r", PeerID: "1"}
	if err := server.Send(joined); err != nil {
		t.Fatal(err)
	}
	p.Next(t, "peer 1 joined, 1 connected")
	server.Cut(jellyfishtest.CutReset)
	p.Next(t, "room r: what has become of it is unknown: ")
	if err := server.Send(decode.PeerConnected{RoomID: "r", PeerID: "2"}); err != nil {
		t.Fatal(err)
	}
	p.Next(t, "peer 2 joined, 2 connected")
	p.Signal()
	if _, err := p.End(); err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	_, err := program.Start(t, run, "-addr", server.Address(), "-token", "secret").End()
	if err == nil || !strings.Contains(err.Error(), "refused the token") {
		t.Errorf("run: %v", err)
	}
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "working for")
	server.SetToken("another")
	server.Cut(jellyfishtest.CutClean)
	if _, err := p.End(); err == nil || !strings.Contains(err.Error(), "refused the token") {
		t.Errorf("run: %v", err)
	}
}
