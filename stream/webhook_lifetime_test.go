package stream_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P5: the context is the lifetime, of a subscription to a webhook too.
func TestP5CancelEndsAWebhookSubscriptionAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		why := errors.New("shift is over")
		ctx, cancel := context.WithCancelCause(t.Context())
		one, other := join(ctx, t, w), join(t.Context(), t, w)
		send(t, server, roomsFrom(0, 1000)...)
		synctest.Wait()
		if one.Err() != nil {
			t.Errorf("Err is %v before the end", one.Err())
		}
		start := time.Now()
		cancel(why)
		synctest.Wait()
		if one.Err() == nil || time.Since(start) != 0 {
			t.Errorf("Err is %v %v after the cancel", one.Err(), time.Since(start))
		}
		err := expectEnd(t, one, roomsFrom(0, 64)...) // The queue was discarded.
		if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("Err is %v, want context.Canceled and the cause", err)
		}
		send(t, server, room(1000))
		expect(t, other, roomsFrom(0, 1001)...)
		if s := w.Stats(); s.Subscriptions != 1 {
			t.Errorf("counters are %+v", s)
		}
	})
}

// The context of NewWebhook is the lifetime of every subscription, even of those that
// still have something to deliver after Close.
func TestP5ContextOfNewWebhookEndsAll(t *testing.T) {
	for _, closeFirst := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			why := errors.New("shift is over")
			ctx, cancel := context.WithCancelCause(t.Context())
			w := newWebhook(ctx, t, stream.WebhookConfig{})
			server := calling(t, w)
			sub := join(t.Context(), t, w)
			typed, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			send(t, server, roomsFrom(0, 100)...)
			synctest.Wait()
			var wantEnd error = context.Canceled
			if closeFirst {
				w.Close()
				wantEnd = stream.ErrClosed
			}
			cancel(why)
			synctest.Wait()
			if err := expectEnd(t, sub, roomsFrom(0, 64)...); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
				t.Errorf("Err is %v, want the context's", err)
			}
			if err := typed.Err(); !errors.Is(err, why) {
				t.Errorf("Err of a channel of one kind is %v, want the context's", err)
			}
			if _, err := w.Subscribe(t.Context()); !errors.Is(err, wantEnd) {
				t.Errorf("Subscribe returned %v, want %v", err, wantEnd)
			}
			if _, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), w); !errors.Is(err, wantEnd) {
				t.Errorf("Of returned %v, want %v", err, wantEnd)
			}
			expectUnavailable(t, w)
			w.Close()
			if _, err := w.Subscribe(t.Context()); !errors.Is(err, wantEnd) {
				t.Errorf("Subscribe after Close returned %v, want %v", err, wantEnd)
			}
		})
	}
}

// expectUnavailable checks that a webhook that has ended refuses a good request.
func expectUnavailable(t *testing.T, w *stream.Webhook) {
	t.Helper()
	before := w.Stats()
	answer := serve(w, newPost(protobufType, message(t, room(1))))
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Connection") != "close" {
		t.Errorf("the answer is %d %v", answer.Code, answer.Header())
	}
	before.Refused++
	if after := w.Stats(); !cmp.Equal(after, before) {
		t.Errorf("counters are %+v, want %+v", after, before)
	}
}

// Like TestCloseDeliversWhatWasReceived, for a webhook.
func TestWebhookCloseDeliversWhatWasReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		sub, idle := join(t.Context(), t, w), join(t.Context(), t, w)
		ctx, cancel := context.WithCancel(t.Context())
		cut := join(ctx, t, w)
		send(t, server, roomsFrom(0, 1000)...)
		synctest.Wait()
		expect(t, idle, roomsFrom(0, 1000)...)
		w.Close()
		w.Close()
		if err := expectEnd(t, idle); err != stream.ErrClosed {
			t.Errorf("Err is %v, want ErrClosed", err)
		}
		expectUnavailable(t, w)
		expect(t, sub, roomsFrom(0, 500)...)
		if sub.Err() != nil {
			t.Errorf("Err is %v before the end", sub.Err())
		}
		if err := expectEnd(t, sub, roomsFrom(500, 1000)...); err != stream.ErrClosed {
			t.Errorf("Err is %v, want ErrClosed", err)
		}
		cancel() // Cuts the delivery short.
		synctest.Wait()
		if err := expectEnd(t, cut, roomsFrom(0, 64)...); !errors.Is(err, context.Canceled) {
			t.Errorf("Err is %v, want the context's", err)
		}
		if _, err := w.Subscribe(t.Context()); err != stream.ErrClosed {
			t.Errorf("Subscribe returned %v, want ErrClosed", err)
		}
		if s := w.Stats(); s.Subscriptions != 0 {
			t.Errorf("counters are %+v", s)
		}
	})
}

func TestWebhookWithAnEndedContext(t *testing.T) {
	why := errors.New("shift is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := stream.NewWebhook(ctx, stream.WebhookConfig{}); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("NewWebhook returned %v, want context.Canceled and the cause", err)
	}
	w := newWebhook(t.Context(), t, stream.WebhookConfig{})
	if _, err := w.Subscribe(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
		t.Errorf("Subscribe returned %v, want context.Canceled and the cause", err)
	}
	if s := w.Stats(); s.Subscriptions != 0 {
		t.Errorf("counters are %+v", s)
	}
}

// watchedContext is a context that never ends and counts who waits for it.
type watchedContext struct {
	context.Context
	waiting atomic.Int32
}

func (c *watchedContext) Done() <-chan struct{} { return make(chan struct{}) }

// AfterFunc is what package context calls to wait for a foreign context.
func (c *watchedContext) AfterFunc(func()) (stop func() bool) {
	c.waiting.Add(1)
	return sync.OnceValue(func() bool { c.waiting.Add(-1); return true })
}

// What has ended keeps no reference to contexts that live on.
func TestP5EndedWebhookLetsGoOfItsContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		expectWaiting := func(name string, ctx *watchedContext, want int32) {
			t.Helper()
			synctest.Wait()
			if got := ctx.waiting.Load(); got != want {
				t.Errorf("%d wait for the context %s, want %d", got, name, want)
			}
		}
		ofWebhook := &watchedContext{Context: context.Background()}
		ofSubscription := &watchedContext{Context: context.Background()}
		w := newWebhook(ofWebhook, t, stream.WebhookConfig{})
		drained, closed := join(ofSubscription, t, w), join(ofSubscription, t, w)
		for i := range 100 {
			accept(t, w, message(t, room(i)))
		}
		expectWaiting("of the webhook", ofWebhook, 1)
		expectWaiting("of subscriptions", ofSubscription, 2)
		drained.Drain()
		expectWaiting("of subscriptions", ofSubscription, 2)
		expectEnd(t, drained, roomsFrom(0, 100)...)
		expectWaiting("of subscriptions", ofSubscription, 1)
		w.Close()
		expectWaiting("of the webhook", ofWebhook, 1) // It could still cut the delivery short.
		expectEnd(t, closed, roomsFrom(0, 100)...)
		expectWaiting("of subscriptions", ofSubscription, 0)
		expectWaiting("of the webhook", ofWebhook, 0)
	})
}

// Over real sockets, with a full queue and a sender that continues: nothing is left
// after a short time.
func TestP5CancelOfAFloodedWebhook(t *testing.T) {
	// A busy machine may be late once; a defect is late every time.
	var took time.Duration
	for range 3 {
		if took = cancelFloodedWebhook(t); took <= promptly {
			return
		}
	}
	t.Errorf("the channel was closed %v after the cancel", took)
}

func cancelFloodedWebhook(t *testing.T) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := newWebhook(ctx, t, stream.WebhookConfig{})
	receiver := httptest.NewServer(w)
	sub := join(t.Context(), t, w, stream.WithBound(10, 0))
	flooded := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		body, full := message(t, room(1)), false
		for post(t, receiver.Client(), receiver.URL, body) == http.StatusOK {
			if !full && sub.Stats().Dropped > 0 {
				full = true
				close(flooded)
			}
		}
	})
	<-flooded
	start := time.Now()
	cancel()
	for range sub.Notifications() {
	}
	took := time.Since(start)
	group.Wait()
	receiver.Close()
	if left := leak.Goroutines(); left != "" {
		t.Errorf("goroutines left:\n%s", left)
	}
	return took
}

// Subscribing, cancelling, posting and closing concurrently is safe. What got status
// 200 before the end is delivered as a whole; everything else gets 503.
func TestWebhookCloseBesidePostsAndSubscribe(t *testing.T) {
	for range 20 {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		all := join(t.Context(), t, w, stream.WithBound(1<<30, 1<<30))
		body := batch(t, roomsFrom(0, 3)...)
		var accepted atomic.Uint64
		var posts, group sync.WaitGroup
		for range 4 {
			posts.Go(func() {
				for {
					answer := serve(w, newPost(protobufType, body))
					if answer.Code != http.StatusOK {
						if answer.Code != http.StatusServiceUnavailable {
							t.Errorf("the answer is %d", answer.Code)
						}
						return
					}
					accepted.Add(3)
				}
			})
			group.Go(func() {
				for {
					ctx, cancel := context.WithCancel(t.Context())
					sub, err := w.Subscribe(ctx, stream.InRooms("1"))
					cancel()
					if err != nil {
						if err != stream.ErrClosed {
							t.Errorf("Subscribe: %v", err)
						}
						return
					}
					for range sub.Notifications() {
					}
				}
			})
		}
		for range 100 {
			next(t, all)
		}
		group.Go(w.Close)
		group.Go(w.Close)
		received, dropped := count(all)
		received += 100
		group.Wait()
		posts.Wait()
		if got, want := received+dropped, accepted.Load(); got != want || want == 0 {
			t.Errorf("received and dropped are %d, accepted %d", got, want)
		}
		if s := w.Stats(); s.Received != accepted.Load() || s.Requests != accepted.Load()/3 || s.Refused != 4 {
			t.Errorf("counters are %+v, accepted %d", s, accepted.Load())
		}
	}
}
