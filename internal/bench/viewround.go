package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// viewRound is what a round gave.
type viewRound struct {
	size                              int64 // Of the list, in bytes.
	discarded, parsed, listed, synced cost  // What the list takes, in ever more use.
	memory                            float64

	notified, changed changeCost
	polled            cost // One change while the rooms are taken now and then.
	rooms, room       callCost
	all               cost

	relisted, corrected cost
}

// list measures what the list takes without a view.
func (r *viewRound) list(ctx context.Context, address string) error {
	client, err := rooms.New(rooms.Config{ServerAddress: address, ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	plain := newListing(address)
	defer plain.close()
	r.discarded, err = costOf(func() (err error) {
		r.size, err = plain.discard(ctx)
		return err
	})
	if err != nil {
		return err
	}
	r.parsed, err = costOf(func() error {
		_, err := plain.parse(ctx)
		return err
	})
	if err != nil {
		return err
	}
	r.listed, err = costOf(func() error {
		_, err := client.List(ctx)
		return err
	})
	return err
}

// notify measures what a change takes without a view.
func (r *viewRound) notify(ctx context.Context, server *jellyfish, l liveView) error {
	subscription, err := subscribe(ctx, server.address)
	if err != nil {
		return err
	}
	defer subscription.close()
	r.notified, err = flow{server, presence{subscription.sub}}.measure(l)
	return err
}

// sync measures what it takes until a view is complete, and how much memory it
// then has.
func (r *viewRound) sync(ctx context.Context, v *viewer) (err error) {
	without := heapNow()
	r.synced, err = costOf(func() error { return v.sync(ctx) })
	r.memory = heapNow() - without
	return err
}

// follow measures what a change takes with a view, and what looking at the view
// takes meanwhile.
func (r *viewRound) follow(server *jellyfish, v *viewer, l liveView) (err error) {
	f := flow{server, v}
	if r.changed, err = f.measure(l); err != nil {
		return err
	}
	rooms := func() { v.view.Rooms() }
	r.polled, err = f.beside(l.changes, func(ctx context.Context) { callEvery(ctx, time.Millisecond, rooms) })
	if err != nil {
		return err
	}
	if r.rooms, err = f.measureCall(l.changes, rooms); err != nil {
		return err
	}
	ids := v.roomIDs()
	room := func() { v.view.Room(ids[rand.IntN(len(ids))]) }
	if r.room, err = f.measureCall(l.changes, room); err != nil {
		return err
	}
	r.all, err = costOf(func() error {
		for range v.view.Rooms().All() {
		}
		return nil
	})
	return err
}

// heal measures what it takes to be right again after an outage, in which
// nothing changed or one peer in a hundred.
func (r *viewRound) heal(server *jellyfish, v *viewer, l liveView) (err error) {
	if r.relisted, err = healed(server, v, 0); err != nil {
		return err
	}
	r.corrected, err = healed(server, v, l.total()/100)
	return err
}

func healed(server *jellyfish, v *viewer, changes int) (cost, error) {
	runtime.GC()
	if err := server.outage(changes); err != nil {
		return cost{}, err
	}
	return v.heal(changes)
}
