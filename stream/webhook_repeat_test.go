package stream_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// peer returns a message that has a room and a peer: peer_connected is number 2,
// peer_disconnected 3, vad_notification 32.
func peer(number protowire.Number, room, id string) []byte {
	return field(number, append(field(1, []byte(room)), field(2, []byte(id))...))
}

// batchOf returns a batch of messages.
func batchOf(messages ...[]byte) []byte {
	var elements []byte
	for _, m := range messages {
		elements = append(elements, field(1, m)...)
	}
	return field(33, elements)
}

func TestP14WebhookDropsRepeats(t *testing.T) {
	connected, left := peer(2, "r", "p"), peer(3, "r", "p")
	elsewhere := peer(2, "s", "p")
	speech := peer(32, "r", "p")
	newer := field(99, []byte("new"))
	stream1, stream2 := field(22, field(1, []byte("1"))), field(22, field(1, []byte("2")))
	for _, c := range []struct {
		name     string
		requests [][]byte
		repeated int
	}{
		{"a repeat", [][]byte{connected, connected, connected}, 2},
		{"another of the room between", [][]byte{connected, left, connected}, 0},
		{"another room between", [][]byte{connected, elsewhere, connected, elsewhere}, 2},
		{"voice activity", [][]byte{speech, speech, speech}, 0},
		{"voice activity between", [][]byte{connected, speech, connected}, 1},
		{"something unknown between", [][]byte{connected, newer, connected, connected}, 1},
		{"something unknown", [][]byte{newer, newer}, 0},
		{"something undecodable between", [][]byte{connected, batchOf(field(33, nil)), connected}, 0},
		{"a batch", [][]byte{batchOf(connected, left), batchOf(connected, left)}, 1},
		{"a batch is another request", [][]byte{connected, batchOf(connected)}, 0},
		{"a batch of two rooms between", [][]byte{elsewhere, batchOf(connected, peer(3, "s", "p")), elsewhere}, 0},
		{"a batch of two rooms", [][]byte{batchOf(connected, elsewhere), batchOf(connected, elsewhere)}, 1},
		{"half of a batch between", [][]byte{batchOf(connected, elsewhere), left, batchOf(connected, elsewhere)}, 0},
		{"no room", [][]byte{stream1, stream1, stream2, stream1}, 1},
		{"no notification", [][]byte{field(6, nil), field(6, nil)}, 0},
		{"refused between", [][]byte{connected, {0xff}, connected}, 1},
	} {
		for _, drop := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				w := newWebhook(t.Context(), t, stream.WebhookConfig{DropRepeats: drop})
				for _, body := range c.requests {
					serve(w, newPost(protobufType, body))
				}
				want := 0
				if drop {
					want = c.repeated
				}
				s := w.Stats()
				if s.Repeated != uint64(want) || s.Requests+s.Refused+s.Repeated != uint64(len(c.requests)) {
					t.Errorf("%s, DropRepeats %v: counters are %+v, want %d repeated", c.name, drop, s, want)
				}
			})
		}
	}
}

// Nothing of a repeat is delivered, and its response is that of the first request.
func TestP14WebhookAnswersARepeatWith200(t *testing.T) {
	w := newWebhook(t.Context(), t, stream.WebhookConfig{DropRepeats: true})
	sub := join(t.Context(), t, w)
	for range 3 {
		accept(t, w, message(t, room(1)))
	}
	accept(t, w, message(t, room(2)))
	expect(t, sub, room(1), room(2))
}

// An equal request isn't a repeat after a minute, however often it arrived meanwhile.
func TestP14WebhookForgetsAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{DropRepeats: true})
		for _, step := range []struct {
			after    time.Duration
			repeated uint64
		}{{0, 0}, {30 * time.Second, 1}, {29 * time.Second, 2}, {time.Second, 2}, {59 * time.Second, 3}, {time.Hour, 3}} {
			time.Sleep(step.after)
			accept(t, w, message(t, room(1)))
			if s := w.Stats(); s.Repeated != step.repeated {
				t.Errorf("%v later %d are repeated, want %d", step.after, s.Repeated, step.repeated)
			}
		}
	})
}

// P8: memory is bounded however many rooms there are, and however long their ids.
func TestP8WebhookRemembersABoundedNumberOfRooms(t *testing.T) {
	w := newWebhook(t.Context(), t, stream.WebhookConfig{DropRepeats: true})
	long := strings.Repeat("x", 1000)
	body := func(i int) []byte { return peer(2, fmt.Sprint(long, i), "p") }
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const rooms = 70_000
	for i := range rooms {
		serve(w, newPost(protobufType, body(i)))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 16<<20 {
		t.Errorf("%d bytes are kept", kept)
	}
	serve(w, newPost(protobufType, body(rooms-1)))
	serve(w, newPost(protobufType, body(rooms-30_000)))
	serve(w, newPost(protobufType, body(0)))
	if s := w.Stats(); s.Repeated != 2 {
		t.Errorf("%d repeats were seen, want the two of the last rooms", s.Repeated)
	}
}

// hanging is a body that returns what it has and then blocks until it is released.
type hanging struct {
	io.Reader
	begun   chan<- struct{}
	release <-chan struct{}
}

func (h *hanging) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if err == io.EOF {
		h.begun <- struct{}{}
		<-h.release
	}
	return n, err
}

// P8: at most 16 MiB are read of the bodies of strangers who look like the server, all
// together, and the server is meanwhile told to try again.
func TestP8WebhookBoundsTheBodiesOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{Requests: decode.RequestDecoder{SigningSecrets: secrets(signingSecret)}})
		sub := join(t.Context(), t, w)
		good := newPost(protobufType, message(t, room(1)))
		good.Header.Set(decode.SignatureHeader, sign(signingSecret, message(t, room(1))))
		begun, release, statuses := make(chan struct{}), make(chan struct{}), make(chan int)
		const strangers = 16
		for range strangers {
			go func() {
				r := newPost(protobufType, nil)
				r.Body = io.NopCloser(&hanging{bytes.NewReader(make([]byte, 1<<20)), begun, release})
				r.Header.Set(decode.SignatureHeader, strings.Repeat("0", 64))
				statuses <- serve(w, r).Code
			}()
			<-begun
		}
		for _, size := range []int{1, 100} {
			more := newPost(protobufType, make([]byte, size))
			more.Header.Set(decode.SignatureHeader, strings.Repeat("0", 64))
			if answer := serve(w, more); answer.Code != http.StatusServiceUnavailable {
				t.Errorf("a body of %d bytes too many is answered with %d", size, answer.Code)
			}
		}
		unsigned := newPost(protobufType, nil)
		unsigned.Body = io.NopCloser(failing{io.ErrNoProgress})
		if answer := serve(w, unsigned); answer.Code != http.StatusUnauthorized {
			t.Errorf("a request without a signature is answered with %d", answer.Code)
		}
		if answer := serve(w, good.Clone(t.Context())); answer.Code != http.StatusServiceUnavailable {
			t.Errorf("the server is answered with %d", answer.Code)
		}
		close(release)
		for range strangers {
			if status := <-statuses; status != http.StatusUnauthorized {
				t.Errorf("a stranger is answered with %d", status)
			}
		}
		good.Body = io.NopCloser(bytes.NewReader(message(t, room(1))))
		if answer := serve(w, good); answer.Code != http.StatusOK {
			t.Errorf("the server that comes again is answered with %d", answer.Code)
		}
		expect(t, sub, room(1))
		expectNothing(t, sub) // No Gap: the request said to be the server's was never verified.
	})
}

// A request that may be sent again gets 5xx, any other 4xx. A sender that follows this
// has everything delivered that can be.
func TestP14WebhookAsksAgainForWhatMayComeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, verifying)
		sub := join(t.Context(), t, w)
		good := message(t, room(1))
		for _, body := range []string{late, cutShort, undecodable, empty, tooLarge} {
			r, _ := spoiltPost(body)
			status := serve(w, r).Code
			again := status >= 500
			if want := body == late || body == cutShort; again != want {
				t.Errorf("a body that is %s is answered with %d", body, status)
			}
			if again {
				status = serve(w, newSigned(protobufType, good)).Code
			}
			if g := expectGap(t, sub); (g.Outages == 1) != again {
				t.Errorf("the gap of a body that is %s is %+v", body, g)
			}
			if again {
				expect(t, sub, room(1))
				if status != http.StatusOK {
					t.Errorf("the request that comes again is answered with %d", status)
				}
			}
		}
		for _, c := range refusedRequests(t) {
			if c.status == http.StatusUnauthorized || c.status == http.StatusMethodNotAllowed || c.status == http.StatusUnsupportedMediaType {
				if status := serve(w, c.request).Code; status >= 500 {
					t.Errorf("%s: the answer is %d", c.name, status)
				}
			}
		}
		w.Close()
		if status := serve(w, newSigned(protobufType, good)).Code; status != http.StatusServiceUnavailable {
			t.Errorf("after the end the answer is %d", status)
		}
	})
}

// A handler around the webhook may read what is left of a body: that isn't counted.
func TestWebhookLeavesTheRequestAsItIs(t *testing.T) {
	w := newWebhook(t.Context(), t, stream.WebhookConfig{Requests: decode.RequestDecoder{BodyLimit: 100}})
	drained := http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		w.ServeHTTP(answer, r)
		_, _ = io.Copy(io.Discard, r.Body)
	})
	for range 20 {
		r := newPost(protobufType, make([]byte, 1<<20))
		r.ContentLength = -1
		if answer := serve(drained, r); answer.Code != http.StatusRequestEntityTooLarge {
			t.Fatalf("a body over the limit is answered with %d", answer.Code)
		}
	}
	accept(t, drained, message(t, room(1)))
}

// A body over the limit never fits, however large the limit is, so the server isn't
// told to try again.
func TestP14BodyOverALargeLimitIsNotAskedForAgain(t *testing.T) {
	for _, limit := range []int64{1 << 20, 16<<20 - 1, 16 << 20, 20 << 20} {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{Requests: decode.RequestDecoder{BodyLimit: limit}})
		r := newPost(protobufType, make([]byte, limit+1))
		r.ContentLength = -1
		if answer := serve(w, r); answer.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a body over %d bytes is answered with %d", limit, answer.Code)
		}
	}
	w := newWebhook(t.Context(), t, stream.WebhookConfig{Requests: decode.RequestDecoder{BodyLimit: math.MaxInt64}})
	accept(t, w, message(t, room(1)))
}
