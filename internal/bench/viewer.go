package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// viewer is a program that watches the rooms of a server.
type viewer struct {
	client   *rooms.Client
	notifier *stream.Notifier
	outages  *stream.Subscription // Tells when the notifier is back.
	cancel   context.CancelFunc

	view    *watch.View
	changes <-chan watch.Change
}

// newViewer returns a program that is connected, and has asked for nothing yet.
func newViewer(ctx context.Context, address string) (*viewer, error) {
	client, err := rooms.New(rooms.Config{ServerAddress: address, ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress:  address,
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		Backoff:        stream.Backoff{Base: time.Millisecond, Cap: 10 * time.Millisecond},
	})
	if err != nil {
		cancel()
		return nil, err
	}
	outages, err := notifier.Subscribe(ctx, stream.OfKinds(decode.KindRoomCrashed))
	if err != nil {
		cancel()
		return nil, err
	}
	return &viewer{client: client, notifier: notifier, outages: outages, cancel: cancel}, nil
}

// close returns when nothing goes on any more.
func (v *viewer) close() {
	v.cancel()
	for range v.outages.Notifications() {
	}
	v.notifier.Close()
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
	view, err := watch.Start(ctx, v.client, v.notifier, watch.Config{})
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

// subscribe asks for the changes, and receives what there is: so many changes.
func (v *viewer) subscribe(ctx context.Context, present int) error {
	v.changes = v.view.Changes(ctx)
	return v.receive(present, true)
}

// follow receives n changes that were notified of.
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

// heal waits for the end of an outage, and returns what it took from then until
// the view was right again, which takes n changes.
func (v *viewer) heal(n int) (cost, error) {
	listed := v.view.Nodes()[0].Listed
	if gap, ok := (<-v.outages.Notifications()).(stream.Gap); !ok {
		return cost{}, errors.New("the outage wasn't told of")
	} else if gap.Outages != 1 {
		return cost{}, fmt.Errorf("received %v", gap)
	}
	m := startMeter()
	if err := v.receive(n, true); err != nil {
		return cost{}, err
	}
	for v.view.Nodes()[0].Listed.Equal(listed) {
		select {
		case <-time.After(time.Millisecond):
		case <-v.view.Done():
			return cost{}, v.view.Err()
		}
	}
	return m.read(), nil
}

// roomIDs returns the ids of the rooms in the view.
func (v *viewer) roomIDs() []string {
	var ids []string
	for r := range v.view.Rooms().All() {
		ids = append(ids, r.ID)
	}
	return ids
}
