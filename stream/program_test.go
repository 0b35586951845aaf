package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// testPrograms runs random programs of up to 60 steps with the real thing, including a
// server, and with the model, and compares the outcome after each step.
// JELLYFISH_PROGRAMS is the number of programs, JELLYFISH_SEED runs the one with that
// seed.
func testPrograms(t *testing.T, programs int, over func(*program) transport) {
	t.Helper()
	forEachProgram(t, programs, func(t *testing.T, seed uint64) {
		synctest.Test(t, func(t *testing.T) {
			p := &program{t: t, random: rand.New(rand.NewPCG(seed, 0))}
			p.over = over(p)
			defer func() {
				if t.Failed() {
					t.Logf("JELLYFISH_SEED=%d:\n%s", seed, strings.Join(p.log, "\n"))
				}
			}()
			p.run()
		})
	})
}

// forEachProgram runs one program per seed, on all processors.
func forEachProgram(t *testing.T, programs int, run func(*testing.T, uint64)) {
	t.Helper()
	if seed, err := strconv.ParseUint(os.Getenv("JELLYFISH_SEED"), 10, 64); err == nil {
		run(t, seed)
		return
	}
	if n, err := strconv.Atoi(os.Getenv("JELLYFISH_PROGRAMS")); err == nil {
		programs = n
	}
	first := rand.Uint64() >> 1
	t.Logf("%d programs from JELLYFISH_SEED=%d on", programs, first)
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		t.Run(fmt.Sprintf("worker %d", w), func(t *testing.T) {
			t.Parallel()
			for i := w; i < programs && !t.Failed(); i += workers {
				run(t, first+uint64(i))
			}
		})
	}
}

// program is a run of the real thing next to the model.
type program struct {
	t      *testing.T
	random *rand.Rand
	log    []string
	over   transport
	boxes  []*pair
	feeds  []*feedPair
	sent   int
}

// transport delivers a program's notifications.
type transport interface {
	source() Source
	// send sends a notification to the source.
	send(n decode.Notification)
	// step does something that is specific to the transport.
	step()
	// close ends the source.
	close()
}

// pair is a subscription, or a feed's room, and its model.
type pair struct {
	sub interface {
		Err() error
		Stats() SubscriptionStats
	}
	// receive returns the next element of the channel, if there is one.
	receive func() (batch []decode.Notification, open, came bool)
	model   *modelBox
	drain   func()
	cancel  func()
	ofFeed  bool // It is served by its feed.
}

// feedPair is a room feed and its model.
type feedPair struct {
	feed   *RoomFeed
	cancel context.CancelFunc
	model  *modelFeed
}

func (p *program) run() {
	for range 1 + p.random.IntN(60) {
		if p.step(); p.t.Failed() {
			return
		}
	}
	p.say("close")
	p.over.close()
	for _, b := range p.boxes {
		if !b.ofFeed {
			b.model.end(ErrClosed, true)
		}
	}
	for _, f := range p.feeds {
		f.model.end(ErrClosed, true)
	}
	p.settle()
	for i := range p.feeds {
		p.take(i, 1000)
	}
	for i := range p.boxes {
		p.read(i, 1000)
	}
}

func (p *program) say(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf(format, args...))
}

func (p *program) step() {
	switch roll := p.random.IntN(100); {
	case roll < 15 || len(p.boxes) == 0:
		p.subscribe()
	case roll < 55:
		p.send(1 + p.random.IntN(8))
	case roll < 75:
		p.read(p.random.IntN(len(p.boxes)), 1+p.random.IntN(12))
	case roll < 78:
		p.drain(p.random.IntN(len(p.boxes)))
	case roll < 81:
		p.cancel(p.random.IntN(len(p.boxes)))
	case roll < 83:
		p.openFeed()
	case roll < 88 && len(p.feeds) > 0:
		p.take(p.random.IntN(len(p.feeds)), 1+p.random.IntN(4))
	case roll < 89 && len(p.feeds) > 0:
		p.endFeed(p.random.IntN(len(p.feeds)))
	case roll < 91:
		p.rest()
	default:
		p.over.step()
	}
	p.settle()
}

// settle waits until everything has settled and compares the counters.
func (p *program) settle() {
	synctest.Wait()
	for i, f := range p.feeds {
		want := f.model.stats
		want.Open, want.Waiting = len(f.model.open), f.model.waitingRooms()
		if got := f.feed.Stats(); want != got {
			p.t.Errorf("counters of feed %d (-model +real):\n%s", i, cmp.Diff(want, got))
		}
		if closed := f.feed.Err() != nil; closed != f.model.closed() {
			p.t.Errorf("feed %d is closed: %v, in the model %v", i, closed, f.model.closed())
		}
	}
	for i, b := range p.boxes {
		got := b.sub.Stats()
		want := b.model.stats
		want.Queued, want.QueuedBytes = b.model.items(), got.QueuedBytes
		// The pump counts what it has delivered only when it takes the next.
		if len(b.model.hand) == 1 {
			got.Delivered, got.Gaps, want.Delivered, want.Gaps = 0, 0, 0, 0
		}
		if want != got {
			p.t.Errorf("counters of subscription %d (-model +real):\n%s", i, cmp.Diff(want, got))
		}
		if closed := b.sub.Err() != nil; closed != b.model.closed() {
			p.t.Errorf("subscription %d is closed: %v, in the model %v", i, closed, b.model.closed())
		}
	}
}

// rest lets time pass, in which a feed may forget what it remembers.
func (p *program) rest() {
	p.say("rest")
	time.Sleep(time.Duration(p.random.IntN(40)) * time.Second)
}

var programRooms = []string{"a", "b", "c"}

func (p *program) subscribe() {
	bounds := bound{channel: 1 + p.random.IntN(4), items: 1 + p.random.IntN(5), bytes: queuedBytes}
	wants := func(decode.Notification) bool { return true }
	options := []Option{func(s *settings) { s.bound = bounds }}
	switch p.random.IntN(3) {
	case 1:
		room := programRooms[p.random.IntN(len(programRooms))]
		options = append(options, InRooms(room, "nowhere"))
		wants = func(n decode.Notification) bool { r, _ := decode.RoomOf(n); return r == room }
	case 2:
		options = append(options, OfKinds(decode.KindPeerConnected))
		wants = func(n decode.Notification) bool { return n.Kind() == decode.KindPeerConnected }
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	model := &modelBox{bound: bounds, wants: wants}
	var pair *pair
	var err error
	if p.random.IntN(3) == 0 {
		model.most = batchSize
		var sub *BatchSubscription
		if sub, err = Batches(ctx, p.over.source(), options...); err == nil {
			pair = newPair(sub, receiver(sub.Batches(), func(b []decode.Notification) []decode.Notification { return b }), cancel, model)
		}
	} else {
		var sub *Subscription
		if sub, err = p.over.source().Subscribe(ctx, options...); err == nil {
			pair = newPair(sub, receiver(sub.Notifications(), alone), cancel, model)
		}
	}
	if err != nil {
		cancel()
		p.t.Fatalf("Subscribe: %v", err)
	}
	p.t.Cleanup(cancel)
	p.say("subscribe %d: %d in the channel, %d queued, in batches of %d", len(p.boxes), bounds.channel, bounds.items, model.most)
	p.boxes = append(p.boxes, pair)
}

// alone returns a batch of one notification.
func alone(n decode.Notification) []decode.Notification { return []decode.Notification{n} }

func receiver[E any](channel <-chan E, batch func(E) []decode.Notification) func() ([]decode.Notification, bool, bool) {
	return func() (received []decode.Notification, open, came bool) {
		select {
		case e, open := <-channel:
			if !open {
				return nil, false, true
			}
			return batch(e), true, true
		default:
			return nil, false, false
		}
	}
}

// subscription is what a Subscription and a BatchSubscription have in common.
type subscription interface {
	Err() error
	Stats() SubscriptionStats
	Drain()
}

func newPair(sub subscription, receive func() ([]decode.Notification, bool, bool), cancel func(), model *modelBox) *pair {
	return &pair{
		sub:     sub,
		receive: receive,
		model:   model,
		drain: func() {
			sub.Drain()
			model.end(ErrDrained, true)
		},
		cancel: func() {
			cancel()
			model.end(context.Canceled, false)
		},
	}
}

func (p *program) openFeed() {
	bounds := bound{channel: 1 + p.random.IntN(4), items: 1 + p.random.IntN(5), bytes: queuedBytes, rooms: 1 + p.random.IntN(3)}
	wants := func(decode.Kind) bool { return true }
	options := []Option{func(s *settings) { s.bound = bounds }}
	if p.random.IntN(3) == 0 {
		options = append(options, OfKinds(decode.KindPeerConnected))
		wants = func(k decode.Kind) bool { return k == decode.KindPeerConnected }
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	feed, err := EachRoom(ctx, p.over.source(), options...)
	if err != nil {
		p.t.Fatalf("EachRoom: %v", err)
	}
	p.say("feed %d: %+v", len(p.feeds), bounds)
	p.feeds = append(p.feeds, &feedPair{feed, cancel, newModelFeed(bounds, wants)})
}

// take receives rooms and Gaps from a feed.
func (p *program) take(i, count int) {
	p.say("take up to %d of feed %d", count, i)
	f := p.feeds[i]
	for range count {
		var got Event[*RoomSubscription]
		var open, came bool
		select {
		case got, open = <-f.feed.Rooms():
			came = true
		default:
		}
		synctest.Wait()
		want, due, end := f.model.receive()
		if came != (due || end) || came && open == end {
			p.t.Errorf("feed %d gave %+v (came %v, open %v), the model %+v (due %v, end %v)", i, got, came, open, want, due, end)
			return
		}
		switch {
		case end:
			if !errors.Is(f.feed.Err(), f.model.cause) {
				p.t.Errorf("feed %d ended with %v, the model with %v", i, f.feed.Err(), f.model.cause)
			}
			return
		case !due:
			return
		case want.room == nil:
			if got.Gap == nil || !sameElement(*got.Gap, want.gap) {
				p.t.Errorf("feed %d gave %+v, the model %v", i, got, want.gap)
			}
		case got.Value == nil || got.Value.ID() != want.room.id:
			p.t.Errorf("feed %d gave %+v, the model room %s", i, got, want.room.id)
		default:
			p.say("room %d is %s of feed %d", len(p.boxes), want.room.id, i)
			leave := func() {
				got.Value.Leave()
				f.model.leave(want.room)
			}
			p.boxes = append(p.boxes, &pair{
				sub:     got.Value,
				receive: receiver(got.Value.Notifications(), alone),
				model:   want.room.box,
				drain:   leave,
				cancel:  leave,
				ofFeed:  true,
			})
		}
	}
}

func (p *program) endFeed(i int) {
	f := p.feeds[i]
	if p.random.IntN(2) == 0 {
		p.say("drain feed %d", i)
		f.feed.Drain()
		f.model.end(ErrDrained, true)
		return
	}
	p.say("cancel feed %d", i)
	f.cancel()
	f.model.end(context.Canceled, false)
}

// feeding reports whether a feed or any of its rooms is open. What a feed has in hand
// depends on its goroutine, so the outcome of several notifications at once isn't
// certain.
func (p *program) feeding() bool {
	for _, f := range p.feeds {
		if !f.model.over {
			return true
		}
	}
	return false
}

// next makes a notification. No two about a peer are equal.
func (p *program) next() decode.Notification {
	p.sent++
	room, id := programRooms[p.random.IntN(len(programRooms))], strconv.Itoa(p.sent)
	switch p.random.IntN(10) {
	case 0:
		return decode.RoomCreated{RoomID: room}
	case 1:
		return decode.RoomDeleted{RoomID: room}
	case 2:
		return decode.RoomCrashed{RoomID: room}
	case 3, 4, 5:
		return decode.PeerCrashed{RoomID: room, PeerID: id}
	}
	return decode.PeerConnected{RoomID: room, PeerID: id}
}

func (p *program) send(count int) {
	p.say("send %d, from %d on", count, p.sent+1)
	for range count {
		n := p.next()
		p.over.send(n)
		synctest.Wait()
		p.put(n)
		p.flush()
	}
}

// flush must be called when the source has nothing more at once.
func (p *program) flush() {
	for _, b := range p.boxes {
		b.model.flush()
	}
}

func (p *program) put(n decode.Notification) {
	for _, b := range p.boxes {
		if !b.ofFeed {
			b.model.put(n)
		}
	}
	for _, f := range p.feeds {
		f.model.put(n)
	}
}

func (p *program) mark(g Gap) {
	for _, b := range p.boxes {
		if !b.ofFeed {
			b.model.mark(g)
		}
	}
	for _, f := range p.feeds {
		f.model.mark(g)
	}
}

func (p *program) read(i, count int) {
	p.say("read up to %d of %d", count, i)
	b := p.boxes[i]
	for range count {
		want, end := b.model.receive()
		got, open, came := b.receive()
		synctest.Wait()
		if came != (want != nil || end) || came && open == end {
			p.t.Errorf("subscription %d gave %v (came %v, open %v), the model %v (end %v)", i, got, came, open, want, end)
			return
		}
		if !slices.EqualFunc(want, got, sameElement) {
			p.t.Errorf("subscription %d (-model +real):\n%s", i, cmp.Diff(want, got))
			return
		}
		if end && !errors.Is(b.sub.Err(), b.model.cause) {
			p.t.Errorf("subscription %d ended with %v, the model with %v", i, b.sub.Err(), b.model.cause)
		}
		if want == nil {
			return
		}
	}
}

// sameElement compares two elements of a channel. The model knows neither when an
// outage was nor why.
func sameElement(a, b decode.Notification) bool { return timeless(a) == timeless(b) }

func timeless(n decode.Notification) decode.Notification {
	if gap, ok := n.(Gap); ok {
		gap.Since, gap.Until, gap.Err = time.Time{}, time.Time{}, nil
		return gap
	}
	return n
}

func (p *program) drain(i int) {
	p.say("drain %d", i)
	p.boxes[i].drain()
}

func (p *program) cancel(i int) {
	p.say("cancel %d", i)
	p.boxes[i].cancel()
}
