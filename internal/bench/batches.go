package main

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// batches is a program that receives notifications in batches. Each of its consumers
// has a subscription to everything.
type batches struct {
	*library
	subs []*stream.BatchSubscription
}

func connectBatches(ctx context.Context, address string) (receiver, error) {
	return connectBatchBroadcast(ctx, address, 1)
}

func connectBatchBroadcast(ctx context.Context, address string, consumers int) (receiver, error) {
	l, err := openLibrary(ctx, streamConfig(address))
	if err != nil {
		return nil, err
	}
	b := &batches{library: l}
	for range consumers {
		sub, err := stream.Batches(ctx, l.notifier)
		if err != nil {
			b.close()
			return nil, err
		}
		b.subs = append(b.subs, sub)
	}
	return b, nil
}

// close returns when all subscriptions have ended.
func (b *batches) close() {
	b.library.close()
	for _, sub := range b.subs {
		for range sub.Batches() {
		}
	}
}

// receive returns the number of messages missed by the consumer that missed the most.
func (b *batches) receive(n int, p *pace) (int, error) {
	together := &slowest{reached: make([]int, len(b.subs)), tell: p.tell}
	missed := make([]int, len(b.subs))
	var group errgroup.Group
	for i, sub := range b.subs {
		own := p
		if len(b.subs) > 1 {
			own = together.paceOf(i, p)
		}
		group.Go(func() (err error) {
			missed[i], err = countBatches(sub, n, own)
			return err
		})
	}
	err := group.Wait()
	return slices.Max(missed), err
}

// countBatches receives until n messages were received or missed.
func countBatches(sub *stream.BatchSubscription, n int, p *pace) (missed int, err error) {
	for received := 0; received+missed < n; {
		batch, ok := <-sub.Batches()
		if !ok {
			return missed, fmt.Errorf("%w: %w", errEnded, sub.Err())
		}
		passed := 0
		for _, n := range batch {
			gap, ok := n.(stream.Gap)
			if !ok {
				received++
				passed++
				continue
			}
			lost, err := lostIn(gap)
			if err != nil {
				return missed, err
			}
			missed += lost
			passed += lost
		}
		if err := p.received(passed); err != nil {
			return missed, err
		}
	}
	return missed, nil
}
