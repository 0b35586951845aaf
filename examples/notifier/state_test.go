package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestStateOfTheDemo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-state"}, &out, t.Output()); err != nil {
		t.Fatalf("run: %v\n%s", err, &out)
	}
	const (
		clock = `\d\d:\d\d:\d\d\.\d{3}  `
		node  = ` +127\.0\.0\.1:\d+ +`
		id    = `00000000-0000-4000-8000-00000000000`
	)
	text := out.String()
	for _, want := range []string{ // In this order.
		`\Asubscribed to the test server on 127\.0\.0\.1:\d+; a conference follows\n`,
		`\n` + clock + `\d rooms?, \d peers?\nroom +node +peer or component +status +tracks +name\n`,
		`\nstandup` + node + id + `1  connected +audio, video  Alice\n +` + id + `2  connected +audio +Bob\n`,
		`\nwebinar` + node + id + `3  file component +video\n`,
		`\n` + clock + `room standup \(inferred\): peer ` + id + `2 is gone\n`,
		`\n\n` + clock + `0 rooms, 0 peers\n\nthe conference is over\n\z`,
	} {
		found := regexp.MustCompile(want).FindStringIndex(text)
		if found == nil {
			t.Fatalf("nothing matches %s from here on:\n%s\nprinted:\n%s", want, text, &out)
		}
		text = text[found[1]-1:]
	}
	if n := strings.Count(out.String(), "(inferred): peer"); n != 1 {
		t.Errorf("of %d peers is shown what was inferred, want Bob alone:\n%s", n, &out)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("no terminal was to be cleared: %q", &out)
	}
}

// pictures are what was shown, and when.
type pictures struct {
	mu    sync.Mutex
	list  []string
	times []time.Time
}

func (p *pictures) Write(picture []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, string(picture))
	p.times = append(p.times, time.Now())
	return len(picture), nil
}

// latest returns the latest picture without its time.
func (p *pictures) latest() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.list) == 0 {
		return ""
	}
	_, picture, _ := strings.Cut(p.list[len(p.list)-1], "  ")
	return picture
}

// watched is a test server in memory and what is shown of it.
type watched struct {
	*jellyfishtest.Server
	client *rooms.Client
	pictures
}

// watchState shows the state of a server with a room for the length of a test.
func watchState(t *testing.T, only ...string) *watched {
	t.Helper()
	w := &watched{Server: jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, SequentialIDs: true})}
	var err error
	w.client, err = rooms.New(rooms.Config{
		ServerAddress:  w.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
		HTTPClient:     w.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Create(t.Context(), rooms.RoomConfig{RoomID: "one"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &state{to: newScreen(&w.pictures), rooms: only}
	err = s.open(ctx, stream.Config{
		ServerAddress:  w.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		HTTPClient:     w.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.follow() }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("follow: %v, want %v", err, context.Canceled)
		}
	})
	time.Sleep(redraw)
	synctest.Wait()
	return w
}

// shows checks the latest picture, a moment from now.
func (w *watched) shows(t *testing.T, pattern string) {
	t.Helper()
	time.Sleep(redraw)
	synctest.Wait()
	if got := w.latest(); !regexp.MustCompile(`\A` + pattern + `\n\z`).MatchString(got) {
		t.Errorf("shows:\n%s\nwant a match of:\n%s", got, pattern)
	}
}

const stateHeading = `room +node +peer or component +status +tracks +name\n`

// What is there at first is not said to be inferred, though lists have told it.
func TestStateAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watchState(t)
		w.shows(t, `1 room, 0 peers\n`+stateHeading+`one +jellyfish\.test:5002 +nobody\n`)
	})
}

// An outage is seen while it lasts, and what it hid when it is over.
func TestStateAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watchState(t)
		w.Stop()
		const stale = `stale since \d\d:\d\d:\d\d\.\d{3}: jellyfish\.test:5002`
		w.shows(t, `1 room, 0 peers\n`+stateHeading+`one +jellyfish\.test:5002 +nobody\n`+stale+`(: .*)?\n`)
		if err := w.Restart(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // The client has come back.
		w.shows(t, `0 rooms, 0 peers\n\d\d:\d\d:\d\d\.\d{3}  room one \(inferred\): is gone\n`)

		if _, err := w.client.Create(t.Context(), rooms.RoomConfig{RoomID: "two"}); err != nil {
			t.Fatal(err)
		}
		w.shows(t, `1 room, 0 peers\n`+stateHeading+`two +jellyfish\.test:5002 +nobody\n`)
	})
}

// However much happens, the state is shown four times a second, and not at all
// when nothing has changed.
func TestStateIsShownSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watchState(t)
		added, err := w.client.AddPeer(t.Context(), "one", rooms.PeerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 999 {
			time.Sleep(time.Millisecond)
			name := decode.Metadata(fmt.Sprintf(`{"name":"Ada %d"}`, i))
			if err := w.ConnectPeer("one", added.Peer.ID, name); err != nil {
				t.Fatal(err)
			}
			if err := w.DisconnectPeer("one", added.Peer.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.shows(t, `1 room, 1 peer\n`+stateHeading+`one .* disconnected +Ada 998\n`)
		time.Sleep(time.Hour)
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := len(w.times); n != 5 {
			t.Errorf("shown %d times, want once at first and four times in the second", n)
		}
		for i, at := range w.times[1:] {
			if since := at.Sub(w.times[i]); since != redraw {
				t.Errorf("shown again after %v, want %v", since, redraw)
			}
		}
	})
}

func TestStateOfSomeRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watchState(t, "two", "three")
		w.shows(t, `0 rooms, 0 peers\n`)
		for _, id := range []string{"two", "four"} {
			if _, err := w.client.Create(t.Context(), rooms.RoomConfig{RoomID: id}); err != nil {
				t.Fatal(err)
			}
		}
		w.shows(t, `1 room, 0 peers\n`+stateHeading+`two +jellyfish\.test:5002 +nobody\n`)
		w.Cut(jellyfishtest.CutClean)
		for _, id := range []string{"two", "four"} {
			if err := w.CrashRoom(id); err != nil {
				t.Fatal(err)
			}
		}
		w.shows(t, `0 rooms, 0 peers\n\d\d:\d\d:\d\d\.\d{3}  room two \(inferred\): is gone\n`)
	})
}

// A token that is refused while the program runs ends it.
func TestStateEndsWithItsSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		s := &state{to: newScreen(t.Output())}
		err := s.open(t.Context(), stream.Config{
			ServerAddress:  server.Address(),
			ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
			HTTPClient:     server.HTTPClient(),
		})
		if err != nil {
			t.Fatal(err)
		}
		server.SetToken("another")
		server.Cut(jellyfishtest.CutClean)
		// Notifications and lists are refused at once; either may be first.
		if err := s.follow(); !errors.Is(err, stream.ErrUnauthorized) && !errors.Is(err, rooms.ErrUnauthorized) {
			t.Errorf("follow: %v, want that the token is refused", err)
		}
	})
}

func TestStateRefusesOtherOutput(t *testing.T) {
	for _, args := range []string{"-json", "-metrics", "-kind peer_added"} {
		err := run(t.Context(), strings.Fields("-state "+args), t.Output(), t.Output())
		if err == nil || !strings.Contains(err.Error(), "-state doesn't go with") {
			t.Errorf("%s: error %v", args, err)
		}
	}
}
