package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// latest returns the change that is waiting, if any.
func latest(n *stream.Notifier) (s stream.State, changed bool) {
	synctest.Wait()
	select {
	case s = <-n.States():
		return s, true
	default:
		return s, false
	}
}

func TestStateIsForHealthChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		cfg.Backoff.Cap = time.Second
		n := open(t.Context(), t, cfg)
		if s, _ := latest(n); s.Phase != stream.Live || s.Address != server.Address() || s.Err != nil || !s.Since.Equal(time.Now()) || s != n.State() {
			t.Errorf("state after Open is %+v", s)
		}
		if s, changed := latest(n); changed {
			t.Errorf("changed to %v without a reason", s)
		}
		time.Sleep(time.Minute)
		lost := time.Now()
		server.Stop()
		time.Sleep(time.Minute)
		s, _ := latest(n)
		if s.Phase != stream.Down || !s.Since.Equal(lost) || s.Err == nil || !strings.Contains(s.Err.Error(), "refused") || s.Address != server.Address() {
			t.Errorf("state of an outage is %+v", s)
		}
		server.Delay(time.Second)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		if s, _ := latest(n); s.Phase != stream.Connecting || !s.Since.Equal(lost) {
			t.Errorf("state in a handshake is %+v", s)
		}
		time.Sleep(10 * time.Second)
		if s, _ := latest(n); s.Phase != stream.Live || s.Err != nil || !s.Since.After(lost) {
			t.Errorf("state after the outage is %+v", s)
		}
		n.Close()
		s, open := <-n.States()
		if !open || s.Phase != stream.Ended || s.Err != stream.ErrClosed {
			t.Errorf("last state is %+v (open: %v)", s, open)
		}
		if _, open := <-n.States(); open {
			t.Error("the channel is open after the end")
		}
		if n.State() != s {
			t.Errorf("State is %v after the end", n.State())
		}
	})
}

// The end isn't an outage.
func TestStateOfACloseIsEndedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		latest(n)
		seen := make(chan []stream.Phase)
		go func() {
			var phases []stream.Phase
			for s := range n.States() {
				phases = append(phases, s.Phase)
			}
			seen <- phases
		}()
		synctest.Wait()
		n.Close()
		if phases := <-seen; len(phases) != 1 || phases[0] != stream.Ended {
			t.Errorf("Close led through %v, want the end alone", phases)
		}
	})
}

func TestStateTellsTheContextsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, cfg := inMemory(t)
		ctx, cancel := context.WithCancel(t.Context())
		n := open(ctx, t, cfg)
		cancel()
		if s, _ := latest(n); s.Phase != stream.Ended || !errors.Is(s.Err, context.Canceled) {
			t.Errorf("state is %+v", s)
		}
	})
}

func TestStatePrintsOnOneLine(t *testing.T) {
	for _, c := range []struct {
		state stream.State
		want  string
	}{
		{stream.State{Phase: stream.Live, Address: "a:1"}, "live on a:1"},
		{stream.State{Phase: stream.Down, Err: errors.New("gone\n\x1b\u202efar")}, "down: gone far"},
		{stream.State{Phase: stream.Connecting}, "connecting"},
		{stream.State{Phase: stream.Ended, Err: stream.ErrClosed}, "ended: stream: closed"},
	} {
		if got := c.state.String(); got != c.want {
			t.Errorf("String() = %q, want %q", got, c.want)
		}
	}
}

// blocking is a log handler that blocks at a message until it is released.
type blocking struct {
	slog.Handler
	message string
	goOn    chan struct{}
}

func (b blocking) Handle(_ context.Context, r slog.Record) error {
	if r.Message == b.message {
		<-b.goOn
	}
	return nil
}

func (b blocking) Enabled(context.Context, slog.Level) bool { return true }

// The state can be read without waiting for the log.
func TestStateChangesBeforeTheLogIsWritten(t *testing.T) {
	for message, want := range map[string]stream.Phase{
		"connection lost":   stream.Down,
		"failed to connect": stream.Down,
		"connected":         stream.Live,
	} {
		synctest.Test(t, func(t *testing.T) {
			server, cfg := inMemory(t)
			handler := blocking{slog.DiscardHandler, message, make(chan struct{})}
			cfg.Logger = slog.New(handler)
			n := open(t.Context(), t, cfg)
			latest(n)
			if message == "failed to connect" {
				server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
			}
			server.Cut(jellyfishtest.CutClean)
			time.Sleep(time.Hour)
			if s, changed := latest(n); !changed || s.Phase != want {
				t.Errorf("while %q is logged the state is %v", message, s)
			}
			close(handler.goOn)
			time.Sleep(time.Second)
		})
	}
}

func TestNotifierPrintsItsStateWhateverTheVerb(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
			if got, want := fmt.Sprintf(verb, n), "notifier: live on "+server.Address(); got != want {
				t.Errorf("%s: %s, want %s", verb, got, want)
			}
		}
	})
}
