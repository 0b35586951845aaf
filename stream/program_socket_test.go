package stream

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func TestP1ProgramsAgreeWithTheModel(t *testing.T) {
	testPrograms(t, 300, overWebSocket)
}

// webSocket sends a program's notifications to a notifier, from a cluster of two nodes.
type webSocket struct {
	p        *program
	servers  [2]*jellyfishtest.Server
	running  [2]bool
	at       int // The server that is connected.
	notifier *Notifier
}

func overWebSocket(p *program) transport {
	w := &webSocket{p: p}
	var addresses []string
	for i := range w.servers {
		w.servers[i] = jellyfishtest.Run(p.t, jellyfishtest.Config{InMemory: true, Address: fmt.Sprintf("node-%d.test:1", i)})
		w.running[i] = true
		addresses = append(addresses, w.servers[i].Address())
	}
	var err error
	w.notifier, err = Open(p.t.Context(), Config{
		ServerAddress:     addresses[0],
		FallbackAddresses: addresses[1:],
		ServerAPIToken:    NewSecret(jellyfishtest.Token),
		HTTPClient:        eitherServer(w.servers[:]),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	// With metrics, a handshake has two confirmations, and a place between them.
	if _, err := w.notifier.Subscribe(p.t.Context(), WithMetrics()); err != nil {
		p.t.Fatal(err)
	}
	return w
}

func (w *webSocket) source() Source { return w.notifier }

func (w *webSocket) send(n decode.Notification) {
	if err := w.servers[w.at].Send(n); err != nil {
		w.p.t.Fatal(err)
	}
}

func (w *webSocket) close() { w.notifier.Close() }

func (w *webSocket) step() {
	switch roll := w.p.random.IntN(17); {
	case roll < 5:
		w.garbage()
	case roll < 9:
		w.cut()
	case roll < 11:
		w.cutAndHold()
	case roll < 14:
		w.restart()
	default:
		w.failOver()
	}
}

func (w *webSocket) garbage() {
	w.p.say("garbage")
	w.servers[w.at].SendMessage([]byte{0xff})
	w.p.mark(Gap{Undecodable: 1})
}

// cutAndHold loses the connection and sends something between the confirmations of the
// next handshake. That is delivered directly after the Gap, so the outcome is certain
// only if there is space for both.
func (w *webSocket) cutAndHold() {
	for _, b := range w.p.boxes {
		if m := b.model; !m.ended && len(m.channel)+2 > m.bound.channel {
			w.cut()
			return
		}
	}
	if w.p.feeding() {
		w.cut()
		return
	}
	held := w.p.next()
	w.p.say("hold %d", w.p.sent)
	w.interleave(held)
	w.cut()
	w.interleave()
	w.p.put(held)
	w.p.flush()
}

func (w *webSocket) interleave(ns ...decode.Notification) {
	for _, s := range w.servers {
		if err := s.Interleave(ns...); err != nil {
			w.p.t.Fatal(err)
		}
	}
}

// cut loses the connection.
func (w *webSocket) cut() {
	how := []jellyfishtest.Cut{jellyfishtest.CutClean, jellyfishtest.CutReset, jellyfishtest.CutMidFrame}[w.p.random.IntN(3)]
	w.p.say("cut %v", how)
	w.servers[w.at].Cut(how)
	w.reconnect()
}

func (w *webSocket) restart() {
	w.p.say("restart")
	w.servers[w.at].Stop()
	time.Sleep(time.Duration(w.p.random.IntN(3000)) * time.Millisecond)
	if err := w.servers[w.at].Restart(); err != nil {
		w.p.t.Fatal(err)
	}
	w.reconnect()
}

// failOver stops the connected node for good, or starts the other one.
func (w *webSocket) failOver() {
	other := 1 - w.at
	if !w.running[other] {
		w.p.say("start node %d", other)
		w.running[other] = true
		if err := w.servers[other].Restart(); err != nil {
			w.p.t.Fatal(err)
		}
		return
	}
	w.p.say("stop node %d", w.at)
	w.running[w.at] = false
	w.servers[w.at].Stop()
	w.reconnect()
}

// reconnect waits until the connection is live and marks the outage.
func (w *webSocket) reconnect() {
	gap := Gap{Outages: 1, From: w.servers[w.at].Address()}
	for w.live() < 0 {
		time.Sleep(time.Millisecond)
		synctest.Wait()
	}
	w.at = w.live()
	gap.To = w.servers[w.at].Address()
	w.p.mark(gap)
}

// live returns the index of the connected server, or -1.
func (w *webSocket) live() int {
	synctest.Wait()
	for i, s := range w.servers {
		if w.notifier.State().Phase == Live && w.notifier.State().Address == s.Address() {
			return i
		}
	}
	return -1
}
