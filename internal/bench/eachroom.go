package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// roomWorkers is a program with a worker for each room, starting at the room's first
// notification.
type roomWorkers struct {
	*library
	feed    *stream.RoomFeed
	working sync.WaitGroup
}

func connectRoomWorkers(ctx context.Context, address string) (receiver, error) {
	return orNil(openRoomWorkers(ctx, streamConfig(address)))
}

func openRoomWorkers(ctx context.Context, cfg stream.Config) (*roomWorkers, error) {
	l, err := openLibrary(ctx, cfg)
	if err != nil {
		return nil, err
	}
	feed, err := stream.EachRoom(ctx, l.notifier)
	if err != nil {
		l.close()
		return nil, err
	}
	return &roomWorkers{library: l, feed: feed}, nil
}

// close returns when all workers have ended.
func (r *roomWorkers) close() {
	r.library.close()
	for range r.feed.Rooms() {
	}
	r.working.Wait()
}

// receive starts a worker for each room that opens.
func (r *roomWorkers) receive(n int, p *pace) (int, error) {
	var left, missed atomic.Int64
	left.Store(int64(n))
	over := make(chan error, 1) // The first result of any worker counts.
	end := func(err error) {
		select {
		case over <- err:
		default:
		}
	}
	work := func(room *stream.RoomSubscription) {
		for notification := range room.Notifications() {
			passed := 1
			if gap, ok := notification.(stream.Gap); ok {
				lost, err := lostIn(gap)
				if err != nil {
					end(err)
				}
				passed = lost
				missed.Add(int64(lost))
			}
			if err := p.received(passed); err != nil {
				end(err)
			}
			if left.Add(-int64(passed)) == 0 {
				end(nil)
			}
		}
	}
	for {
		select {
		case e, ok := <-r.feed.Rooms():
			switch {
			case !ok:
				return 0, fmt.Errorf("%w: %w", errEnded, r.feed.Err())
			case e.Gap != nil:
				return 0, fmt.Errorf("%v", e.Gap)
			}
			r.working.Go(func() { work(e.Value) })
		case err := <-over:
			return int(missed.Load()), err
		}
	}
}

// take starts a worker for each room that opens, and returns when they have received n
// messages together.
func (r *roomWorkers) take(n int, record func(stamp string)) error {
	var left atomic.Int64
	left.Store(int64(n))
	over := make(chan error, 1)
	work := func(room *stream.RoomSubscription) {
		for notification := range room.Notifications() {
			peer, ok := notification.(decode.PeerConnected)
			if !ok {
				select {
				case over <- fmt.Errorf("received %v in %v", notification, room):
				default:
				}
				return
			}
			record(peer.PeerID)
			if left.Add(-1) == 0 {
				over <- nil
			}
		}
	}
	for {
		select {
		case e, ok := <-r.feed.Rooms():
			if !ok || e.Value == nil {
				return fmt.Errorf("received %v, feed: %v", e.Gap, r.feed.Err())
			}
			r.working.Go(func() { work(e.Value) })
		case err := <-over:
			return err
		}
	}
}

// openRooms is a program with that many open rooms.
type openRooms struct {
	*roomWorkers
	told sync.WaitGroup // Of the expected outage, one for each room.
}

func openManyRooms(rooms int) func(context.Context, *sender, stream.Config) (interrupted, error) {
	return func(ctx context.Context, s *sender, cfg stream.Config) (interrupted, error) {
		workers, err := openRoomWorkers(ctx, cfg)
		if err != nil {
			return nil, err
		}
		o := &openRooms{roomWorkers: workers}
		if err := o.open(s, rooms); err != nil {
			o.close()
			return nil, err
		}
		return o, nil
	}
}

// open sends one notification for each room.
func (o *openRooms) open(s *sender, rooms int) error {
	if err := s.prepare(fanOut(rooms).name); err != nil {
		return err
	}
	p := &pace{window: 512, tell: s.acknowledge} // Half of the rooms that may be queued.
	if err := s.send(rooms, p.window); err != nil {
		return err
	}
	o.told.Add(rooms)
	for range rooms {
		e := <-o.feed.Rooms()
		if e.Value == nil {
			return fmt.Errorf("%v, feed: %v", e.Gap, o.feed.Err())
		}
		o.working.Go(func() {
			for n := range e.Value.Notifications() {
				if _, ok := n.(stream.Gap); ok {
					o.told.Done()
				}
			}
		})
		if err := p.received(1); err != nil {
			return err
		}
	}
	return nil
}

// outage returns when the worker of each room has received the outage.
func (o *openRooms) outage() error {
	if e := <-o.feed.Rooms(); e.Gap == nil {
		return fmt.Errorf("received %v, feed: %v", e.Value, o.feed.Err())
	}
	o.told.Wait()
	o.told.Add(int(o.feed.Stats().Open))
	return nil
}
