package wsconn_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

func TestSendFromManyGoroutines(t *testing.T) {
	const senders, each = 16, 50
	received := make(chan map[string]int)
	cfg := listen(t, upgraded(func(p *peer) {
		count := make(map[string]int)
		for range senders * each {
			f, err := p.next()
			if err != nil || f.opcode != opBinary {
				t.Errorf("frame %+v, %v", f, err)
			}
			count[f.payload]++
		}
		received <- count
		p.drain()
	})).config()
	conn := dial(t, cfg)
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		_, _ = conn.Receive()
	}()
	var group sync.WaitGroup
	for sender := range senders {
		group.Go(func() {
			for i := range each {
				for conn.Send(fmt.Appendf(nil, "%d from %d", i, sender)) != nil {
					runtime.Gosched() // Too many messages are queued.
				}
			}
		})
	}
	group.Wait()
	if count := <-received; len(count) != senders*each {
		t.Errorf("%d different messages arrived, want %d", len(count), senders*each)
	}
	conn.Close()
	<-reading
}

func TestSendKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		conn := dial(t, inMemory(t, upgraded(func(p *peer) {
			for f, err := p.next(); err == nil; f, err = p.next() {
				got = append(got, f.payload)
			}
		})).config())
		want := []string{"", "a", strings.Repeat("b", 126), strings.Repeat("c", 1<<16), "d"}
		for _, message := range want {
			if err := conn.Send([]byte(message)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if !slices.Equal(got, want) {
			t.Errorf("%d messages arrived, want %d as they were sent", len(got), len(want))
		}
	})
}

// A server that doesn't read makes Send fail, not wait.
func TestSendNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := dial(t, inMemory(t, upgraded(func(*peer) { <-t.Context().Done() })).config())
		began := time.Now()
		var err error
		sent := 0
		for ; err == nil && sent < 100; sent++ {
			err = conn.Send([]byte("hello?"))
			synctest.Wait()
		}
		// One is being written, and 16 are queued.
		if want := "connection to server.test:5002: too many messages wait to be written"; err == nil || err.Error() != want || sent != 18 {
			t.Errorf("call %d of Send: %v, want %s", sent, err, want)
		}
		if errors.Is(err, wsconn.ErrNotConnected) {
			t.Errorf("error %v says that there is no connection", err)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("Send took %v", took)
		}
	})
}

func TestLiveConnectionCostsOneGoroutine(t *testing.T) {
	server := newIdentity(t, "server")
	for _, scheme := range []string{"ws", "wss"} {
		serve := upgraded((*peer).drain)
		if scheme == "wss" {
			serve = overTLS(server.server(), serve)
		}
		h := listen(t, serve)
		cfg := h.config()
		cfg.Endpoints[0] = h.endpoint(scheme)
		cfg.HTTPClient = server.trusting()
		conn := dial(t, cfg)
		reading := make(chan struct{})
		go func() {
			defer close(reading)
			_, _ = conn.Receive()
		}()
		var others []string
		for began := time.Now(); time.Since(began) < time.Second; { // Some may yet begin, others end.
			others = slices.DeleteFunc(clientGoroutines(), func(stack string) bool {
				return strings.Contains(stack, "wsconn.(*Conn).Receive")
			})
			if len(others) == 1 {
				break
			}
		}
		if len(others) != 1 {
			t.Errorf("%s: %d goroutines besides the reader:\n%s", scheme, len(others), strings.Join(others, "\n\n"))
		}
		conn.Close()
		<-reading
	}
}
