package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Config configures a [View]. The zero value watches the client's own server, and
// lists its rooms every 5 minutes.
type Config struct {
	// Nodes are the addresses of all nodes of the cluster, in the format of
	// [rooms.Client.At]; empty means the client's own. Each must lead to one node,
	// not to a load balancer. Servers that list the rooms of the whole cluster, such
	// as Fishjam's with request routing, are one node. See [View.SetNodes] for nodes
	// that come and go.
	Nodes []string
	// ListInterval is how often all rooms are listed even if nothing seems to be
	// missing, to pick up changes without notifications; 0 means 5 minutes. Each wait
	// is up to a tenth shorter or longer.
	ListInterval time.Duration
	// Logger logs failed listings and corrections; nil disables logging. Its handler
	// must not block.
	Logger *slog.Logger
}

const defaultListInterval = 5 * time.Minute

func (c Config) check() error {
	if c.ListInterval < 0 {
		return input.New("ListInterval", "must not be negative")
	}
	return nil
}

func (c Config) listInterval() time.Duration {
	if c.ListInterval == 0 {
		return defaultListInterval
	}
	return min(c.ListInterval, math.MaxInt64/2)
}

func (c Config) logger() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}

// View is a live view of the rooms of a server, or of all nodes of a cluster. Use
// [Start] to create one. Its methods are safe for concurrent use.
type View struct {
	ctx       context.Context // Its lifetime.
	source    stream.Source
	client    *rooms.Client
	log       *slog.Logger
	interval  time.Duration
	limits    limits
	nodeCalls chan setNodesCall
	responses chan *request
	synced    chan struct{}
	ended     chan struct{} // Closed once err is set.
	done      chan struct{} // Closed once no goroutine of the loop is left.

	// The public state. Only the loop writes it; mu makes a change of current and what
	// the feeds receive one operation.
	mu      sync.Mutex
	current *snapshot
	feeds   feeds
	shown   atomic.Pointer[[]Node]
	stats   Stats
	err     error
}

// Stats are a view's counters since it began.
type Stats struct {
	// Lists is the number of listings of a node, Lookups that of lookups of one room,
	// Checks that of health checks, and Failures that of all failed requests.
	Lists, Lookups, Checks, Failures uint64
	// Gaps is the number of Gaps received from the source.
	Gaps uint64
	// Inferred is how often a listing or a lookup changed a room, Corrected how often
	// a periodic listing did although nothing seemed to be missing.
	Inferred, Corrected uint64
}

// Start creates a view; the context is its lifetime. It subscribes to the source, a
// [*stream.Notifier] or another one, and then lists the rooms with the client, or
// with clients derived from it for the configured nodes. It doesn't wait for that:
// see [View.WaitSynced]. The error is that of the subscription, or a
// [*rooms.InputError] for an invalid configuration.
func Start(ctx context.Context, client *rooms.Client, source stream.Source, cfg Config) (*View, error) {
	return start(ctx, client, source, cfg, defaultLimits())
}

func start(ctx context.Context, client *rooms.Client, source stream.Source, cfg Config, limits limits) (*View, error) {
	if client == nil {
		return nil, input.New("client", "must not be nil")
	}
	addresses := cfg.Nodes
	if len(addresses) == 0 {
		addresses = []string{client.Address()}
	}
	servers, err := serversAt(client, addresses)
	if err != nil {
		return nil, err
	}
	return (&View{client: client, limits: limits}).start(ctx, servers, source, cfg)
}

func (v *View) start(ctx context.Context, servers []server, source stream.Source, cfg Config) (*View, error) {
	if s := reflect.ValueOf(source); !s.IsValid() || s.Kind() == reflect.Pointer && s.IsNil() {
		return nil, input.New("source", "must not be nil")
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	sub, err := source.Subscribe(ctx, stream.OfKinds(kinds...))
	if err != nil {
		return nil, err
	}
	v.ctx, v.source, v.log, v.interval = ctx, source, cfg.logger(), cfg.listInterval()
	v.nodeCalls, v.responses = make(chan setNodesCall), make(chan *request)
	v.synced, v.ended, v.done = make(chan struct{}), make(chan struct{}), make(chan struct{})
	v.current, v.feeds = &snapshot{}, newFeeds()
	l := newLoop(v)
	l.setNodes(servers, time.Now())
	go l.run(sub)
	return v, nil
}

// serversAt returns the server at each address, each server once.
func serversAt(client *rooms.Client, addresses []string) ([]server, error) {
	var servers []server
	for i, address := range addresses {
		c, err := client.At(address)
		if err != nil {
			if refused := (*rooms.InputError)(nil); errors.As(err, &refused) {
				err = refused.Err // It names a different field.
			}
			return nil, input.New(fmt.Sprintf("Nodes[%d]", i), "%w", err)
		}
		if !slices.ContainsFunc(servers, func(other server) bool { return other.Address() == c.Address() }) {
			servers = append(servers, jellyfish{c})
		}
	}
	return servers, nil
}

// setNodesCall is a call of SetNodes, sent to the loop.
type setNodesCall struct {
	servers []server
	applied chan struct{}
}

// SetNodes replaces the list of nodes, as in [Config].Nodes. It is for programs that
// discover nodes while they run, such as by DNS; nodes that are already known aren't
// affected. Equivalent addresses are one node. When it returns, the rooms of removed
// nodes are gone from the view, as inferred changes, and late responses of such a
// node are ignored. A node that is added again is a new one. Without addresses there
// are no nodes. Views of hosted Fishjam have no nodes that could be replaced.
//
// The error is a [*rooms.InputError] for an invalid address, and then nothing has
// changed, or the reason why the view has ended.
func (v *View) SetNodes(addresses []string) error {
	if v.client == nil {
		return errNoNodes()
	}
	servers, err := serversAt(v.client, addresses)
	if err != nil {
		return err
	}
	n := setNodesCall{servers, make(chan struct{})}
	select {
	case v.nodeCalls <- n:
		<-n.applied
		return nil
	case <-v.ended:
		return v.Err()
	}
}

// Synced returns a channel that is closed when the view is complete for the first
// time: every node was listed, and at least one has responded. See [View.Nodes] for
// those that didn't. If the view ends before, the channel is never closed: also
// select on [View.Done], or call [View.WaitSynced].
func (v *View) Synced() <-chan struct{} { return v.synced }

// WaitSynced waits until the view is complete for the first time, see [View.Synced].
// The error is the context's, or that of the view if it ended before.
func (v *View) WaitSynced(ctx context.Context) error {
	select {
	case <-v.synced:
		return nil
	default:
	}
	select {
	case <-v.synced:
		return nil
	case <-v.ended:
		return v.Err()
	case <-ctx.Done():
		return lifetime.Err(ctx)
	}
}

// Done returns a channel that is closed when the view has ended. Its last state can
// still be read.
func (v *View) Done() <-chan struct{} { return v.done }

// Err returns nil until the view has ended, and then the reason: the context's error,
// that of the subscription, see [stream.Subscription.Err], or [rooms.ErrUnauthorized]
// if all nodes refuse the token. It is set before any channel of the view is closed.
func (v *View) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// Rooms returns a snapshot of the current rooms, in constant time.
func (v *View) Rooms() Rooms { return Rooms{v.snapshot()} }

// Room returns the current state of the room with the given id, and whether there is
// one. If several nodes of a cluster have a room with the same id, it is one of a
// node that responds, if there is one.
func (v *View) Room(id string) (Room, bool) {
	found := v.snapshot().find(id)
	if len(found) == 0 {
		return Room{}, false
	}
	nodes := *v.shown.Load()
	for _, r := range found {
		if slices.ContainsFunc(nodes, func(n Node) bool { return n.Address == r.node && n.Err == nil }) {
			return r.public(), true
		}
	}
	return found[0].public(), true
}

func (v *View) snapshot() *snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

// Stats returns the view's counters.
func (v *View) Stats() Stats {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stats
}

func (v *View) count(what func(*Stats)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	what(&v.stats)
}

// connection is a source that reports the state of its connection.
type connection interface{ State() stream.State }

// Nodes returns the status of the nodes, in the order in which they were configured. While
// a notifier's connection is lost, all of them are stale. If there are rooms that are
// on none of these nodes, the last element has no address and [ErrNotNamed].
func (v *View) Nodes() []Node {
	nodes := slices.Clone(*v.shown.Load())
	if c, ok := v.source.(connection); ok {
		state := c.State()
		for i := range nodes {
			switch {
			case state.Phase != stream.Live:
				nodes[i].markStale(state.Since)
			case nodes[i].Listed.Before(state.Since):
				nodes[i].markStale(nodes[i].Listed) // The Gap hasn't been handled yet.
			}
		}
	}
	return nodes
}

// Format prints the number of rooms and nodes, whatever the verb.
func (v *View) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "watch.View(%d rooms of %d nodes)", v.Rooms().Len(), len(*v.shown.Load()))
}

// publish makes a snapshot the current one, and notifies the consumers.
func (v *View) publish(s *snapshot, steps []step) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = s
	v.feeds.push(steps)
}

// end records why the view has ended.
func (v *View) end(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
	close(v.ended)
	v.feeds.wake()
}
