package watch

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// someNode returns a running node.
func (p *program) someNode() (int, bool) {
	var running []int
	for i, is := range p.running {
		if is {
			running = append(running, i)
		}
	}
	return one(p, running)
}

// connected returns the node that the notifier is connected to, or -1.
func (p *program) connected() int {
	if p.notifier == nil {
		return -1
	}
	state := p.notifier.State()
	for i, s := range p.servers {
		if state.Phase == stream.Live && state.Address == s.Address() {
			return i
		}
	}
	return -1
}

func (p *program) cut() string {
	node := p.connected()
	if node < 0 || p.random.IntN(4) == 0 {
		node = p.random.IntN(p.nodes)
	}
	how := p.random.IntN(4)
	if how == 3 {
		p.servers[node].CloseConnections(1011, "")
	} else {
		p.servers[node].Cut(jellyfishtest.Cut(how))
		p.hands[node].CloseIdleConnections() // A POST on one that was just cut can't be repeated.
	}
	return fmt.Sprintf("cut %d of node %d", how, node)
}

func (p *program) drop() string {
	for _, s := range p.servers {
		s.DropAfterHandshake(1 + p.random.IntN(2))
	}
	return "drop the next connections"
}

// garbage sends a message that isn't of the protocol, which leaves a Gap.
func (p *program) garbage() string {
	node, ok := p.someNode()
	if !ok || p.notifier == nil {
		return ""
	}
	p.servers[node].SendMessage([]byte{0xff})
	return "garbage"
}

// stopNode stops a node, which loses its rooms. Clients of another node get no
// notification (Jellyfish protocol, section 1.7).
func (p *program) stopNode() string {
	node, ok := p.someNode()
	if !ok {
		return ""
	}
	if other := p.connected(); p.notifier == nil || other >= 0 && other != node {
		if p.strict {
			return ""
		}
		p.silent = true
	}
	p.servers[node].Stop()
	p.hands[node].CloseIdleConnections()
	p.running[node] = false
	return fmt.Sprintf("stop node %d", node)
}

func (p *program) startSome() string {
	node := p.random.IntN(p.nodes)
	if p.running[node] {
		return ""
	}
	p.startNode(node)
	return fmt.Sprintf("start node %d", node)
}

func (p *program) startNode(i int) {
	if !p.running[i] {
		p.must(p.servers[i].Restart())
		p.running[i] = true
		p.begin(i)
	}
}

// begin records that a node has started, each some hours after the next one: a room
// with the same id would make two nodes that started together look like one.
func (p *program) begin(i int) {
	p.servers[i].SetUptime(time.Duration(i) * 10 * time.Hour)
	p.started[i] = time.Now()
}

// resetNode makes a node lose its rooms, like a restart behind a proxy that keeps the
// connections. Only its uptime, in whole seconds, shows that.
func (p *program) resetNode() string {
	node, ok := p.someNode()
	if !ok {
		return ""
	}
	named := slices.ContainsFunc(p.view.Nodes(), func(n Node) bool { return n.Address == p.servers[node].Address() })
	if !named || p.webhooks || node == p.connected() || time.Since(p.started[node]) < 3*time.Second {
		if p.strict {
			return ""
		}
		p.silent = true
	}
	p.servers[node].Reset()
	p.begin(node)
	return fmt.Sprintf("reset node %d", node)
}

// nameNodes configures some of the nodes, or one of them by an address that it shares
// with others, until the configuration is right again.
func (p *program) nameNodes() string {
	var names []string
	for _, name := range p.addresses() {
		if p.random.IntN(3) > 0 {
			names = append(names, name)
		}
	}
	if p.random.IntN(3) == 0 {
		nodes := p.servers
		if p.random.IntN(2) == 0 {
			nodes = p.servers[:1]
		}
		names = append(names, p.balance(nodes...))
	}
	p.must(p.view.SetNodes(names))
	return fmt.Sprintf("name %v", names)
}

// balance makes an additional address lead to some nodes.
func (p *program) balance(nodes ...*jellyfishtest.Server) string {
	if p.balancer == nil {
		p.balancer = jellyfishtest.RunBalancer(p, "balanced.test:5002", nodes...)
	}
	p.must(p.balancer.SetNodes(nodes...))
	return p.balancer.Address()
}

// delay makes notifications arrive late.
func (p *program) delay() string {
	delay := time.Duration(p.random.IntN(3)) * time.Duration(p.random.IntN(2000)) * time.Millisecond
	if p.webhooks {
		p.hook.set(min(delay, 4*time.Second), 0)
	}
	for _, s := range p.servers {
		s.Delay(delay)
	}
	return fmt.Sprintf("delay %v", delay)
}

// silence makes a node hang. What it would have sent is lost; a client that is
// connected to it notices only if that takes long enough.
func (p *program) silence() string {
	node, ok := p.someNode()
	if !ok {
		return ""
	}
	length := time.Duration(1+p.random.IntN(70)) * time.Second
	if p.notifier != nil && length < 45*time.Second {
		if p.strict {
			length += 45 * time.Second
		} else {
			p.silent = true
		}
	}
	p.servers[node].Silence(true)
	time.Sleep(length / 2)
	text := ""
	if room, ok := one(p, p.rooms); ok && p.servers[room.node].CrashRoom(room.id) == nil {
		text = ", meanwhile room " + room.id + " crashes"
	}
	time.Sleep(length / 2)
	p.servers[node].Silence(false)
	return fmt.Sprintf("silence of node %d for %v%s", node, length, text)
}

// loseWebhooks makes the receiver refuse the next requests, which isn't reported to the
// view (Jellyfish protocol, section 3.4).
func (p *program) loseWebhooks() string {
	if !p.webhooks {
		return ""
	}
	p.silent = true
	lose := 1 + p.random.IntN(5)
	p.hook.set(0, lose)
	return fmt.Sprintf("lose %d webhooks", lose)
}

// hook is the receiver of webhooks: it passes them on, late, or loses them.
type hook struct {
	receiver http.Handler

	mu    sync.Mutex
	delay time.Duration
	lose  int
}

func (h *hook) set(delay time.Duration, lose int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delay, h.lose = delay, lose
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	delay, lost := h.delay, h.lose > 0
	h.lose = max(0, h.lose-1)
	h.mu.Unlock()
	if lost {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if sleep(r.Context(), delay) == nil {
		h.receiver.ServeHTTP(w, r)
	}
}

// setTrouble changes how slow and unreliable the view's requests are.
func (p *program) setTrouble() string {
	t, _ := one(p, []trouble{{}, {slow: 20}, {slow: 60, fails: 10}, {fails: 50}, {slow: 95}})
	p.line.set(t)
	return fmt.Sprintf("line %+v", t)
}

// overflow makes more happen than the view's subscription holds, while the view waits
// for its logger.
func (p *program) overflow() string {
	node, ok := p.someNode()
	if !ok {
		return ""
	}
	created, err := p.hands[node].Create(p.Context(), rooms.RoomConfig{})
	p.must(err)
	for i, s := range p.servers {
		if s.Address() == created.Address {
			node = i
		}
	}
	p.rooms = append(p.rooms, home{created.Room.ID, node})
	file, err := p.hands[node].AddComponent(p.Context(), created.Room.ID, rooms.FileOptions{FilePath: "video.h264"})
	p.must(err)
	stall := time.Duration(1+p.random.IntN(3000)) * time.Millisecond
	p.slow.stallFor(stall)
	p.line.failOnce()
	p.cut()
	time.Sleep(stall / 2)
	count := 70 + p.random.IntN(60)
	for i := range count {
		if err := p.servers[node].AddTrack(created.Room.ID, file.ID, decode.Track{ID: fmt.Sprint("burst-", i)}); err != nil {
			break // The room has ended for another reason.
		}
		if i%10 == 9 {
			p.happening()
		}
	}
	if p.random.IntN(4) > 0 {
		_ = p.servers[node].CrashRoom(created.Room.ID) // It is large, and may have ended by now.
	}
	return fmt.Sprintf("%d tracks in room %s while the view waits for %v", count, created.Room.ID, stall)
}

// happening does something else, one of many.
func (p *program) happening() {
	if text := p.chosen(operations()[:ofRooms]).do(p); text != "" {
		p.say("  %s", text)
	}
}

// slowLog is a slow log handler.
type slowLog struct {
	slog.Handler

	mu    sync.Mutex
	stall time.Duration
}

func (l *slowLog) stallFor(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stall = d
}

func (l *slowLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *slowLog) Handle(context.Context, slog.Record) error {
	l.mu.Lock()
	stall := l.stall
	l.stall = 0
	l.mu.Unlock()
	time.Sleep(stall)
	return nil
}
