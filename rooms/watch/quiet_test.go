package watch

import (
	"context"
	"errors"
	"slices"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// settling is longer than anything in progress may take in the worst case: a request 10
// s, the wait after it 30 s, a connection 12 s.
const settling = 75 * time.Second

// quieten ends all trouble and waits until the view must agree with the servers: at
// first without the help of a periodic listing, if everything was notified.
func (p *program) quieten() {
	p.say("quiet")
	p.line.set(trouble{})
	p.hook.set(0, 0)
	for i, s := range p.servers {
		s.Delay(0)
		s.DropAfterHandshake(0)
		p.startNode(i)
	}
	p.must(p.view.SetNodes(p.addresses()))
	time.Sleep(5 * time.Second) // Delayed notifications may be about rooms that a node has lost.
	if node := p.connected(); node >= 0 {
		p.servers[node].Cut(jellyfishtest.CutClean) // Rooms on unknown nodes end with a Gap.
	}
	p.consume()
	for _, c := range p.consumers {
		c.hurry()
	}
	time.Sleep(settling)
	p.checkFresh()
	if !p.silent {
		p.compare("before a periodic list")
	}
	time.Sleep(p.interval + p.interval/10 + time.Second)
	p.checkFresh()
	p.compare("after a periodic list")
	p.followSlowly()
	p.followCalmly()
	p.misname()
	if p.random.IntN(4) == 0 {
		counts := p.counts()
		time.Sleep(3 * p.interval)
		synctest.Wait()
		if after := p.counts(); !slices.Equal(counts, after) {
			p.Errorf("in the quiet there are %v changes, there were %v", after, counts)
		}
	}
	p.note()
}

// followSlowly does a few things while responses are older than notifications.
func (p *program) followSlowly() {
	if p.silent && p.nodes > 1 {
		return // There may be rooms with the same id.
	}
	p.strict = true
	p.say("slow answers")
	p.line.set(trouble{slow: 95})
	for range p.random.IntN(10) {
		if text := p.chosen(operations()[:ofRooms]).do(p); text != "" {
			p.say("%s", text)
			p.rest(2 * time.Second)
		}
	}
	p.line.set(trouble{})
	time.Sleep(settling)
	p.compare("after slow answers")
}

// followCalmly does a few things one after the other, each of which the view must show
// correctly before a periodic list.
func (p *program) followCalmly() {
	p.strict, p.calm = true, true
	for range p.random.IntN(6) {
		if text := p.chosen(operations()[:ofRooms]).do(p); text != "" {
			p.say("%s", text)
			time.Sleep(healthInterval + 5*time.Second)
			p.compare("in the calm")
		}
		if p.Failed() {
			return
		}
	}
	time.Sleep(time.Minute) // Purges are over by then.
}

func (p *program) counts() []int {
	var counts []int
	for _, c := range p.consumers {
		_, count, _ := c.known()
		counts = append(counts, count)
	}
	return counts
}

func (p *program) checkFresh() {
	synctest.Wait()
	select {
	case <-p.view.Synced():
	default:
		p.Error("the view isn't synced")
	}
	for _, n := range p.view.Nodes() {
		if n.Address == "" {
			continue
		}
		if !n.StaleSince.IsZero() || n.Err != nil || n.Listed.IsZero() {
			p.Errorf("the node is stale: %+v", n)
		}
	}
}

// compare compares the view, and all consumers, with what the nodes list.
func (p *program) compare(when string) {
	p.check()
	var want []Room
	for i, s := range p.servers {
		list, err := p.hands[i].List(p.Context())
		if err != nil {
			p.Fatal(err)
		}
		want = append(want, stateOn(list, s.Address())...)
	}
	want = timeless(sorted(want))
	if got := p.real(stateOf(p.view.Rooms())); !same(want, got) {
		p.Errorf("%s (-servers +view):\n%s\n%+v", when, cmp.Diff(want, got), p.view.Stats())
	}
	for _, c := range p.consumers {
		if known, _, _ := c.known(); !same(want, p.real(known)) {
			p.Errorf("%s (-servers +consumer %d):\n%s", when, c.name, cmp.Diff(want, p.real(known)))
		}
	}
}

// real returns what is known about rooms that are more than a rumour, without times. A
// lost webhook request isn't reported.
func (p *program) real(state []Room) []Room {
	var left []Room
	for _, r := range timeless(state) {
		if r.Node != "" || !p.rumours[r.ID] && !(p.webhooks && p.silent) {
			left = append(left, r)
		}
	}
	return left
}

// misname configures a server twice, or several as one, and expects a report.
func (p *program) misname() {
	var want error
	switch {
	case p.Failed() || p.random.IntN(3) > 0:
		return
	case p.nodes > 1 && p.random.IntN(2) == 0:
		want = ErrBalanced
		for i, s := range p.servers {
			s.SetUptime(time.Duration(i+1) * time.Hour)
		}
		p.must(p.view.SetNodes([]string{p.balance(p.servers...)}))
	default:
		want = ErrSameServer
		created, err := p.hands[0].Create(p.Context(), rooms.RoomConfig{})
		p.must(err)
		for _, s := range p.servers {
			if s.Address() == created.Address {
				p.must(p.view.SetNodes(append(p.addresses(), p.balance(s))))
			}
		}
	}
	p.say("misname: %v", want)
	p.tally.add(want.Error(), 1)
	time.Sleep(2 * time.Minute)
	if nodes := p.view.Nodes(); !slices.ContainsFunc(nodes, func(n Node) bool { return errors.Is(n.Err, want) && !n.StaleSince.IsZero() }) {
		p.Errorf("nothing tells of %v: %+v", want, nodes)
	}
	p.must(p.view.SetNodes(p.addresses()))
	time.Sleep(settling)
	p.checkFresh()
	p.compare("after names were wrong")
}

// note counts what happened to the view.
func (p *program) note() {
	stats := p.view.Stats()
	for what, n := range map[string]uint64{
		"failures": stats.Failures, "gaps": stats.Gaps, "inferred": stats.Inferred, "corrected": stats.Corrected,
	} {
		p.tally.add(what, int(min(n, 1)))
	}
	if p.bounded != nil {
		p.tally.add("dropped", int(min(p.bounded.sub.Stats().Dropped, 1)))
	}
	p.tally.add("programs", 1)
	if !p.silent {
		p.tally.add("programs without anything silent", 1)
	}
	state := stateOf(p.view.Rooms())
	p.tally.add("rooms left", len(state))
	for i := range state {
		if i > 0 && state[i-1].ID == state[i].ID {
			p.tally.add("ids on two nodes", 1)
		}
	}
}

// finish ends the view in one of several ways.
func (p *program) finish() {
	want, state := context.Canceled, stateOf(p.view.Rooms())
	deliver := p.random.IntN(2) == 0
	switch {
	case !deliver:
		p.end()
	case p.webhooks:
		want = stream.ErrClosed
		p.webhook.Close()
	default:
		want = stream.ErrClosed
		p.notifier.Close()
	}
	<-p.view.Done()
	if !errors.Is(p.view.Err(), want) {
		p.Errorf("the view ended with %v, want %v", p.view.Err(), want)
	}
	p.consume()
	for _, c := range p.consumers {
		<-c.done
		known, _, err := c.known()
		if err != nil {
			p.Errorf("consumer %d: %v", c.name, err)
		}
		if deliver && !same(state, known) {
			p.Errorf("at the end (-view +consumer %d):\n%s", c.name, cmp.Diff(state, known))
		}
	}
	if !same(state, stateOf(p.view.Rooms())) {
		p.Error("the end has changed the rooms")
	}
	p.end()
}
