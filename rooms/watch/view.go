package watch

import (
	"context"
	"errors"
	"log/slog"
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
	client   *rooms.Client
	nodes    []*node
	aliases  map[string]bool // Other addresses of theirs.
	answers  chan answer
	history  history
	searches map[string]*search
	searchAt time.Time            // When the first of them goes on.
	absent   map[string]time.Time // Rooms that no node has, and until when to believe it.
	isSynced bool

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
	if source == nil {
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
		ctx:      ctx,
		source:   source,
		log:      cfg.logger(),
		interval: cfg.listInterval(),
		limits:   limits,
		synced:   make(chan struct{}),
		done:     make(chan struct{}),
		client:   client,
		answers:  make(chan answer),
		aliases:  make(map[string]bool),
		searches: make(map[string]*search),
		absent:   make(map[string]time.Time),
		current:  &catalogue{},
		feeds:    make(map[*feed]struct{}),
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
// didn't is missing is seen in [View.Nodes].
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
// room with the same id, it is that of the node whose address sorts first.
func (v *View) Room(id string) (Room, bool) { return v.Rooms().Room(id) }

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
		if state := notifier.State(); state.Phase != stream.Live {
			for i := range nodes {
				nodes[i].doubt(state.Since)
			}
		}
	}
	return nodes
}
