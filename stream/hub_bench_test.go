package stream

import (
	"fmt"
	"slices"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

func together(notifications ...decode.Notification) run { return sized(notifications) }

// BenchmarkDeliver measures what the hub and the mailboxes cost per notification,
// without a second goroutine.
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
	one := together(decode.PeerConnected{RoomID: "room-7", PeerID: "peer"})
	many := together(slices.Repeat(one.notifications, channelBuffer-1)...)
	perNotification := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(many.notifications)), "ns/notification")
	}
	b.Run("one subscription, of what came together", func(b *testing.B) {
		w, h := newHub(b)
		sub := subscribe(b, w)
		for b.Loop() {
			h.deliver(many)
			for range many.notifications {
				<-sub.Notifications()
			}
		}
		perNotification(b)
	})
	b.Run("one subscription", func(b *testing.B) {
		w, h := newHub(b)
		sub := subscribe(b, w)
		for b.Loop() {
			h.deliver(one)
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
			h.deliver(one)
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
			h.deliver(one)
			<-sub.Notifications()
		}
	})
	b.Run("a mailbox for each of 1,000 rooms", func(b *testing.B) {
		w, h := newHub(b)
		feed, err := EachRoom(b.Context(), w)
		if err != nil {
			b.Fatal(err)
		}
		var room *RoomSubscription
		for i := range 1000 {
			h.deliver(together(decode.RoomCreated{RoomID: fmt.Sprintf("room-%d", i)}))
			if e := <-feed.Rooms(); i == 7 {
				room = e.Value
				<-room.Notifications()
			}
		}
		for b.Loop() {
			h.deliver(one)
			<-room.Notifications()
		}
	})
	b.Run("a mailbox for each of 1,000 rooms, of what came together", func(b *testing.B) {
		w, h := newHub(b)
		feed, err := EachRoom(b.Context(), w)
		if err != nil {
			b.Fatal(err)
		}
		rooms := make([]*RoomSubscription, 1000)
		var group run
		for i := range rooms {
			id := fmt.Sprintf("room-%d", i)
			h.deliver(together(decode.RoomCreated{RoomID: id}))
			rooms[i] = (<-feed.Rooms()).Value
			<-rooms[i].Notifications()
			group.add(decode.PeerConnected{RoomID: id, PeerID: "peer"}, 78)
		}
		for b.Loop() {
			h.deliver(group)
			for _, room := range rooms {
				<-room.Notifications()
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rooms)), "ns/notification")
	})
	b.Run("batches", func(b *testing.B) {
		w, h := newHub(b)
		sub, err := Batches(b.Context(), w)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			h.deliver(many)
			<-sub.Batches()
		}
		perNotification(b)
	})
	b.Run("broadcast to 100", func(b *testing.B) {
		w, h := newHub(b)
		subs := make([]*Subscription, 100)
		for i := range subs {
			subs[i] = subscribe(b, w)
		}
		for b.Loop() {
			h.deliver(one)
			for _, sub := range subs {
				<-sub.Notifications()
			}
		}
	})
	b.Run("broadcast to 100 in batches", func(b *testing.B) {
		w, h := newHub(b)
		subs := make([]*BatchSubscription, 100)
		for i := range subs {
			var err error
			if subs[i], err = Batches(b.Context(), w); err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			h.deliver(many)
			for _, sub := range subs {
				<-sub.Batches()
			}
		}
		perNotification(b)
	})
}

// BenchmarkRoom measures the life of a room in a feed.
func BenchmarkRoom(b *testing.B) {
	relay := NewRelay(b.Context())
	feed, err := EachRoom(b.Context(), relay)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		relay.hub.deliver(together(decode.RoomCreated{RoomID: "room"}))
		e := <-feed.Rooms()
		relay.hub.deliver(together(decode.RoomDeleted{RoomID: "room"}))
		for range e.Value.Notifications() {
		}
	}
}

// BenchmarkGap measures a Gap to 10,000 open rooms.
func BenchmarkGap(b *testing.B) {
	relay := NewRelay(b.Context())
	feed, err := EachRoom(b.Context(), relay)
	if err != nil {
		b.Fatal(err)
	}
	rooms := make([]*RoomSubscription, 10_000)
	for i := range rooms {
		relay.hub.deliver(together(decode.RoomCreated{RoomID: fmt.Sprint(i)}))
		rooms[i] = (<-feed.Rooms()).Value
		<-rooms[i].Notifications()
	}
	for b.Loop() {
		relay.hub.deliver(together(Gap{Outages: 1}))
		<-feed.Rooms()
		for _, room := range rooms {
			<-room.Notifications()
		}
	}
}
