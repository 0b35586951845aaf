package stream

import (
	"fmt"
	"slices"
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
	one := []entry{{decode.PeerConnected{RoomID: "room-7", PeerID: "peer"}, 78}}
	many := slices.Repeat(one, batchSize-1)
	perNotification := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(many)), "ns/notification")
	}
	b.Run("one subscription, of what came together", func(b *testing.B) {
		w, h := newHub(b)
		sub := subscribe(b, w)
		for b.Loop() {
			h.deliver(many)
			for range many {
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
			h.deliver([]entry{{decode.RoomCreated{RoomID: fmt.Sprintf("room-%d", i)}, 20}})
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
		group := make([]entry, 0, len(rooms))
		for i := range rooms {
			id := fmt.Sprintf("room-%d", i)
			h.deliver([]entry{{decode.RoomCreated{RoomID: id}, 20}})
			rooms[i] = (<-feed.Rooms()).Value
			<-rooms[i].Notifications()
			group = append(group, entry{decode.PeerConnected{RoomID: id, PeerID: "peer"}, 78})
		}
		for b.Loop() {
			h.deliver(group)
			for _, room := range rooms {
				<-room.Notifications()
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(group)), "ns/notification")
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

// BenchmarkRoom is the life of a room in a feed.
func BenchmarkRoom(b *testing.B) {
	relay := NewRelay(b.Context())
	feed, err := EachRoom(b.Context(), relay)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		relay.hub.deliver([]entry{{decode.RoomCreated{RoomID: "room"}, 20}})
		e := <-feed.Rooms()
		relay.hub.deliver([]entry{{decode.RoomDeleted{RoomID: "room"}, 20}})
		for range e.Value.Notifications() {
		}
	}
}

// BenchmarkGap is a Gap to 10,000 open rooms.
func BenchmarkGap(b *testing.B) {
	relay := NewRelay(b.Context())
	feed, err := EachRoom(b.Context(), relay)
	if err != nil {
		b.Fatal(err)
	}
	rooms := make([]*RoomSubscription, 10_000)
	for i := range rooms {
		relay.hub.deliver([]entry{{decode.RoomCreated{RoomID: fmt.Sprint(i)}, 20}})
		rooms[i] = (<-feed.Rooms()).Value
		<-rooms[i].Notifications()
	}
	for b.Loop() {
		relay.hub.deliver([]entry{{n: Gap{Outages: 1}}})
		<-feed.Rooms()
		for _, room := range rooms {
			<-room.Notifications()
		}
	}
}
