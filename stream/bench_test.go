package stream_test

import (
	"fmt"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func benchmarkNotifier(b *testing.B, subscriptions int) *stream.Notifier {
	b.Helper()
	server := jellyfishtest.Run(b, jellyfishtest.Config{})
	n, err := stream.Open(b.Context(), configFor(server))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(n.Close)
	for i := range subscriptions {
		if _, err := n.Subscribe(b.Context(), stream.InRooms(fmt.Sprintf("room-%d", i%1000))); err != nil {
			b.Fatal(err)
		}
	}
	return n
}
