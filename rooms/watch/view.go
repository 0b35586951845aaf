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

// Config says what to watch, and how. The zero value is the one server of the
// client, listed every 5 minutes.
type Config struct {
	// Nodes are the addresses of all nodes of the cluster, as [rooms.Client.At]
	// takes them; none stands for the client's own. Each must lead to one node, not
	// to a load balancer in front of several. Servers that list the rooms of the
	// whole cluster, as Fishjam's with request routing do, are one node. See
	// [View.SetNodes] for nodes that come and go.
	Nodes []string
	// ListInterval is how often all rooms are listed though nothing seems to be
	// missing, to correct what no notification told; 0 means 5 minutes. Each
	// wait is up to a tenth shorter or longer.
	ListInterval time.Duration
	// Logger is told of lists that fail and of what they corrected; nil means
	// silence. Its handler must not block.
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

// View is the rooms of a server, or of all nodes of a cluster, kept up to date.
// [Start] makes one: the zero value is of no use. Its methods may be called from
// any goroutine.
type View struct {
	ctx      context.Context // Its lifetime.
	source   stream.Source
	client   *rooms.Client
	log      *slog.Logger
	interval time.Duration
	limits   limits
	naming   chan naming
	answers  chan answer
	synced   chan struct{}
	ended    chan struct{} // Closed when err is set.
	done     chan struct{} // Closed when no goroutine of the loop is left.

	// What others see. The loop alone writes it; mu makes the changes of current
	// one with what the feeds are told.
	mu      sync.Mutex
	current *snapshot
	feeds   feeds
	shown   atomic.Pointer[[]Node]
	stats   Stats
	err     error
}

// Stats are a view's counters since it began.
type Stats struct {
	// Lists counts the times that a node listed all its rooms, Lookups those that
	// it was asked for one, Checks those that it was asked for its uptime alone,
	// Failures those that any of these failed.
	Lists, Lookups, Checks, Failures uint64
	// Gaps counts the Gaps that the source told of.
	Gaps uint64
	// Inferred counts how often a list or a lookup changed a room, Corrected how
	// often a periodic list did, though nothing seemed to be missing.
	Inferred, Corrected uint64
}

// Start begins to watch; the context is the view's lifetime. It subscribes to the
// source, a [*stream.Notifier] or another one, and then has the rooms listed by the
// client, or by others like it for the nodes of the configuration. It doesn't wait
// for that: see [View.WaitSynced]. The error is that of the subscription, or a
// [*rooms.InputError] for a configuration that can't be used.
func Start(ctx context.Context, client *rooms.Client, source stream.Source, cfg Config) (*View, error) {
	return start(ctx, client, source, cfg, defaultLimits())
}

func start(ctx context.Context, client *rooms.Client, source stream.Source, cfg Config, limits limits) (*View, error) {
	if client == nil {
		return nil, input.New("client", "must not be nil")
	}
	if v := reflect.ValueOf(source); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, input.New("source", "must not be nil")
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	addresses := cfg.Nodes
	if len(addresses) == 0 {
		addresses = []string{client.Address()}
	}
	named, err := clientsFor(client, addresses)
	if err != nil {
		return nil, err
	}
	sub, err := source.Subscribe(ctx, stream.OfKinds(kinds...))
	if err != nil {
		return nil, err
	}
	v := &View{
		ctx: ctx, source: source, client: client, log: cfg.logger(), interval: cfg.listInterval(), limits: limits,
		naming: make(chan naming), answers: make(chan answer),
		synced: make(chan struct{}), ended: make(chan struct{}), done: make(chan struct{}),
		current: &snapshot{}, feeds: newFeeds(),
	}
	l := newLoop(v)
	l.setNodes(named, time.Now())
	go l.run(sub)
	return v, nil
}

// clientsFor returns a client for each node, each node once.
func clientsFor(client *rooms.Client, addresses []string) ([]*rooms.Client, error) {
	var clients []*rooms.Client
	for i, address := range addresses {
		c, err := client.At(address)
		if err != nil {
			if refused := (*rooms.InputError)(nil); errors.As(err, &refused) {
				err = refused.Err // It names another field.
			}
			return nil, input.New(fmt.Sprintf("Nodes[%d]", i), "%w", err)
		}
		if !slices.ContainsFunc(clients, func(other *rooms.Client) bool { return other.Address() == c.Address() }) {
			clients = append(clients, c)
		}
	}
	return clients, nil
}

// naming is a call of SetNodes on its way to the loop.
type naming struct {
	clients []*rooms.Client
	applied chan struct{}
}

// SetNodes says which nodes the cluster has from now on: all of them, as
// [Config.Nodes] does. It is for programs that find out about nodes while they
// run, by DNS for example; naming those that are known already changes nothing.
// Addresses that mean the same are one node. When it returns, the rooms of nodes
// that are no longer named are gone from the view, as inferred changes, and nothing
// that such a node still answers counts. A node that is named again is a new one.
// Without addresses there are no nodes.
//
// The error is a [*rooms.InputError] for an address that can't be used, and then
// nothing has changed, or why the view has ended.
func (v *View) SetNodes(addresses []string) error {
	clients, err := clientsFor(v.client, addresses)
	if err != nil {
		return err
	}
	n := naming{clients, make(chan struct{})}
	select {
	case v.naming <- n:
		<-n.applied
		return nil
	case <-v.ended:
		return v.Err()
	}
}

// Synced returns a channel that is closed when the view is complete for the first
// time: every node was asked, and at least one has answered. What a node that
// didn't is missing is seen in [View.Nodes]. A view that ends before leaves it
// open: select on [View.Done] beside it, or call [View.WaitSynced].
func (v *View) Synced() <-chan struct{} { return v.synced }

// WaitSynced waits until the view is complete for the first time, as
// [View.Synced] has it. The error is the context's, or that of a view that ended
// before.
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

// Done returns a channel that is closed when the view has ended. What it showed
// last can still be read.
func (v *View) Done() <-chan struct{} { return v.done }

// Err returns nil until the view has ended, and then why: the context's error,
// that of the subscription, [stream.Subscription.Err], or
// [rooms.ErrUnauthorized] when all nodes refuse the token. It is set before any
// channel of the view is closed.
func (v *View) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// Rooms returns the rooms of this moment. It takes no longer for many rooms than
// for few.
func (v *View) Rooms() Rooms { return Rooms{v.snapshot()} }

// Room returns a room of this moment. Where several nodes of a cluster have a
// room with the same id, it is one of a node that answers, if there is one.
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

// connection is a source that knows how its connection is.
type connection interface{ State() stream.State }

// Nodes returns the nodes in the order in which they were named, and how far the
// view of each can be trusted. While a notifier's connection is lost, that of none
// can. If there are rooms that no named node has, the last one has no address and
// [ErrNotNamed].
func (v *View) Nodes() []Node {
	nodes := slices.Clone(*v.shown.Load())
	if c, ok := v.source.(connection); ok {
		state := c.State()
		for i := range nodes {
			switch {
			case state.Phase != stream.Live:
				nodes[i].doubt(state.Since)
			case nodes[i].Listed.Before(state.Since):
				nodes[i].doubt(nodes[i].Listed) // The Gap is yet to be taken in.
			}
		}
	}
	return nodes
}

// Format prints how many rooms and nodes there are, whatever the verb.
func (v *View) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "watch.View(%d rooms of %d nodes)", v.Rooms().Len(), len(*v.shown.Load()))
}

// publish makes a snapshot the one that is seen, and tells those who follow.
func (v *View) publish(s *snapshot, steps []step) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.current = s
	v.feeds.push(steps)
}

// end makes it known why the view has ended.
func (v *View) end(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
	close(v.ended)
	v.feeds.wake()
}
