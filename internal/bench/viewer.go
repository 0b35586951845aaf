package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// viewer is a program that watches the rooms of a server.
type viewer struct {
	client  *rooms.Client
	library *library // Its subscription shows when the notifier is back.
	cancel  context.CancelFunc

	view    *watch.View
	changes <-chan watch.Change
}

// newViewer returns a program that is connected, and has requested nothing yet.
func newViewer(ctx context.Context, address string) (*viewer, error) {
	client, err := rooms.New(roomsConfig(address))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	cfg := streamConfig(address)
	cfg.Backoff = stream.Backoff{Base: time.Millisecond, Cap: 10 * time.Millisecond}
	l, err := openLibrary(ctx, cfg, []stream.Option{stream.OfKinds(decode.KindRoomCrashed)})
	if err != nil {
		cancel()
		return nil, err
	}
	return &viewer{client: client, library: l, cancel: cancel}, nil
}

// close returns when everything has ended.
func (v *viewer) close() {
	v.cancel()
	v.library.close()
	if v.view != nil {
		<-v.view.Done()
	}
	if v.changes != nil {
		for range v.changes {
		}
	}
	v.client.CloseIdleConnections()
}

// sync starts the view, and returns when it is complete.
func (v *viewer) sync(ctx context.Context) error {
	view, err := watch.Start(ctx, v.client, v.library.notifier, watch.Config{})
	if err != nil {
		return err
	}
	v.view = view
	select {
	case <-view.Synced():
		return nil
	case <-view.Done():
		return view.Err()
	}
}

// subscribe subscribes to the changes, and receives the initial ones, whose number is
// given.
func (v *viewer) subscribe(ctx context.Context, present int) error {
	v.changes = v.view.Changes(ctx)
	return v.receive(present, true)
}

// follow receives n changes that come from notifications.
func (v *viewer) follow(n int) error { return v.receive(n, false) }

func (v *viewer) receive(n int, inferred bool) error {
	for range n {
		c, ok := <-v.changes
		switch {
		case !ok:
			return fmt.Errorf("the view ended: %w", v.view.Err())
		case c.Inferred() != inferred:
			return fmt.Errorf("received %v", c)
		}
	}
	return nil
}

// heal waits for the end of an outage, and returns the cost from then until the view
// was right again, which takes n changes.
func (v *viewer) heal(n int) (sample, error) {
	listed := v.listed()
	if err := v.library.outage(); err != nil {
		return sample{}, err
	}
	m := startMeter()
	if err := v.receive(n, true); err != nil {
		return sample{}, err
	}
	for v.listed().Equal(listed) {
		select {
		case <-time.After(time.Millisecond):
		case <-v.view.Done():
			return sample{}, v.view.Err()
		}
	}
	return m.read(1), nil
}

// listed returns when the server's rooms were last listed.
func (v *viewer) listed() time.Time { return v.view.Nodes()[0].Listed }

// takeRooms reads all current rooms, and takeRoom one of them.
func (v *viewer) takeRooms()         { v.view.Rooms() }
func (v *viewer) takeRoom(id string) { v.view.Room(id) }

// each goes through all rooms.
func (v *viewer) each(visit func(id string, peers []rooms.Peer)) {
	for r := range v.view.Rooms().All() {
		peers := make([]rooms.Peer, len(r.Peers))
		for i, p := range r.Peers {
			peers[i] = p.Peer
		}
		visit(r.ID, peers)
	}
}

// roomIDs returns the ids of the rooms in the view.
func (v *viewer) roomIDs() []string {
	var ids []string
	v.each(func(id string, _ []rooms.Peer) { ids = append(ids, id) })
	return ids
}

// flow is changes of peers that a server makes, and the program that receives them.
type flow struct {
	server *jellyfish
	to     follower
}

// follower is a program that receives changes.
type follower interface {
	// follow receives n changes, and nothing else.
	follow(n int) error
}

// each returns the cost of one of n changes, which are made as fast as possible. The
// server is never so far ahead that one is missed.
func (f flow) each(n int) (sample, error) {
	return measure(n, func() error {
		for left := n; left > 0; left -= notificationWindow {
			if err := f.send(min(left, notificationWindow)); err != nil {
				return err
			}
		}
		return nil
	})
}

// send makes n changes, and receives them.
func (f flow) send(n int) error {
	if err := f.server.change(n); err != nil {
		return err
	}
	return f.to.follow(n)
}

// alone returns how long one of n changes takes if they are made one by one, from the
// command to the server until it is received.
func (f flow) alone(n int) (sample, error) {
	took := make([]float64, n)
	for i := range took {
		start := time.Now()
		if err := f.send(1); err != nil {
			return sample{}, err
		}
		took[i] = float64(time.Since(start))
	}
	return medianSample(took), nil
}

// beside is each while something else is done, which ends with its context.
func (f flow) beside(n int, do func(ctx context.Context)) (sample, error) {
	ctx, cancel := context.WithCancel(context.Background())
	var doing sync.WaitGroup
	doing.Go(func() { do(ctx) })
	s, err := f.each(n)
	cancel()
	doing.Wait()
	return s, err
}

const (
	// callsTogether is how many calls are timed together: a single one is too short.
	callsTogether = 100
	// atRest is how long calls are timed while nothing else happens.
	atRest = 100 * time.Millisecond
)

// timeCalls makes calls until the context ends, and returns the time of one.
func timeCalls(ctx context.Context, call func()) sample {
	var took []float64
	for len(took) == 0 || ctx.Err() == nil {
		start := time.Now()
		for range callsTogether {
			call()
		}
		took = append(took, float64(time.Since(start))/callsTogether)
	}
	return medianSample(took)
}

// callEvery makes a call at an interval until the context ends.
func callEvery(ctx context.Context, interval time.Duration, call func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			call()
		case <-ctx.Done():
			return
		}
	}
}

// medianSample returns a sample with the median time.
func medianSample(took []float64) sample { return sample{elapsed: median(took)} }
