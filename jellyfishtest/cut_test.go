package jellyfishtest_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Names of ways to cut, for test names.
var cuts = map[string]jellyfishtest.Cut{
	"clean": jellyfishtest.CutClean, "reset": jellyfishtest.CutReset, "mid frame": jellyfishtest.CutMidFrame,
}

func TestCutDeliversWhatWasSentBefore(t *testing.T) {
	for _, inMemory := range []bool{true, false} {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: inMemory})
		c := subscribe(t, server)
		received := make(chan int)
		go func() {
			n := 0
			for ; ; n++ {
				if _, _, err := c.receive(); err != nil {
					if err != io.EOF {
						t.Errorf("in memory %t: after %d messages: %v, want the end of the stream", inMemory, n, err)
					}
					received <- n
					return
				}
			}
		}()
		const sent = 5000
		for range sent {
			send(t, server, decode.RoomCreated{RoomID: "room-1"})
		}
		server.Cut(jellyfishtest.CutClean)
		if n := server.Connections(); n != 0 {
			t.Errorf("in memory %t: %d connections are left after the cut", inMemory, n)
		}
		if got := <-received; got != sent {
			t.Errorf("in memory %t: got %d messages, want %d", inMemory, got, sent)
		}
	}
}

// A client that reads, however slowly, gets all of it.
func TestCutWaitsForAClientThatReads(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := subscribe(t, server)
		const sent = 10
		for range sent {
			server.SendMessage(make([]byte, 100_000))
		}
		go server.Cut(jellyfishtest.CutClean)
		for range sent {
			time.Sleep(900 * time.Millisecond)
			if first, payload, err := c.receive(); err != nil || first != binaryData || len(payload) != 100_000 {
				t.Fatalf("got a frame %x of %d bytes and error %v", first, len(payload), err)
			}
		}
		c.expectEnd()
	})
}

func TestCutReset(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	c := subscribe(t, server)
	server.Cut(jellyfishtest.CutReset)
	if _, _, err := c.receive(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got error %v, want a reset connection", err)
	}
}

func TestCutMidFrame(t *testing.T) {
	for _, inMemory := range []bool{true, false} {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: inMemory})
		c := subscribe(t, server)
		rest := make(chan []byte)
		go func() {
			all, err := io.ReadAll(c.in)
			if err != nil {
				t.Errorf("in memory %t: %v, want the end of the stream", inMemory, err)
			}
			rest <- all
		}()
		server.Cut(jellyfishtest.CutMidFrame)
		got := <-rest
		if len(got) < 3 || got[0] != binaryData || int(got[1]) <= len(got)-2 {
			t.Errorf("in memory %t: got %x, want the beginning of a frame", inMemory, got)
		}
	}
}

// A client that doesn't read holds up a cut for a second.
func TestCutDoesNotWaitForAClientThatDoesNotRead(t *testing.T) {
	for name, how := range cuts {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
				subscribe(t, server)
				send(t, server, decode.RoomCreated{RoomID: "room-1"})
				start := time.Now()
				server.Cut(how)
				if took := time.Since(start); took != time.Second {
					t.Errorf("the cut took %v, want 1s", took)
				}
			})
		})
	}
}

func TestCloseDoesNotWaitForAFullTCPConnection(t *testing.T) {
	for _, tls := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS=%t", tls), func(t *testing.T) {
			t.Parallel()
			server := jellyfishtest.Run(t, jellyfishtest.Config{TLS: tls})
			authenticate(t, dialWebSocket(t, server))
			server.SendOversized(1 << 30)
			start := time.Now()
			server.Close()
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("closing took %v", took)
			}
		})
	}
}

func TestCutEndsTheUnfinished(t *testing.T) {
	for name, how := range cuts {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
				mute, unauthenticated := dial(t, server), connect(t, server)
				synctest.Wait()
				go func() { _, _ = io.Copy(io.Discard, unauthenticated) }()
				server.Cut(how)
				mute.expectEnd()
				synctest.Wait() // For the other one's goroutine.
			})
		})
	}
}

func TestCloseConnections(t *testing.T) {
	tests := []struct {
		code   int
		reason string
		want   string
	}{
		{1000, "invalid token", invalidToken},
		{1013, "", closePayload(1013, "")},
		{1005, "ignored", ""},
	}
	for _, test := range tests {
		inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
			clients := []*rawClient{subscribe(t, server), connect(t, server)}
			synctest.Wait() // For the server to be done with the upgrade.
			go server.CloseConnections(test.code, test.reason)
			for _, c := range clients {
				c.expectClose(test.want)
			}
		})
	}
}

// A client that goes away, or only half of it, is forgotten.
func TestClientThatLeavesIsForgotten(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	c := login(t, server)
	if n := server.Connections(); n != 1 {
		t.Fatalf("got %d connections, want 1", n)
	}
	if err := c.Conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	c.expectEnd()
	if n := server.Connections(); n != 0 {
		t.Errorf("got %d connections, want 0", n)
	}
}
