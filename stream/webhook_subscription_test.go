package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// A subscription to a webhook has the same filters.
func TestWebhookFiltersKeepWhatIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		all := join(t.Context(), t, w)
		room := join(t.Context(), t, w, stream.InRooms("a", "a"), stream.InRooms("b"))
		kind := join(t.Context(), t, w, stream.OfKinds(decode.KindRoomDeleted, decode.KindUnknown))
		both := join(t.Context(), t, w, stream.InRooms("a"), stream.OfKinds(decode.KindPeerConnected))
		sent := []decode.Notification{
			connected("a", "1"), connected("b", "2"), connected("c", "3"),
			decode.RoomDeleted{RoomID: "a"}, decode.RoomDeleted{RoomID: "c"},
			decode.Unknown{Number: 99, Payload: "?"},
			decode.ViewerConnected{StreamID: "a", ViewerID: "v"},
		}
		send(t, server, sent...)
		if err := server.SendBatch(sent...); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			expect(t, all, sent...)
			expect(t, room, connected("a", "1"), connected("b", "2"), decode.RoomDeleted{RoomID: "a"})
			expect(t, kind, decode.RoomDeleted{RoomID: "a"}, decode.RoomDeleted{RoomID: "c"}, decode.Unknown{Number: 99, Payload: "?"})
			expect(t, both, connected("a", "1"))
		}
		for _, sub := range []*stream.Subscription{all, room, kind, both} {
			expectNothing(t, sub)
		}
	})
}

func TestWebhookRefusesBadOptions(t *testing.T) {
	w := newWebhook(t.Context(), t, stream.WebhookConfig{})
	for name, option := range map[string]stream.Option{
		"WithMetrics": stream.WithMetrics(), // They aren't posted.
		"InRooms":     stream.InRooms(),
		"OfKinds":     stream.OfKinds(decode.KindGap),
		"WithBound":   stream.WithBound(-1, 0),
	} {
		_, err := w.Subscribe(t.Context(), option)
		var bad *stream.InputError
		if !errors.As(err, &bad) || bad.Field != name {
			t.Errorf("Subscribe with a bad %s returned %v", name, err)
		}
		if _, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), w, option); !errors.As(err, &bad) {
			t.Errorf("SubscribeTo with a bad %s returned %v", name, err)
		}
	}
	if s := w.Stats(); s.Subscriptions != 0 {
		t.Errorf("counters are %+v", s)
	}
	sub := join(t.Context(), t, w, nil)
	if sub.Metrics() != nil {
		t.Error("the channel of metrics isn't nil")
	}
	if s := w.Stats(); s.Subscriptions != 1 {
		t.Errorf("counters are %+v", s)
	}
}

// Subscribing to a nil source is an error, not a panic.
func TestSubscribeToNothing(t *testing.T) {
	for _, none := range []stream.Source{(*stream.Webhook)(nil), (*stream.Notifier)(nil)} {
		var bad *stream.InputError
		if _, err := none.Subscribe(t.Context()); !errors.As(err, &bad) || bad.Field != "Subscribe" {
			t.Errorf("Subscribe of a nil %T returned %v", none, err)
		}
		if _, err := stream.SubscribeTo[decode.RoomCreated](t.Context(), none); !errors.As(err, &bad) || bad.Field != "SubscribeTo" {
			t.Errorf("SubscribeTo a nil %T returned %v", none, err)
		}
	}
}

func TestWebhookOfIsAChannelOfOneType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		typed, err := stream.SubscribeTo[decode.PeerConnected](t.Context(), w, stream.InRooms("a"), stream.WithBound(1, 0))
		if err != nil {
			t.Fatal(err)
		}
		send(t, server, decode.RoomCreated{RoomID: "a"}, connected("b", "0"), connected("a", "1"))
		if e := <-typed.Events(); e.Gap != nil || e.Value != connected("a", "1") {
			t.Errorf("event is %+v", e)
		}
		accept(t, w, batch(t, room(1), decode.Undecodable{}))
		if e := <-typed.Events(); e.Gap == nil || e.Gap.Undecodable != 1 || e.Value != (decode.PeerConnected{}) {
			t.Errorf("event is %+v, want a gap", e)
		}
		for range 65 {
			send(t, server, connected("a", "early"))
		}
		synctest.Wait()
		send(t, server, connected("a", "dropped"), connected("a", "kept"))
		synctest.Wait()
		typed.Drain()
		for range 65 {
			<-typed.Events()
		}
		if e := <-typed.Events(); e.Gap == nil || e.Gap.Dropped != 1 {
			t.Errorf("event is %+v, want one dropped", e)
		}
		if e := <-typed.Events(); e.Value.PeerID != "kept" {
			t.Errorf("event is %+v", e)
		}
		if _, ok := <-typed.Events(); ok || typed.Err() != stream.ErrDrained {
			t.Errorf("ended with %v", typed.Err())
		}
		if s := typed.Stats(); s.Delivered != 67 || s.Dropped != 1 || s.Gaps != 2 || s.Undecodable != 1 {
			t.Errorf("counters are %+v", s)
		}
	})
}

// Subscribe, act, await: the webhook may be called before the server responds to a REST
// call.
func TestWebhookAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		sub := join(t.Context(), t, w)
		send(t, server, connected("a", "1"), connected("a", "2"), decode.RoomDeleted{RoomID: "a"}, connected("a", "3"))
		got, err := stream.Await(t.Context(), sub, func(p decode.PeerConnected) bool { return p.PeerID == "2" })
		if err != nil || got.PeerID != "2" {
			t.Errorf("awaited %v, %v", got, err)
		}
		if got, err = stream.Await[decode.PeerConnected](t.Context(), sub, nil); err != nil || got.PeerID != "3" {
			t.Errorf("awaited %v, %v", got, err)
		}
		accept(t, w, batch(t, decode.Undecodable{}))
		var gap *stream.GapError
		if _, err := stream.Await[decode.RoomCreated](t.Context(), sub, nil); !errors.As(err, &gap) || gap.Gap.Undecodable != 1 {
			t.Errorf("a gap passed, and Await returned %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := stream.Await[decode.RoomCreated](ctx, sub, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Await returned %v, want the context's error", err)
		}
		w.Close()
		if _, err := stream.Await[decode.RoomCreated](t.Context(), sub, nil); err != stream.ErrClosed {
			t.Errorf("Await returned %v, want why the subscription ended", err)
		}
	})
}

// Drain ends one subscription, for which All uses the same mailbox; the webhook and the
// others continue.
func TestWebhookAllAndDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		sub, other := join(t.Context(), t, w), join(t.Context(), t, w)
		send(t, server, roomsFrom(0, 100)...)
		i := 0
		for n := range sub.All() {
			compare(t, i, n, room(i))
			if i++; i == 4 {
				break // Doesn't unsubscribe.
			}
		}
		synctest.Wait()
		sub.Drain()
		sub.Drain()
		send(t, server, room(100))
		synctest.Wait()
		for n := range sub.All() {
			compare(t, i, n, room(i))
			i++
		}
		if i != 100 || sub.Err() != stream.ErrDrained {
			t.Errorf("ended after %d with %v", i, sub.Err())
		}
		expect(t, other, roomsFrom(0, 101)...)
		if s := w.Stats(); s.Subscriptions != 1 || s.Received != 101 || s.Refused != 0 {
			t.Errorf("counters are %+v", s)
		}
	})
}

func TestWebhookStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, w := webhookInMemory(t)
		sub := join(t.Context(), t, w, stream.WithBound(10, 0))
		join(t.Context(), t, w, stream.InRooms("elsewhere"))
		if s := w.Stats(); !cmp.Equal(s, stream.WebhookStats{Subscriptions: 2}) {
			t.Errorf("counters before the first request are %+v", s)
		}
		for range 64 + 1 + 10 + 5 {
			send(t, server, connected("a", "1"))
			synctest.Wait()
		}
		last := time.Now()
		time.Sleep(time.Minute)
		serve(w, newPost("text/plain", nil))
		got := w.Stats()
		if !got.LastRequest.Equal(last) {
			t.Errorf("LastRequest is %v, want %v", got.LastRequest, last)
		}
		got.LastRequest = time.Time{}
		if want := (stream.WebhookStats{Subscriptions: 2, Requests: 80, Refused: 1, Received: 80,
			ByKind: map[decode.Kind]uint64{decode.KindPeerConnected: 80}}); !cmp.Equal(got, want) {
			t.Errorf("webhook's counters are %+v, want %+v", got, want)
		}
		s := sub.Stats()
		wire := len("\x12\x06\x0a\x01a\x12\x011")
		if perItem := s.QueuedBytes / 10; perItem < wire/2 || perItem > 2*wire {
			t.Errorf("a notification counts at %d bytes, on the wire it has %d", perItem, wire)
		}
		s.QueuedBytes = 0
		if want := (stream.SubscriptionStats{Delivered: 64, Dropped: 5, Queued: 10}); s != want {
			t.Errorf("subscription's counters are %+v, want %+v", s, want)
		}
	})
}

// Each refused request is logged, at level Debug without a valid secret, and each
// episode of overflow once.
func TestWebhookLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		w := newWebhook(t.Context(), t, stream.WebhookConfig{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		sub := join(t.Context(), t, w, stream.WithBound(5, 0))
		for episode := 1; episode <= 3; episode++ {
			accept(t, w, batch(t, roomsFrom(0, 200)...))
			synctest.Wait()
			serve(w, newPost("text/plain", nil))
			if got := log.count("too slow"); got != episode {
				t.Errorf("%d warnings in %d episodes", got, episode)
			}
			if got := log.count(`level=DEBUG msg="a webhook request is refused" status=415 from=192.0.2.1:1234`); got != episode { // The address that package httptest uses.
				t.Errorf("%d lines of %d refused requests", got, episode)
			}
			for len(sub.Notifications()) > 0 {
				next(t, sub)
				synctest.Wait()
			}
		}
	})
}

// Both transports of one server in one select: each delivers everything, in its order,
// and only the WebSocket reports an outage.
func TestWebhookAndWebSocketInOneSelect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		server := calling(t, w)
		bySocket := subscribe(t.Context(), t, configFor(server), stream.WithMetrics())
		byWebhook := join(t.Context(), t, w)
		send(t, server, roomsFrom(0, 50)...)
		server.Cut(jellyfishtest.CutReset)
		send(t, server, roomsFrom(50, 100)...)
		var fromSocket, fromWebhook []decode.Notification
		reports := 0
		for len(fromSocket) < 51 || len(fromWebhook) < 100 || reports < 3 {
			select {
			case n := <-bySocket.Notifications():
				fromSocket = append(fromSocket, n)
			case n := <-byWebhook.Notifications():
				fromWebhook = append(fromWebhook, n)
			case <-bySocket.Metrics():
				reports++
			}
		}
		for i, n := range fromWebhook {
			compare(t, i, n, room(i))
		}
		for i, want := range append(roomsFrom(0, 50), outage) {
			g, isGap := fromSocket[i].(stream.Gap)
			if isGap {
				g.From, g.To = "", ""
				compare(t, i, g, want)
			} else {
				compare(t, i, fromSocket[i], want)
			}
		}
		w.Close()
		if err := expectEnd(t, byWebhook); err != stream.ErrClosed {
			t.Errorf("Err is %v", err)
		}
		if bySocket.Err() != nil {
			t.Errorf("the WebSocket ended with the webhook: %v", bySocket.Err())
		}
		if status := serve(w, newPost(protobufType, message(t, room(1)))).Code; status != http.StatusServiceUnavailable {
			t.Errorf("the answer is %d", status)
		}
	})
}

// Every Source can be subscribed to in the same way.
func TestSourceIsEitherTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		server := calling(t, w)
		n := open(t.Context(), t, configFor(server))
		for _, source := range []stream.Source{n, w} {
			sub := join(t.Context(), t, source, stream.InRooms("1"))
			typed, err := stream.SubscribeTo[decode.RoomDeleted](t.Context(), source)
			if err != nil {
				t.Fatal(err)
			}
			send(t, server, room(0), room(1), decode.RoomDeleted{RoomID: "1"})
			expect(t, sub, room(1), decode.RoomDeleted{RoomID: "1"})
			if e := <-typed.Events(); e.Value.RoomID != "1" {
				t.Errorf("event is %+v", e)
			}
		}
	})
}
