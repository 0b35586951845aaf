package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const (
	// maxNames bounds the nodes and the subscriptions that are shown.
	maxNames = 1_000
	// maxSingleRooms bounds Config.SingleRooms.
	maxSingleRooms = 1_000
	// maxScrapes is how many scrapes Handler answers at once.
	maxScrapes = 4
	// tenth is the part of the time that looking at all rooms may take.
	tenth = 10
	// defaultMaxStale is that of Config.MaxStale.
	defaultMaxStale = 30 * time.Second
)

// Config says what a Collector shows. At least one of Notifier, Webhook and View is
// required; what is nil has no metrics. A program with several of a kind makes a
// Collector of each, and tells them apart by a label with
// [github.com/prometheus/client_golang/prometheus.WrapRegistererWith].
type Config struct {
	Notifier *stream.Notifier
	Webhook  *stream.Webhook
	View     *watch.View

	// WebRTC subscribes to the server's metrics reports and shows traffic and
	// retransmissions. It needs a Notifier. Reading the reports takes no more than a
	// fifth of a processor: where they are too large for that, some are left out,
	// which makes the totals grow in larger steps and loses nothing else.
	WebRTC bool

	// SingleRooms is how many rooms have series of their own, by room_id: those with
	// the most connected peers. One that is among them gives way only to a room more
	// than twice as large. It needs a View; 0 means none, and 1,000 is the most. Every
	// room that comes to be among them adds its series to those that Prometheus keeps.
	SingleRooms int

	// MaxStale is how long the connection may be lost, and the view of a node stale,
	// before [Collector.Readyz] says so; 0 means 30 s.
	MaxStale time.Duration
}

// Subscription is what [Collector.Add] shows the queue and the losses of: a
// *stream.Subscription, or another that the library makes.
type Subscription interface {
	Stats() stream.SubscriptionStats
}

// Collector is a [github.com/prometheus/client_golang/prometheus.Collector] of what a
// client of a Jellyfish server sees. New makes one: the zero value is of no use. Its
// methods may be called from any goroutine.
type Collector struct {
	cfg     Config
	meter   *meter // Nil without WebRTC.
	handler http.Handler

	mu            sync.Mutex // Guards subscriptions.
	subscriptions map[string]Subscription

	looking   sync.Mutex // Guards what was seen of the rooms, while all are looked at.
	census    *census
	single    single
	lookAgain time.Time
}

// New makes a Collector. With Config.WebRTC it subscribes to the metrics reports and
// reads them on a goroutine until ctx, or the notifier, ends; otherwise ctx isn't
// used. The error says what can't be used in the configuration, or is that of
// [stream.Notifier.Subscribe].
func New(ctx context.Context, cfg Config) (*Collector, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	if cfg.MaxStale == 0 {
		cfg.MaxStale = defaultMaxStale
	}
	c := &Collector{
		cfg:           cfg,
		subscriptions: make(map[string]Subscription),
		single:        single{limit: cfg.SingleRooms},
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(c); err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	c.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
	if cfg.WebRTC {
		sub, err := cfg.Notifier.Subscribe(ctx, stream.OnlyMetrics())
		if err != nil {
			return nil, fmt.Errorf("prometheus: subscribe to metrics reports: %w", err)
		}
		c.meter = newMeter()
		go c.meter.run(ctx, sub.Metrics())
	}
	return c, nil
}

func (cfg Config) check() error {
	switch {
	case cfg.Notifier == nil && cfg.Webhook == nil && cfg.View == nil:
		return errors.New("invalid Config: one of Notifier, Webhook and View must be set")
	case cfg.WebRTC && cfg.Notifier == nil:
		return errors.New("invalid WebRTC: needs a Notifier, since reports come by no other way")
	case cfg.SingleRooms < 0 || cfg.SingleRooms > maxSingleRooms:
		return fmt.Errorf("invalid SingleRooms: must be between 0 and %d, not %d", maxSingleRooms, cfg.SingleRooms)
	case cfg.SingleRooms > 0 && cfg.View == nil:
		return errors.New("invalid SingleRooms: needs a View, which knows the rooms")
	case cfg.MaxStale < 0:
		return fmt.Errorf("invalid MaxStale: must not be negative, is %v", cfg.MaxStale)
	}
	return nil
}

// Add shows a subscription's queue and losses under a name, which is the value of
// the label subscription. The error says that the name is empty, longer than 256
// bytes, not UTF-8 or given already, or that there are 1,000 subscriptions.
func (c *Collector) Add(name string, sub Subscription) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !fits(name):
		return fmt.Errorf("prometheus: invalid name %.64q: must be a text in UTF-8 of at most %d bytes", name, maxLabel)
	case sub == nil:
		return fmt.Errorf("prometheus: subscription %q: must not be nil", name)
	case c.subscriptions[name] != nil:
		return fmt.Errorf("prometheus: subscription %q: there is one of that name", name)
	case len(c.subscriptions) >= maxNames:
		return fmt.Errorf("prometheus: subscription %q: there are %d already", name, maxNames)
	}
	c.subscriptions[name] = sub
	return nil
}

// Remove shows the subscription of that name no longer.
func (c *Collector) Remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.subscriptions, name)
}

// Handler answers scrapes with the metrics of this Collector alone, up to four at
// once; further ones are answered with 503.
func (c *Collector) Handler() http.Handler { return c.handler }

// Describe is part of [github.com/prometheus/client_golang/prometheus.Collector].
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range described() {
		ch <- d
	}
}

// Collect is part of [github.com/prometheus/client_golang/prometheus.Collector]. Its
// time grows with the number of rooms in the view: some 2 to 4 µs for a room of two
// peers. It takes at most a tenth of the time, however often it is called; what it
// shows of the rooms is then older, by nine times as long as it takes to look at them.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	out, now := sink(ch), time.Now()
	if c.cfg.Notifier != nil {
		collectNotifier(out, c.cfg.Notifier)
	}
	if c.cfg.Webhook != nil {
		collectWebhook(out, c.cfg.Webhook)
	}
	c.collectSubscriptions(out)
	if c.cfg.View != nil {
		collectView(out, c.cfg.View)
		c.collectRooms(out, now)
	}
	if c.meter != nil {
		c.meter.collect(out, now)
	}
}

// collectRooms looks at all rooms, but for no more than a tenth of the time: if
// scrapes follow one another so fast, they are shown the rooms of the last look.
func (c *Collector) collectRooms(out sink, now time.Time) {
	c.looking.Lock()
	defer c.looking.Unlock()
	if c.census == nil || now.After(c.lookAgain) {
		c.look(now)
		took := time.Since(now)
		c.lookAgain = now.Add(tenth * took)
	}
	c.census.collect(out)
	if c.cfg.SingleRooms > 0 {
		c.single.collect(out)
	}
}

func (c *Collector) look(now time.Time) {
	c.census = newCensus()
	c.single.begin()
	for room := range c.cfg.View.Rooms().All() {
		connected := c.census.add(room, now)
		c.single.offer(room.ID, connected, room.Appeared)
	}
	c.single.end()
	if c.meter != nil {
		c.meter.choose(c.single.chosen)
	}
}
