package jellyfishtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// expectAt fails the test unless the next frame comes exactly that long after
// start.
func (c *rawClient) expectAt(start time.Time, after time.Duration, first byte, payloadHex string) {
	c.t.Helper()
	c.expect(first, payloadHex)
	if got := time.Since(start); got != after {
		c.t.Fatalf("frame %x %s came after %v, want %v", first, payloadHex, got, after)
	}
}

// Jellyfish protocol, section 1.5: a ping without payload every 30 s, the first
// 30 s after authentication; 60 s without a byte from the client end it.
func TestClientThatSendsNothingIsClosed(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		time.Sleep(7 * time.Second)
		start := time.Now()
		c.send(binaryData, authRequest)
		c.expectAt(start, 0, binaryData, authenticated)
		c.expectAt(start, 30*time.Second, ping, "")
		c.expectAt(start, 60*time.Second, ping, "")
		c.expectAt(start, 60*time.Second, closed, normal)
		c.expectEnd()
	})
}

func TestPongsKeepTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := login(t, server)
		start := time.Now()
		for i := range 10 {
			c.expectAt(start, time.Duration(i+1)*30*time.Second, ping, "")
			c.send(pong, "")
		}
		c.expectNothing(29 * time.Second)
	})
}

func TestOwnPingsKeepTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		for range 10 {
			time.Sleep(59 * time.Second)
			c.send(ping, "6869")
			c.expect(pong, "6869") // And no ping: nobody is authenticated.
		}
		c.expectNothing(59 * time.Second)
	})
}

// A part of a frame counts: the limit is about bytes.
func TestSingleBytesKeepTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		for _, b := range masked(binaryData, authRequest) {
			time.Sleep(50 * time.Second)
			c.write([]byte{b})
		}
		c.expect(binaryData, authenticated)
	})
}

func TestUnauthenticatedIsClosedUnpinged(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		c.expectAt(time.Now(), 60*time.Second, closed, normal)
		c.expectEnd()
	})
}

// Jellyfish protocol, section 9: metrics do not count.
func TestMetricsDoNotKeepTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := login(t, server)
		c.send(binaryData, subscribeMetrics)
		c.expect(binaryData, metricsConfirmed)
		start := time.Now()
		for {
			first, payload, err := c.receive()
			if err != nil {
				t.Fatalf("after %v: %v, want a close frame", time.Since(start), err)
			}
			if first == closed && time.Since(start) == 60*time.Second && string(payload) == "\x03\xe8" {
				return
			}
			if first == closed {
				t.Fatalf("closed with %x after %v", payload, time.Since(start))
			}
		}
	})
}

// Jellyfish protocol, sections 1.8 and 9: a report every second at moments that
// the server counts, the first within a second.
func TestMetricsEverySecond(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		start := time.Now()
		time.Sleep(300 * time.Millisecond)
		early := login(t, server)
		early.send(binaryData, subscribeMetrics)
		early.expect(binaryData, metricsConfirmed)
		for i := range 3 {
			early.expectAt(start, time.Duration(i+1)*time.Second, binaryData, emptyReport)
		}
		time.Sleep(900 * time.Millisecond)
		late := login(t, server)
		late.send(binaryData, subscribeMetrics)
		late.expect(binaryData, metricsConfirmed)
		late.send(binaryData, subscribeMetrics)
		late.expect(binaryData, metricsConfirmed)
		late.expectAt(start, 4*time.Second, binaryData, emptyReport)
		early.expectAt(start, 4*time.Second, binaryData, emptyReport)
		late.expectAt(start, 5*time.Second, binaryData, emptyReport)
	})
}

func TestSendMetrics(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := subscribe(t, server)
		c.send(binaryData, subscribeMetrics)
		c.expect(binaryData, metricsConfirmed)
		if err := server.SendMetrics(`{"a":1}`); err != nil {
			t.Fatal(err)
		}
		c.expectAt(time.Now(), 0, binaryData, "62090a077b2261223a317d")
	})
}

// A slow client affects only its own connection.
func TestSendNeverWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		slow, quick := subscribe(t, server), subscribe(t, server)
		start := time.Now()
		for range 10_000 {
			send(t, server, decode.RoomDeleted{RoomID: "room-1"})
		}
		for range 10_000 {
			quick.expect(binaryData, "5a080a06726f6f6d2d31")
		}
		synctest.Wait()
		if waited := time.Since(start); waited != 0 {
			t.Errorf("sending took %v", waited)
		}
		slow.expect(binaryData, "5a080a06726f6f6d2d31")
	})
}
