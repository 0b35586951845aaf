package stream_test

import (
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Faults over real sockets: exactly this is received, Gaps included, and nothing is
// left in the end.
func TestFaults(t *testing.T) {
	garbage := stream.Gap{Undecodable: 1}
	for _, c := range []struct {
		name  string
		fault func(*testing.T, *jellyfishtest.Server)
		want  []decode.Notification
	}{
		{"restart", func(t *testing.T, s *jellyfishtest.Server) {
			s.Stop()
			if err := s.Restart(); err != nil {
				t.Fatal(err)
			}
		}, []decode.Notification{outage}},
		{"clean cut", func(_ *testing.T, s *jellyfishtest.Server) { s.Cut(jellyfishtest.CutClean) }, []decode.Notification{outage}},
		{"reset", func(_ *testing.T, s *jellyfishtest.Server) { s.Cut(jellyfishtest.CutReset) }, []decode.Notification{outage}},
		{"cut in mid-frame", func(_ *testing.T, s *jellyfishtest.Server) { s.Cut(jellyfishtest.CutMidFrame) }, []decode.Notification{outage}},
		{"close frame", func(_ *testing.T, s *jellyfishtest.Server) { s.CloseConnections(1011, "") }, []decode.Notification{outage}},
		{"oversized message", func(_ *testing.T, s *jellyfishtest.Server) { s.SendOversized(2 << 20) }, []decode.Notification{outage}},
		{"garbage", func(_ *testing.T, s *jellyfishtest.Server) { s.SendMessage([]byte("\xff\xff")) }, []decode.Notification{garbage}},
		{"text", func(_ *testing.T, s *jellyfishtest.Server) { s.SendText("{}") }, []decode.Notification{garbage}},
		{"dropped handshakes", func(_ *testing.T, s *jellyfishtest.Server) {
			s.AnswerUpgrade(503, nil)
			s.Cut(jellyfishtest.CutReset)
			time.AfterFunc(50*time.Millisecond, func() { s.AnswerUpgrade(0, nil) })
		}, []decode.Notification{outage}},
		{"interleaved confirmation", func(t *testing.T, s *jellyfishtest.Server) {
			if err := s.Interleave(room(7)); err != nil {
				t.Fatal(err)
			}
			s.Cut(jellyfishtest.CutClean)
		}, []decode.Notification{outage, room(7)}},
	} {
		for _, useTLS := range []bool{false, true} {
			t.Run(map[bool]string{false: "plain ", true: "TLS "}[useTLS]+c.name, func(t *testing.T) {
				server := jellyfishtest.Run(t, jellyfishtest.Config{TLS: useTLS})
				cfg := configFor(server)
				cfg.ReadLimit = 1 << 20
				cfg.Backoff = stream.Backoff{Base: 10 * time.Millisecond, Cap: 20 * time.Millisecond}
				warmUp(t, cfg)
				before := leak.Descriptors()

				n := open(t.Context(), t, cfg)
				sub := join(t.Context(), t, n, stream.WithMetrics())
				send(t, server, room(1))
				expect(t, sub, room(1))
				c.fault(t, server)
				expect(t, sub, c.want...)
				send(t, server, room(2))
				expect(t, sub, room(2))
				n.Close()
				if err := expectEnd(t, sub); err != stream.ErrClosed {
					t.Errorf("Err is %v", err)
				}

				server.Close()
				if left := leak.Goroutines(); left != "" {
					t.Errorf("goroutines left:\n%s", left)
				}
				if excess := leak.DescriptorsDownTo(before); before >= 0 && excess != "" {
					t.Error(excess)
				}
			})
		}
	}
}

// A live subscription has few goroutines: its reader and the connection's writer.
func TestIdleNotifierIsSmall(t *testing.T) {
	server, cfg := onTCP(t)
	warmUp(t, cfg)
	before := leak.Count()
	n := open(t.Context(), t, cfg)
	serverSide := 4 // At most, for one connection.
	for range 1000 {
		join(t.Context(), t, n)
	}
	if now := leak.Count(); now > before+2+serverSide {
		t.Errorf("%d goroutines for one notifier with 1,000 subscriptions", now-before)
	}
	n.Close()
	server.Close()
}
