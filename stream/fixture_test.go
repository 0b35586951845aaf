package stream_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// inMemory returns a server for a synctest bubble and a configuration to connect to it.
func inMemory(t *testing.T) (*jellyfishtest.Server, stream.Config) {
	t.Helper()
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	return server, configFor(server)
}

func onTCP(t *testing.T) (*jellyfishtest.Server, stream.Config) {
	t.Helper()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	return server, configFor(server)
}

func configFor(server *jellyfishtest.Server) stream.Config {
	return stream.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
		Secure:         server.Certificate() != nil,
	}
}

func subscribe(ctx context.Context, t *testing.T, cfg stream.Config, options ...stream.Option) *stream.Subscription {
	t.Helper()
	sub, err := stream.Subscribe(ctx, cfg, options...)
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	return sub
}

func open(ctx context.Context, t *testing.T, cfg stream.Config) *stream.Notifier {
	t.Helper()
	n, err := stream.Open(ctx, cfg)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return n
}

func join(ctx context.Context, t *testing.T, source stream.Source, options ...stream.Option) *stream.Subscription {
	t.Helper()
	sub, err := source.Subscribe(ctx, options...)
	if err != nil {
		t.Fatalf("Subscribe: %v", err)
	}
	return sub
}

func send(t *testing.T, server *jellyfishtest.Server, ns ...decode.Notification) {
	t.Helper()
	if err := server.Send(ns...); err != nil {
		t.Fatalf("Send: %v", err)
	}
}

// room and roomsFrom make notifications that can be told apart.
func room(i int) decode.Notification { return decode.RoomCreated{RoomID: strconv.Itoa(i)} }

func roomsFrom(from, to int) []decode.Notification {
	var ns []decode.Notification
	for i := from; i < to; i++ {
		ns = append(ns, room(i))
	}
	return ns
}

// waitLimit is how long something may take to arrive. A bubble's clock, which starts in
// the year 2000, advances only when nothing else can happen.
func waitLimit() time.Duration {
	if time.Now().Year() == 2000 {
		return 24 * time.Hour
	}
	return 20 * time.Second
}

// next returns the next notification.
func next(t *testing.T, sub *stream.Subscription) decode.Notification {
	t.Helper()
	select {
	case n, ok := <-sub.Notifications():
		if !ok {
			t.Fatalf("the channel was closed: %v", sub.Err())
		}
		return n
	case <-time.After(waitLimit()):
		t.Fatal("no notification came")
	}
	return nil
}

// expect receives exactly these notifications; times and errors of Gaps are not
// compared.
func expect(t *testing.T, sub *stream.Subscription, want ...decode.Notification) {
	t.Helper()
	for i, w := range want {
		compare(t, i, next(t, sub), w)
	}
}

func compare(t *testing.T, i int, got, want decode.Notification) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(stream.Gap{}, "Since", "Until", "Err", "From", "To")); diff != "" {
		t.Fatalf("notification %d (-want +got):\n%s", i, diff)
	}
}

// expectGap receives a Gap and returns it.
func expectGap(t *testing.T, sub *stream.Subscription) stream.Gap {
	t.Helper()
	n := next(t, sub)
	g, ok := n.(stream.Gap)
	if !ok {
		t.Fatalf("received %v, want a gap", n)
	}
	return g
}

// expectNothing is for bubbles: nothing can arrive any more.
func expectNothing(t *testing.T, sub *stream.Subscription) {
	t.Helper()
	synctest.Wait()
	select {
	case n, ok := <-sub.Notifications():
		t.Fatalf("received %v (open: %v, %v), want nothing", n, ok, sub.Err())
	default:
	}
}

// expectEnd receives these notifications and then the end of the channel, and returns
// the reason.
func expectEnd(t *testing.T, sub *stream.Subscription, want ...decode.Notification) error {
	t.Helper()
	expect(t, sub, want...)
	select {
	case n, ok := <-sub.Notifications():
		if ok {
			t.Fatalf("received %v, want the end", n)
		}
	case <-time.After(waitLimit()):
		t.Fatal("the channel was not closed")
	}
	if sub.Err() == nil {
		t.Fatal("Err is nil after the end")
	}
	return sub.Err()
}

// outage is the Gap that one lost connection leaves.
var outage = stream.Gap{Outages: 1}

// sleepInBubble advances the fake clock of a synctest bubble a little.
func sleepInBubble() { time.Sleep(10 * time.Millisecond) }

func closeText(code int, reason string) string {
	return (&wsconn.CloseError{Code: code, Reason: reason}).Error()
}
