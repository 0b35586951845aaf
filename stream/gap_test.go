package stream_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P2: a Gap says why notifications are missing.
func TestP2OutageSaysWhenWhereAndWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		time.Sleep(10 * time.Second)
		send(t, server, room(1))
		expect(t, sub, room(1))
		last := time.Now()
		time.Sleep(3 * time.Second)
		server.Stop()
		time.Sleep(time.Minute)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		g := expectGap(t, sub)
		if g.Outages != 1 || g.Dropped != 0 || g.Undecodable != 0 || g.Exact() {
			t.Errorf("gap is %+v, want one outage", g)
		}
		if g.Since.Sub(last).Abs() > time.Microsecond {
			t.Errorf("Since is %v, want the time of the last frame, %v", g.Since, last)
		}
		if !g.Until.Equal(time.Now()) {
			t.Errorf("Until is %v, want now, %v", g.Until, time.Now())
		}
		if g.From != server.Address() || g.To != server.Address() {
			t.Errorf("From %q to %q, want %q", g.From, g.To, server.Address())
		}
		if !errors.Is(g.Err, io.ErrUnexpectedEOF) || !strings.Contains(g.Err.Error(), server.Address()) {
			t.Errorf("Err is %v, want the loss of the connection, with its address", g.Err)
		}
		if g.Kind() != decode.KindGap {
			t.Errorf("Kind is %v", g.Kind())
		}
	})
}

func TestP2UndecodableIsMarkedAtItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		subs := []*stream.Subscription{join(t.Context(), t, n), join(t.Context(), t, n)}
		send(t, server, room(1))
		server.SendMessage([]byte{0x12, 0xff}) // Truncated.
		send(t, server, room(2))
		server.SendText("hello")
		send(t, server, room(3))
		server.SendMessage([]byte{0x52, 0x03, 0x0a, 0x01, 0xff}) // Invalid UTF-8.
		server.SendMessage([]byte{0xff, 0xff, 0xff, 0xff})
		send(t, server, room(4))
		synctest.Wait()
		for _, sub := range subs {
			expect(t, sub, room(1), stream.Gap{Undecodable: 1}, room(2))
			g := expectGap(t, sub)
			if g.Undecodable != 1 || g.Exact() || g.Err == nil || !g.Since.IsZero() {
				t.Errorf("gap of a text message is %+v", g)
			}
			expect(t, sub, room(3), stream.Gap{Undecodable: 1}, stream.Gap{Undecodable: 1}, room(4))
			expectNothing(t, sub)
		}
	})
}

// A batch in a batch is undecodable; the elements around it are delivered.
func TestP2NestedBatchIsMarkedAtItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		created := "\x0a\x05\x52\x03\x0a\x011" // Element: room_created "1".
		nested := "\x0a\x0a\x8a\x02\x07" + created
		deleted := "\x0a\x05\x5a\x03\x0a\x011"
		server.SendMessage([]byte("\x8a\x02\x1a" + created + nested + deleted))
		expect(t, sub, room(1), stream.Gap{Undecodable: 1}, decode.RoomDeleted{RoomID: "1"})
		expectNothing(t, sub)
	})
}

func TestP2GapPrintsOnOneLine(t *testing.T) {
	since := time.Date(2024, 5, 23, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		gap   stream.Gap
		exact bool
		want  string
	}{
		{stream.Gap{Dropped: 12}, true, "gap: 12 dropped"},
		{stream.Gap{Undecodable: 1, Err: errors.New("bad\n\x1b\u2028bytes")}, false, "gap: 1 undecodable (bad bytes)"},
		{
			stream.Gap{Dropped: 2, Outages: 1, Since: since, Until: since.Add(1234 * time.Millisecond), From: "a:1", To: "a:1", Err: io.EOF},
			false, "gap: 2 dropped, unknown number missing in 1 outage within 1.234s (EOF)",
		},
		{
			stream.Gap{Outages: 2, Since: since, Until: since.Add(time.Second), From: "a:1", To: "b:1"},
			false, "gap: unknown number missing in 2 outages within 1s, from a:1 to b:1",
		},
		{stream.Gap{}, true, "gap: nothing missing"},
	} {
		if got := c.gap.String(); got != c.want {
			t.Errorf("String() = %q, want %q", got, c.want)
		}
		if got := c.gap.Exact(); got != c.exact {
			t.Errorf("%v: Exact() = %v", c.gap, got)
		}
	}
}

// P8: unknown messages aren't fatal. Section 2.4 of the protocol: unknown numbers,
// fields and enum values pass.
func TestP8UnknownIsNotFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		sub := subscribe(t.Context(), t, cfg)
		send(t, server, decode.Unknown{Number: 99, Payload: "abc"})
		server.SendMessage([]byte{})                                             // Empty.
		server.SendMessage([]byte{0x32, 0x00})                                   // Authenticated, again.
		server.SendMessage([]byte{0x4a, 0x02, 0x08, 0x01})                       // Confirmation, again.
		server.SendMessage([]byte{0x52, 0x06, 0x0a, 0x01, '1', 0x3a, 0x01, 'x'}) // An unknown field, 7.
		send(t, server, decode.PeerConnected{RoomID: "r", PeerID: "p", PeerType: 77})
		expect(t, sub,
			decode.Unknown{Number: 99, Payload: "abc"},
			room(1),
			decode.PeerConnected{RoomID: "r", PeerID: "p", PeerType: 77})
		expectNothing(t, sub)
	})
}

func TestP8OversizedMessageEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		cfg.ReadLimit = 1 << 10
		sub := subscribe(t.Context(), t, cfg)
		send(t, server, room(1))
		server.SendOversized(1<<10 + 1)
		expect(t, sub, room(1))
		g := expectGap(t, sub)
		if g.Outages != 1 || g.Err == nil || !strings.Contains(g.Err.Error(), "too big") {
			t.Errorf("gap is %v, want an outage by a message that is too big", g)
		}
		send(t, server, room(2))
		expect(t, sub, room(2))
	})
}

func TestServerCloseFrameIsTheReason(t *testing.T) {
	for _, c := range []struct {
		code   int
		reason string
	}{
		{1000, ""}, {1003, "operation not allowed"}, {1011, ""}, {1002, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			server, cfg := inMemory(t)
			sub := subscribe(t.Context(), t, cfg)
			server.CloseConnections(c.code, c.reason)
			g := expectGap(t, sub)
			if want := closeText(c.code, c.reason); !strings.Contains(g.Err.Error(), want) {
				t.Errorf("Err is %q, want it to say %q", g.Err, want)
			}
			server.Cut(jellyfishtest.CutMidFrame)
			expect(t, sub, outage)
		})
	}
}
