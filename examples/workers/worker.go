package main

import (
	"context"
	"errors"
	"log"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// crew is what the workers of all rooms share.
type crew struct {
	client  *rooms.Client
	work    time.Duration // How long a notification takes.
	log     *log.Logger
	handled atomic.Int64 // Notifications.
}

// serve starts a worker for each room until the feed ends, and returns when all
// workers are done. It takes each room at once: the number of queued rooms is
// limited.
func (c *crew) serve(ctx context.Context, feed *stream.RoomFeed) {
	var workers sync.WaitGroup
	for e := range feed.All() {
		if e.Gap != nil {
			// Rooms that were created meanwhile open at their next notification. If
			// that is too late, list the rooms here.
			c.log.Print("rooms may be missing here: ", e.Gap)
			continue
		}
		workers.Go(func() {
			w := worker{crew: c, room: e.Value, connected: make(map[string]bool)}
			w.run(ctx)
		})
	}
	workers.Wait()
}

// worker serves one room, and knows which peers are connected to it.
type worker struct {
	*crew
	room      *stream.RoomSubscription
	connected map[string]bool
}

// run handles the room's notifications until its end, or that of the feed or the
// context.
func (w *worker) run(ctx context.Context) {
	w.log.Printf("room %s: opened", w.room.ID())
	for n := range w.room.All() {
		switch n := n.(type) {
		case decode.PeerConnected:
			w.connected[n.PeerID] = true
			w.log.Printf("room %s: peer %s joined, %d connected", n.RoomID, n.PeerID, len(w.connected))
		case decode.PeerDisconnected:
			delete(w.connected, n.PeerID)
		case decode.PeerCrashed: // No disconnection follows it.
			delete(w.connected, n.PeerID)
		case stream.Gap:
			if !n.Exact() {
				w.ask(ctx)
			}
			continue
		}
		select {
		case <-time.After(w.work): // In place of your worker's job.
			w.handled.Add(1)
		case <-ctx.Done(): // It took too long.
			return
		}
	}
	w.log.Printf("room %s: %v", w.room.ID(), w.room.Err())
}

// ask looks the room up after an outage. In a cluster ask the node that holds the
// room, which Created.Address names: others don't know it.
func (w *worker) ask(ctx context.Context) {
	found, err := w.client.Get(ctx, w.room.ID())
	switch {
	case errors.Is(err, rooms.ErrRoomNotFound):
		w.room.Leave() // It has ended, and no notification will follow.
		return
	case err != nil:
		w.log.Printf("room %s: what has become of it is unknown: %v", w.room.ID(), err)
		return
	}
	clear(w.connected)
	for _, peer := range found.Peers {
		if peer.Status == rooms.StatusConnected {
			w.connected[peer.ID] = true
		}
	}
	w.log.Printf("room %s: still there, %d connected", w.room.ID(), len(w.connected))
}
