package stream_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P6: a rejected token is final, an outage is not.
func TestP6RejectedAtFirstIsNotRetried(t *testing.T) {
	for _, wait := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			server, cfg := inMemory(t)
			cfg.ServerAPIToken = stream.NewSecret("wrong")
			cfg.WaitForServer = wait
			cfg.FallbackAddresses = []string{server.Address()}
			_, err := stream.Subscribe(t.Context(), cfg)
			if !errors.Is(err, stream.ErrUnauthorized) {
				t.Errorf("error is %v, want ErrUnauthorized", err)
			}
			if tries := len(server.Upgrades()); tries != 2 {
				t.Errorf("%d attempts, want one for each address", tries)
			}
		})
	}
}

// A token that is part of the server's reason is refused like any other.
func TestP6RejectedWhateverTheToken(t *testing.T) {
	for _, token := range []string{"token", "invalid", "a", "invalid token"} {
		synctest.Test(t, func(t *testing.T) {
			_, cfg := inMemory(t)
			cfg.ServerAPIToken, cfg.WaitForServer = stream.NewSecret(token), true
			if _, err := stream.Open(t.Context(), cfg); !errors.Is(err, stream.ErrUnauthorized) {
				t.Errorf("with the token %q the error is %v, want ErrUnauthorized", token, err)
			}
		})
	}
}

func TestP6Http401IsARejection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		server.AnswerUpgrade(http.StatusUnauthorized, nil)
		if _, err := stream.Open(t.Context(), cfg); !errors.Is(err, stream.ErrUnauthorized) {
			t.Errorf("error is %v, want ErrUnauthorized", err)
		}
		server.AnswerUpgrade(http.StatusForbidden, nil)
		if _, err := stream.Open(t.Context(), cfg); err == nil || errors.Is(err, stream.ErrUnauthorized) {
			t.Errorf("error is %v, want another than ErrUnauthorized", err)
		}
	})
}

// Two rejections in a row end the subscription, after what was received is delivered.
func TestP6RejectedTwiceEndsTheSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		asked := 0
		cfg.ServerAPIToken = stream.Secret{}
		cfg.TokenSource = func(context.Context) (string, error) {
			asked++
			return jellyfishtest.Token, nil
		}
		sub := subscribe(t.Context(), t, cfg)
		send(t, server, roomsFrom(0, 100)...)
		server.SetToken("another")
		synctest.Wait()
		server.Cut(jellyfishtest.CutClean)
		if err := expectEnd(t, sub, roomsFrom(0, 100)...); !errors.Is(err, stream.ErrUnauthorized) {
			t.Errorf("ended with %v, want ErrUnauthorized", err)
		}
		if asked != 3 {
			t.Errorf("the token source was asked %d times, want 3: at first and for each rejection", asked)
		}
	})
}

// One rejection is not the end: the token source is asked again.
func TestP6RotatedTokenIsPickedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		tokens := []string{jellyfishtest.Token, jellyfishtest.Token, "rotated"}
		cfg.ServerAPIToken = stream.Secret{}
		cfg.TokenSource = func(context.Context) (string, error) {
			token := tokens[0]
			tokens = tokens[1:]
			return token, nil
		}
		sub := subscribe(t.Context(), t, cfg)
		server.SetToken("rotated")
		server.Cut(jellyfishtest.CutClean)
		expect(t, sub, outage)
		send(t, server, room(1))
		expect(t, sub, room(1))
	})
}

func TestP6FailingTokenSourceIsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		broken := errors.New("vault is sealed")
		fails := 0
		cfg.ServerAPIToken = stream.Secret{}
		cfg.TokenSource = func(context.Context) (string, error) {
			if fails > 0 {
				fails--
				return "", broken
			}
			return jellyfishtest.Token, nil
		}
		sub := subscribe(t.Context(), t, cfg)
		fails = 20
		server.Cut(jellyfishtest.CutClean)
		expect(t, sub, outage)
		fails = 1
		if _, err := stream.Open(t.Context(), cfg); !errors.Is(err, broken) || errors.Is(err, stream.ErrUnauthorized) {
			t.Errorf("error is %v, want the token source's", err)
		}
	})
}

// A server that accepts and then drops connections is asked less and less often.
func TestP6AcceptThenDropIsNoHotLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		server.DropAfterHandshake(-1)
		server.Cut(jellyfishtest.CutClean)
		time.Sleep(time.Hour)
		// With full jitter under a cap of 30 s: every 15 s on average.
		if n := len(server.Upgrades()); n < 120 || n > 480 {
			t.Errorf("%d connections in an hour", n)
		}
		server.DropAfterHandshake(0)
		time.Sleep(time.Minute)
		sum := 0
		for len(sub.Notifications()) > 0 {
			sum += expectGap(t, sub).Outages
		}
		if sum == 0 {
			t.Error("no gap tells of the outages")
		}
		send(t, server, room(1))
		for n := next(t, sub); n != room(1); n = next(t, sub) {
		}
	})
}

// P7: a dead connection is noticed.
func TestP7SilentServerIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		start := time.Now()
		server.Silence(true)
		time.AfterFunc(time.Minute, func() { server.Silence(false) })
		g := expectGap(t, sub)
		if since := g.Since.Sub(start).Abs(); since > time.Millisecond {
			t.Errorf("Since is %v off", since)
		}
		// Noticed after a ping at 20 s and 10 s without a pong.
		if took := time.Since(start); took < time.Minute || took > 2*time.Minute {
			t.Errorf("live again after %v", took)
		}
	})
}

// A client that only listens stays connected (protocol, section 1.5).
func TestP7QuietConnectionLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		time.Sleep(24 * time.Hour)
		send(t, server, room(1))
		expect(t, sub, room(1))
	})
}

// Until a refused token is final, the state reports it.
func TestP6StateReportsARefusedToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		cfg.Backoff = stream.Backoff{Base: time.Minute, Cap: time.Minute}
		cfg.FallbackAddresses = []string{"fallback.test:1"} // Always unreachable.
		n := open(t.Context(), t, cfg)
		server.SetToken("another")
		server.Cut(jellyfishtest.CutClean)
		for range 10 {
			time.Sleep(time.Minute)
			latest(n)
		}
		if s := n.State(); s.Phase != stream.Down || !errors.Is(s.Err, stream.ErrUnauthorized) {
			t.Errorf("state is %v", s)
		}
		server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
		time.Sleep(10 * time.Minute)
		if s := n.State(); s.Phase != stream.Down || errors.Is(s.Err, stream.ErrUnauthorized) {
			t.Errorf("state is %v", s)
		}
		server.AnswerUpgrade(0, nil)
		server.SetToken(jellyfishtest.Token)
		time.Sleep(10 * time.Minute)
		if s := n.State(); s.Phase != stream.Live || s.Err != nil {
			t.Errorf("state is %v", s)
		}
	})
}

// A token that can't be sent is an outage that names the token source.
func TestP6TokenSourceWithATokenThatCannotBeSent(t *testing.T) {
	for _, token := range []string{"", jellyfishtest.Token + "\n", " " + jellyfishtest.Token, "a\xffb", "a\x00b"} {
		synctest.Test(t, func(t *testing.T) {
			server, cfg := inMemory(t)
			began := time.Now()
			cfg.ServerAPIToken = stream.Secret{}
			cfg.TokenSource = func(context.Context) (string, error) {
				if time.Since(began) > time.Hour {
					return jellyfishtest.Token, nil
				}
				return token, nil
			}
			_, err := stream.Open(t.Context(), cfg)
			var bad *stream.InputError
			if !errors.As(err, &bad) || bad.Field != "TokenSource" || errors.Is(err, stream.ErrUnauthorized) {
				t.Errorf("%q: error %v", token, err)
			}
			if tries := len(server.Upgrades()); tries != 0 {
				t.Errorf("%q: %d attempts", token, tries)
			}
			cfg.WaitForServer = true
			open(t.Context(), t, cfg)
		})
	}
}
