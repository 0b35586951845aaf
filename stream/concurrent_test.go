package stream

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Everything at once: a sender, consumers that stall at random, subscriptions that come
// and go, and a connection that is lost. Each consumer checks that its sequence is
// complete, or that Gaps say what is missing, at the place where it is missing.
func TestP1ConcurrentProgramsLoseNothingUnmarked(t *testing.T) {
	testChaos(t, (*chaos).openNotifier)
}

func testChaos(t *testing.T, open func(*chaos)) {
	t.Helper()
	forEachProgram(t, 100, func(t *testing.T, seed uint64) {
		synctest.Test(t, func(t *testing.T) {
			c := &chaos{t: t, random: rand.New(rand.NewPCG(seed, 1))}
			open(c)
			c.run()
			if t.Failed() {
				t.Logf("JELLYFISH_SEED=%d", seed)
			}
		})
	})
}

type chaos struct {
	t       *testing.T
	random  *rand.Rand
	source  Source
	close   func()                      // Closes the source.
	deliver func([]decode.Notification) // Sends to the source.
	disturb func(how int)               // Disturbs the source in one of three ways.
	group   sync.WaitGroup
	stop    atomic.Bool
}

func (c *chaos) openNotifier() {
	server := jellyfishtest.Run(c.t, jellyfishtest.Config{InMemory: true})
	n, err := Open(c.t.Context(), Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
		Backoff:        Backoff{Cap: time.Second},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.source, c.close = n, n.Close
	c.deliver = func(ns []decode.Notification) {
		if err := server.Send(ns...); err != nil {
			c.t.Error(err)
		}
	}
	c.disturb = func(how int) {
		switch how {
		case 0:
			server.Cut(jellyfishtest.Cut(c.random.IntN(3)))
		case 1:
			server.Stop()
			c.rest()
			if err := server.Restart(); err != nil {
				c.t.Error(err)
			}
		case 2:
			server.SendMessage([]byte{0xff})
		}
	}
}

func (c *chaos) run() {
	sender := rand.New(rand.NewPCG(c.random.Uint64(), 2))
	c.group.Go(func() { c.send(sender) })
	for range 5 + c.random.IntN(20) {
		if how := c.random.IntN(8); how < 3 {
			c.disturb(how)
		} else {
			c.consume(rand.New(rand.NewPCG(c.random.Uint64(), 3)))
		}
		c.rest()
	}
	c.stop.Store(true)
	c.rest()
	c.close()
	c.group.Wait()
}

func (c *chaos) rest() { time.Sleep(time.Duration(c.random.IntN(400)) * time.Millisecond) }

// numbered makes notification i.
func numbered(i int) decode.Notification {
	room, kind := topicOf(i)
	if kind == decode.KindPeerConnected {
		return decode.PeerConnected{RoomID: room, PeerID: strconv.Itoa(i)}
	}
	return decode.PeerDisconnected{RoomID: room, PeerID: strconv.Itoa(i)}
}

// topicOf returns the room and the kind of notification i.
func topicOf(i int) (room string, kind decode.Kind) {
	if i/3%2 == 0 {
		return programRooms[i%3], decode.KindPeerConnected
	}
	return programRooms[i%3], decode.KindPeerDisconnected
}

func numberOf(n decode.Notification) int {
	var id string
	switch n := n.(type) {
	case decode.PeerConnected:
		id = n.PeerID
	case decode.PeerDisconnected:
		id = n.PeerID
	}
	i, _ := strconv.Atoi(id)
	return i
}

func (c *chaos) send(random *rand.Rand) {
	for i := 0; !c.stop.Load(); {
		var ns []decode.Notification
		for range random.IntN(60) {
			i++
			ns = append(ns, numbered(i))
		}
		c.deliver(ns)
		time.Sleep(time.Duration(random.IntN(100)) * time.Millisecond)
	}
}

// consume subscribes and reads in its own goroutine.
func (c *chaos) consume(random *rand.Rand) {
	bounds := bound{channel: 1 + random.IntN(64), items: 1 + random.IntN(50), bytes: queuedBytes, rooms: 1 + random.IntN(3)}
	options := []Option{func(s *settings) { s.bound = bounds }}
	room, kind := programRooms[random.IntN(3)], decode.KindPeerConnected
	byRoom, byKind := random.IntN(2) == 0, random.IntN(2) == 0
	if byRoom {
		options = append(options, InRooms(room))
	}
	if byKind {
		options = append(options, OfKinds(kind))
	}
	wants := func(r string, k decode.Kind) bool {
		return (!byRoom || r == room) && (!byKind || k == kind)
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	ending := random.IntN(3)
	// handle checks what was received, stalls, and may end the subscription.
	handle := func(check *continuity, n decode.Notification, drain func()) {
		check.received(n)
		if random.IntN(40) == 0 {
			time.Sleep(time.Duration(random.IntN(2000)) * time.Millisecond)
		}
		if random.IntN(200) == 0 {
			switch ending {
			case 1:
				drain()
			case 2:
				cancel()
			}
		}
	}
	var err error
	switch random.IntN(3) {
	case 0:
		var sub *BatchSubscription
		if sub, err = Batches(ctx, c.source, options...); err == nil {
			c.group.Go(func() {
				defer cancel()
				check := &continuity{t: c.t, wants: wants}
				for batch := range sub.All() {
					for _, n := range batch {
						handle(check, n, sub.Drain)
					}
				}
				check.ended(sub)
			})
		}
	case 1:
		var feed *RoomFeed
		if feed, err = EachRoom(ctx, c.source, options...); err == nil {
			c.group.Go(func() {
				defer cancel()
				c.consumeRooms(feed, wants, rand.New(rand.NewPCG(random.Uint64(), 4)))
			})
		}
	default:
		var sub *Subscription
		if sub, err = c.source.Subscribe(ctx, options...); err == nil {
			c.group.Go(func() {
				defer cancel()
				check := &continuity{t: c.t, wants: wants}
				for n := range sub.All() {
					handle(check, n, sub.Drain)
				}
				check.ended(sub)
			})
		}
	}
	if err != nil {
		c.t.Errorf("subscribe: %v", err)
		cancel()
	}
}

// consumeRooms reads each room of a feed in its own goroutine.
func (c *chaos) consumeRooms(feed *RoomFeed, wants func(string, decode.Kind) bool, random *rand.Rand) {
	for e := range feed.All() {
		if random.IntN(10) == 0 {
			time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
		}
		if e.Gap != nil {
			continue
		}
		random := rand.New(rand.NewPCG(random.Uint64(), 5))
		c.group.Go(func() {
			check := &continuity{t: c.t, wants: func(room string, kind decode.Kind) bool {
				return room == e.Value.ID() && wants(room, kind)
			}}
			for n := range e.Value.All() {
				check.received(n)
				switch random.IntN(400) {
				case 0, 1, 2, 3:
					time.Sleep(time.Duration(random.IntN(2000)) * time.Millisecond)
				case 4:
					e.Value.Leave()
				case 5:
					feed.Drain()
				}
			}
			check.ended(e.Value)
		})
	}
}

// continuity checks one subscription's sequence.
type continuity struct {
	t     *testing.T
	wants func(roomID string, kind decode.Kind) bool

	last      int // The number received last; 0 before the first.
	gap       Gap // What Gaps since then say.
	delivered uint64
	dropped   uint64
	gaps      uint64
}

func (c *continuity) received(n decode.Notification) {
	if g, ok := n.(Gap); ok {
		c.gap = c.gap.fold(g)
		c.dropped += g.Dropped
		c.gaps++
		return
	}
	c.delivered++
	i := numberOf(n)
	if room, _ := decode.RoomOf(n); !c.wants(room, n.Kind()) {
		c.t.Errorf("received %v, which was not asked for", n)
	}
	if i <= c.last {
		c.t.Errorf("received %d after %d", i, c.last)
	}
	missing := uint64(0)
	for j := c.last + 1; j < i; j++ {
		if c.wants(topicOf(j)) {
			missing++
		}
	}
	switch {
	case c.last == 0: // What arrived before it subscribed isn't lost.
	case c.gap.Outages == 0 && missing != c.gap.Dropped:
		c.t.Errorf("%d are missing between %d and %d, but %v", missing, c.last, i, c.gap)
	case missing < c.gap.Dropped:
		c.t.Errorf("only %d are missing between %d and %d, but %v", missing, c.last, i, c.gap)
	}
	c.last, c.gap = i, Gap{}
}

func (c *continuity) ended(sub interface {
	Err() error
	Stats() SubscriptionStats
}) {
	stats := sub.Stats()
	if stats.Delivered != c.delivered || stats.Gaps != c.gaps {
		c.t.Errorf("received %d and %d gaps, the counters say %+v", c.delivered, c.gaps, stats)
	}
	if delivered := sub.Err() == ErrClosed || sub.Err() == ErrDrained; delivered && stats.Dropped != c.dropped {
		c.t.Errorf("gaps count %d dropped, the counters %d", c.dropped, stats.Dropped)
	}
}
