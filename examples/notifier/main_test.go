package main

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	lines, err := program.Start(t, run).End()
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	printed := strings.Join(lines, "\n") + "\n"
	for _, want := range []string{
		`\Asubscribed to 127\.0\.0\.1:\d+\n`,
		`\nroom_created room_id="lobby"\n`,
		`\npeer 0{8}-0000-4000-8000-0{11}1 joined room standup\n`,
		"\npeer_metadata_updated .* metadata=`{\"name\":\"Alice\"}`\n",
		`\nmetrics_report bytes=\d+ `,
		`\nthe rooms may have changed unseen here: gap: unknown number missing in \d+ outages? `,
		`\npeer_crashed .* reason="unsupported codec"\n`,
		`\nroom_crashed room_id="webinar"\n`,
		`\nroom_deleted room_id="standup"\n`,
	} {
		if !regexp.MustCompile(want).MatchString(printed) {
			t.Errorf("nothing matches %q", want)
		}
	}
	if t.Failed() {
		t.Logf("printed:\n%s", printed)
	}
}

func TestServer(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret"})
	t.Setenv("JELLYFISH_ADDRESS", server.Address())
	t.Setenv("JELLYFISH_TOKEN", "secret")
	p := program.Start(t, run)
	p.Next(t, "subscribed to "+server.Address())
	if err := server.Send(decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"}); err != nil {
		t.Fatal(err)
	}
	p.Next(t, "peer peer-1 joined room room-1")
	p.Next(t, "metrics_report")
	server.Cut(jellyfishtest.CutReset)
	p.Next(t, "changed unseen here")
	p.Signal()
	if lines, err := p.End(); !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v, want context.Canceled\n%q", err, lines)
	}
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	_, err := program.Start(t, run, "-addr", server.Address(), "-token", "secret").End()
	if !errors.Is(err, stream.ErrUnauthorized) || strings.Contains(err.Error(), "secret") {
		t.Errorf("run: %v", err)
	}
}

// A token that is refused later ends the program too.
func TestTokenIsChanged(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "subscribed")
	server.SetToken("another")
	server.Cut(jellyfishtest.CutClean)
	if _, err := p.End(); !errors.Is(err, stream.ErrUnauthorized) {
		t.Errorf("run: %v, want %v", err, stream.ErrUnauthorized)
	}
}

func TestLine(t *testing.T) {
	for want, n := range map[string]decode.Notification{
		"peer p joined room r":                          decode.PeerConnected{RoomID: "r", PeerID: "p"},
		"too slow: 3 notifications were dropped here":   stream.Gap{Dropped: 3},
		"the rooms may have changed unseen here: gap: ": stream.Gap{Outages: 1},
		`room_crashed room_id="r"`:                      decode.RoomCrashed{RoomID: "r"},
	} {
		if got := line(n); !strings.HasPrefix(got, want) {
			t.Errorf("%#v is printed as %q, want %q", n, got, want)
		}
	}
}
