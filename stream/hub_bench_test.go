package stream

import (
	"fmt"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// BenchmarkDeliver is what the hub and the mailboxes cost a notification, without
// a second goroutine.
func BenchmarkDeliver(b *testing.B) {
	newHub := func(b *testing.B) (*Webhook, *hub) {
		w, err := NewWebhook(b.Context(), WebhookConfig{})
		if err != nil {
			b.Fatal(err)
		}
		return w, &w.hub
	}
	subscribe := func(b *testing.B, source Source, options ...Option) *Subscription {
		sub, err := source.Subscribe(b.Context(), options...)
		if err != nil {
			b.Fatal(err)
		}
		return sub
	}
	var n decode.Notification = decode.PeerConnected{RoomID: "room-7", PeerID: "peer"}
	b.Run("one subscription", func(b *testing.B) {
		w, h := newHub(b)
		sub := subscribe(b, w)
		for b.Loop() {
			h.deliver(n, 78)
			<-sub.Notifications()
		}
	})
	b.Run("a subscription to each of 1,000 rooms", func(b *testing.B) {
		w, h := newHub(b)
		var sub *Subscription
		for i := range 1000 {
			s := subscribe(b, w, InRooms(fmt.Sprintf("room-%d", i)))
			if i == 7 {
				sub = s
			}
		}
		for b.Loop() {
			h.deliver(n, 78)
			<-sub.Notifications()
		}
	})
	b.Run("10,000 subscriptions by kind, one of which wants it", func(b *testing.B) {
		w, h := newHub(b)
		sub := subscribe(b, w, OfKinds(decode.KindPeerConnected))
		for range 9_999 {
			subscribe(b, w, OfKinds(decode.KindRoomCrashed))
		}
		for b.Loop() {
			h.deliver(n, 78)
			<-sub.Notifications()
		}
	})
}
