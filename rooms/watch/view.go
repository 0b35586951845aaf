package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// View is the rooms of a server, or of all nodes of a cluster, kept up to date.
// [Start] makes one: the zero value is of no use. Its methods may be called from
// any goroutine.
type View struct {
	ctx      context.Context // Its lifetime.
	source   stream.Source
	log      *slog.Logger
	interval time.Duration
	limits   limits
	synced   chan struct{}
	done     chan struct{}

	// The loop's own.
	client     *rooms.Client
	nodes      []*node
	candidates map[string]*node // By address.
	answers    chan answer
	history    history
	searches   map[string]*search
	searchAt   time.Time       // When the first of them goes on.
	absent     map[string]bool // Rooms that no node has.
	warned     bool
	isSynced   bool

	// What others see.
	mu      sync.Mutex
	current *catalogue
	known   []Node // The nodes.
	feeds   map[*feed]struct{}
	stats   Stats
	over    bool // Nothing changes any more.
	err     error
}

// Start begins to watch; the context is the view's lifetime. It subscribes to the
// source, a [*stream.Notifier] or a [*stream.Webhook], and then has the rooms
// listed by the client, and by others like it for further nodes. It doesn't wait
// for that: see [View.Synced]. The error is that of the subscription, or a
// [*rooms.InputError] for a configuration that can't be used.
func Start(ctx context.Context, client *rooms.Client, source stream.Source, cfg Config) (*View, error) {
	return start(ctx, client, source, cfg, defaultLimits())
}

func start(ctx context.Context, client *rooms.Client, source stream.Source, cfg Config, limits limits) (*View, error) {
	if client == nil {
		return nil, &rooms.InputError{Field: "client", Err: errors.New("is nil")}
	}
	if v := reflect.ValueOf(source); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, &rooms.InputError{Field: "source", Err: errors.New("is nil")}
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	clients, err := cfg.clients(client)
	if err != nil {
		return nil, err
	}
	sub, err := source.Subscribe(ctx, stream.OfKinds(kinds...))
	if err != nil {
		return nil, err
	}
	v := &View{
		ctx:        ctx,
		source:     source,
		log:        cfg.logger(),
		interval:   cfg.listInterval(),
		limits:     limits,
		synced:     make(chan struct{}),
		done:       make(chan struct{}),
		client:     client,
		answers:    make(chan answer),
		candidates: make(map[string]*node),
		searches:   make(map[string]*search),
		absent:     make(map[string]bool),
		current:    &catalogue{},
		feeds:      make(map[*feed]struct{}),
	}
	for _, c := range clients {
		v.addNode(c)
	}
	v.showNodes()
	go v.run(sub)
	return v, nil
}

// Synced returns a channel that is closed when the view is complete for the first
// time: every node was asked, and at least one has answered. What a node that
// didn't is missing is seen in [View.Nodes]. A view that ends before leaves it
// open: select on [View.Done] beside it.
func (v *View) Synced() <-chan struct{} { return v.synced }

// Done returns a channel that is closed when the view has ended. What it showed
// last can still be read.
func (v *View) Done() <-chan struct{} { return v.done }

// Err returns nil until the view has ended, and then why: the context's error, or
// that of the subscription, [stream.Subscription.Err].
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
	v.mu.Lock()
	found, nodes := v.current.find(id), v.known
	v.mu.Unlock()
	if len(found) == 0 {
		return Room{}, false
	}
	for _, r := range found {
		if slices.ContainsFunc(nodes, func(n Node) bool { return n.Address == r.node && n.Err == nil }) {
			return r.public(), true
		}
	}
	return found[0].public(), true
}

func (v *View) snapshot() *catalogue {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

// Nodes returns the nodes that are asked for their rooms, those of the
// configuration first, and how far the view of each can be trusted. While a
// notifier's connection is lost, that of none can.
func (v *View) Nodes() []Node {
	v.mu.Lock()
	nodes := slices.Clone(v.known)
	v.mu.Unlock()
	if notifier, ok := v.source.(*stream.Notifier); ok {
		state := notifier.State()
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
	fmt.Fprintf(f, "watch.View(%d rooms of %d nodes)", v.Rooms().Len(), len(v.Nodes()))
}
