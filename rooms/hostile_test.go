package rooms_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// hostile is a response that is made to take time or memory.
type hostile struct {
	name string
	head string // Everything before the body, beginning with the status.
	body string // The beginning of the body.
	// repeated follows forever, or as often as times says.
	repeated string
	times    int
	pause    time.Duration // Before each repetition.
	end      string        // Follows the last repetition; then the connection stays open.
	status   int           // That of the error; 0 if there is none.
	err      error         // The error's sentinel, or nil.
	slow     bool          // Whether it takes all of the time limit.
}

const (
	hostileLimit = 4 << 20
	ok           = "200 OK\r\n"
)

func hostileAnswers(t *testing.T) []hostile {
	return []hostile{
		{name: "endless list", head: ok, body: `{"data":[`, repeated: `{"id":"0c5e0a9a-9a3f-4bd5-9d5c-1c7b7d6d4ab1","config":{"maxPeers":null},"peers":[]},`, status: 200, err: rooms.ErrTooLarge},
		{name: "small rooms", head: ok, body: `{"data":[`, repeated: `{"id":"a"},`, status: 200, err: rooms.ErrTooLarge},
		{name: "empty peers", head: ok, body: `{"data":[{"id":"a","peers":[`, repeated: `{"id":"a"},`, status: 200, err: rooms.ErrTooLarge},
		{name: "components", head: ok, body: `{"data":[{"id":"a","components":[`, repeated: `{"id":"a","type":"rtsp","properties":{}},`, status: 200, err: rooms.ErrTooLarge},
		{name: "tracks", head: ok, body: `{"data":[{"id":"a","peers":[{"id":"p","tracks":[`, repeated: `{},`, status: 200, err: rooms.ErrTooLarge},
		{name: "nulls", head: ok, body: `{"data":[`, repeated: `null,`, status: 200, err: rooms.ErrTooLarge},
		{name: "a few nulls", head: ok + "Content-Length: 75012\r\n", body: `{"data":[`, repeated: `null,`, times: 15_000, end: `7]}`},
		{name: "odd peers", head: ok, body: `{"data":[{"id":"a","peers":[`, repeated: `null,7,`, status: 200, err: rooms.ErrTooLarge},
		{name: "odd rooms", head: ok, body: `{"data":[`, repeated: `{"id":"a","config":7,"peers":7,"components":7},`, status: 200, err: rooms.ErrTooLarge},
		{name: "other fields", head: ok, body: `{"data":[`, repeated: `{"id":"a","` + strings.Repeat("x", 10_000) + `":[{}]},`, status: 200, err: rooms.ErrTooLarge},
		{name: "nested", head: ok, body: `{"data":[{"id":"a","peers":[{"id":"p","metadata":`, repeated: `[[[[[[[[`, status: 200, err: rooms.ErrTooLarge},
		{name: "nested where nobody looks", head: ok, body: `{"other":`, repeated: `{"a":[`, status: 200, err: rooms.ErrTooLarge},
		{name: "one text", head: ok, body: `{"data":[{"id":"`, repeated: strings.Repeat("a", 1000), status: 200, err: rooms.ErrTooLarge},
		{name: "one bad text", head: ok, body: `{"data":[{"id":"`, repeated: strings.Repeat("\xff", 1000), status: 200, err: rooms.ErrTooLarge},
		{name: "one key", head: ok, body: `{"`, repeated: strings.Repeat("k", 1000), status: 200, err: rooms.ErrTooLarge},
		{name: "one number", head: ok, body: `{"data":[{"id":"a","config":{"maxPeers":`, repeated: strings.Repeat("1", 1000), status: 200, err: rooms.ErrTooLarge},
		{name: "spaces", head: ok, repeated: strings.Repeat(" \n", 500), status: 200, err: rooms.ErrTooLarge},
		{name: "chunks", head: ok + "Transfer-Encoding: chunked\r\n", repeated: "4\r\n[[[[\r\n", status: 200},
		{name: "gzip bomb", head: ok + "Content-Encoding: gzip\r\n", body: bomb(t, `{"data":[`, `{"id":"a"},`), status: 200, err: rooms.ErrTooLarge},
		{name: "gzip bomb of nulls", head: ok + "Content-Encoding: gzip\r\n", body: bomb(t, `{"data":[`, `null,`), status: 200, err: rooms.ErrTooLarge},
		{name: "gzip bomb of an error", head: "500 No\r\nContent-Encoding: gzip\r\n", body: bomb(t, "<title>", "a"), status: 500},
		{name: "endless title", head: "500 No\r\n", body: "<title>", repeated: strings.Repeat("a", 1000), status: 500},
		{name: "endless page", head: "502 No\r\n", repeated: "<title", status: 502},
		{name: "endless text", head: "404 No\r\n", repeated: "no", status: 404},
		{name: "endless error in JSON", head: "400 No\r\n", body: `{"errors":"`, repeated: "no ", status: 400, err: rooms.ErrInvalid},
		{name: "nested error in JSON", head: "400 No\r\n", body: `{"errors":`, repeated: "[[[[", status: 400, err: rooms.ErrInvalid},
		{name: "success that isn't due", head: "206 Partial\r\n", repeated: "[", status: 206},
		{name: "redirect", head: "302 Found\r\nLocation: http://other.test/\r\n", repeated: "[", status: 302},
		{name: "endless head", head: ok + "X: ", body: "", repeated: strings.Repeat("a", 1000)},
		{name: "protocol changed", head: "101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", repeated: "a", status: 101},
		{name: "protocol changed, then silent", head: "101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", times: 1, status: 101},
		{name: "informational", head: "102 Processing\r\n", repeated: "HTTP/1.1 102 Processing\r\n\r\n"},
		{name: "early hints", head: "103 Early Hints\r\n", repeated: "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", pause: time.Millisecond},
		{name: "stalled", head: ok + "Content-Length: 100\r\n", body: `{"data":[`, times: 1, status: 200, err: context.DeadlineExceeded, slow: true},
		{name: "stalled page", head: "500 No\r\nContent-Length: 100\r\n", body: `<title>`, times: 1, status: 500, err: context.DeadlineExceeded, slow: true},
		{name: "stalled head", head: ok + "X", times: 1, err: context.DeadlineExceeded, slow: true},
		{name: "trickle", head: ok, body: `{"data":[`, repeated: `null,`, pause: 10 * time.Millisecond, status: 200, err: context.DeadlineExceeded, slow: true},
		{name: "trickle of a page", head: "500 No\r\n", repeated: `<`, pause: 10 * time.Millisecond, status: 500, err: context.DeadlineExceeded, slow: true},
	}
}

// bomb returns a compressed text of 16 MiB.
func bomb(t *testing.T, begin, repeated string) string {
	t.Helper()
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	chunk := []byte(strings.Repeat(repeated, 1<<20/len(repeated)))
	_, _ = io.WriteString(w, begin)
	for range 16 {
		_, _ = w.Write(chunk)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

// answer writes the response until the connection ends.
func (h hostile) answer(conn net.Conn) {
	defer conn.Close()
	if _, err := http.ReadRequest(newReader(conn)); err != nil {
		return
	}
	head := "HTTP/1.1 " + h.head
	if strings.HasSuffix(head, "\r\n") {
		head += "\r\n"
	}
	if _, err := io.WriteString(conn, head+h.body); err != nil {
		return
	}
	chunk, each := h.repeated, 1
	if h.pause == 0 && h.times == 0 && h.repeated != "" {
		each = 1 + 1<<15/len(chunk)
		chunk = strings.Repeat(chunk, each)
	}
	for n := 0; (h.times == 0 || n < h.times) && h.repeated != ""; n++ {
		time.Sleep(h.pause)
		if _, err := io.WriteString(conn, chunk); err != nil {
			return
		}
	}
	_, _ = io.WriteString(conn, h.end)
	_, _ = io.Copy(io.Discard, conn) // Until the client ends it.
}

// Promise P11: whatever a server responds, a call ends by its time limit and keeps its
// memory within the budget, measured as live heap with the garbage collector at 10
// percent.
func TestP11HostileServer(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for _, h := range hostileAnswers(t) {
		t.Run(h.name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var handled sync.WaitGroup
			handled.Go(func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					handled.Go(func() { h.answer(conn) })
				}
			})
			defer handled.Wait()
			defer listener.Close()
			limit := time.Minute
			if h.slow {
				limit = time.Second
			}
			client := newClient(t, rooms.Config{
				ServerAddress: listener.Addr().String(), ServerAPIToken: rooms.NewSecret("t"), Timeout: limit, ReadLimit: hostileLimit,
			})
			defer client.CloseIdleConnections()
			peak := watchHeap()
			begin := time.Now()
			_, err = client.List(t.Context())
			took := time.Since(begin)
			grown := peak()

			var failure *rooms.Error
			switch {
			case h.status == 0 && err == nil && h.times > 0 && h.err == nil:
			case !errors.As(err, &failure) || failure.Status != h.status || h.err != nil && !errors.Is(err, h.err):
				t.Errorf("error %.200v, want one with status %d and %v", err, h.status, h.err)
			case len(err.Error()) > 800:
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			if took > limit+10*time.Second || h.slow != (took >= limit) {
				t.Errorf("took %v of %v", took, limit)
			}
			// Plus what net/http and this test need themselves.
			if bound := uint64(4*hostileLimit + 2<<20); grown > bound {
				t.Errorf("%d bytes of the heap, more than %d", grown, bound)
			}
			t.Logf("%v, %d kB: %.100v", took.Round(time.Millisecond), grown>>10, err)
		})
	}
}

// watchHeap begins to watch the live heap. The returned function stops that, and
// returns how much the heap grew at most.
func watchHeap() func() uint64 {
	live := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	debug.FreeOSMemory()
	before := live()
	var highest atomic.Uint64
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			highest.Store(max(highest.Load(), live()))
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	return func() uint64 {
		close(stop)
		watching.Wait()
		return highest.Load() - min(highest.Load(), before)
	}
}
