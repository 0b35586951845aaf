package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jellyfish-dev/jellyfish-go/plugin/jetstream"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// crew are workers and what they have got.
type crew struct {
	cancel context.CancelFunc
	conns  []*nats.Conn
	done   sync.WaitGroup

	mu      sync.Mutex
	got     []map[string]int // By worker: how many of each room.
	gaps    []int
	handled int
	last    map[string]uint64
	ordered bool
}

func startCrew(ctx context.Context, n int, url string) (*crew, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &crew{cancel: cancel, last: make(map[string]uint64), ordered: true}
	for i := range n {
		conn, err := nats.Connect(url, jetstream.ConnectOptions()...)
		if err != nil {
			return nil, err
		}
		c.conns = append(c.conns, conn)
		worker, err := jetstream.NewWorker(ctx, conn, jetstream.WorkerConfig{})
		if err != nil {
			return nil, err
		}
		c.got = append(c.got, make(map[string]int))
		c.gaps = append(c.gaps, 0)
		c.done.Go(func() {
			for d := range worker.Deliveries() {
				c.handle(i, d)
				if err := d.Ack(); err != nil {
					fmt.Println(err)
				}
			}
		})
	}
	return c, nil
}

func (c *crew) handle(worker int, d *jetstream.Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, gap := d.Notification.(stream.Gap); gap {
		c.gaps[worker]++
		return
	}
	switch {
	case d.Sequence == c.last[d.Room]: // Again.
		return
	case d.Sequence < c.last[d.Room]:
		c.ordered = false
	}
	c.last[d.Room] = d.Sequence
	c.got[worker][d.Room]++
	c.handled++
}

// report waits until all is handled, and prints who has handled what.
func (c *crew) report(ctx context.Context, want int) error {
	for {
		c.mu.Lock()
		handled := c.handled
		c.mu.Unlock()
		if handled >= want {
			break
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, rooms := range c.got {
		var names []string
		total := 0
		for room, n := range rooms {
			names = append(names, room)
			total += n
		}
		slices.Sort(names)
		fmt.Printf("worker %d got %2d notifications and %2d Gaps: %s\n", i+1, total, c.gaps[i], strings.Join(names, " "))
	}
	if !c.ordered {
		return fmt.Errorf("a room's notifications came in another order")
	}
	fmt.Printf("all %d notifications were handled, each room's in its order\n", c.handled)
	return nil
}

func (c *crew) stop() {
	c.cancel()
	c.done.Wait()
	for _, conn := range c.conns {
		conn.Close()
	}
}
