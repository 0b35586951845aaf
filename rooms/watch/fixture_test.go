package watch

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func newProgram(t *testing.T, s shape, seed uint64, done *tally) *program {
	p := &program{
		T: t, shape: s, random: rand.New(rand.NewPCG(seed, uint64(s.nodes))), tally: done,
		began: time.Now(), tokens: make(map[string]string), rumours: make(map[string]bool),
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.end = cancel
	p.strict = !s.webhooks && p.random.IntN(2) == 0
	p.interval = 10 * time.Minute
	if p.random.IntN(3) == 0 {
		p.interval = time.Duration(5+p.random.IntN(60)) * time.Second
	}
	p.serve()
	p.watch(ctx)
	return p
}

// serve starts the servers, and makes clients for them.
func (p *program) serve() {
	cluster := &jellyfishtest.Cluster{}
	for i := range p.nodes {
		config := jellyfishtest.Config{InMemory: true, Address: fmt.Sprintf("node-%d.test:5002", i), Cluster: cluster}
		if p.webhooks {
			config.Webhooks.URL = "http://receiver.test/hook"
			config.Receivers = map[string]http.Handler{"receiver.test": &p.hook}
		}
		p.servers = append(p.servers, jellyfishtest.Run(p, config))
		p.running, p.started = append(p.running, true), append(p.started, time.Time{})
		p.begin(i)
		p.hands = append(p.hands, p.client(p.servers[i].Address(), p.servers[0].HTTPClient().Transport))
	}
}

func (p *program) addresses() []string {
	var all []string
	for _, s := range p.servers {
		all = append(all, s.Address())
	}
	return all
}

func (p *program) client(address string, transport http.RoundTripper) *rooms.Client {
	client, err := rooms.New(rooms.Config{
		ServerAddress: address, ServerAPIToken: rooms.NewSecret(jellyfishtest.Token), HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(client.CloseIdleConnections)
	return client
}

// watch starts a view, with bounds of which some are so small that they are often
// reached.
func (p *program) watch(ctx context.Context) {
	p.line = newLine(p.servers[0].HTTPClient().Transport.(*http.Transport), p.random.Uint64())
	client := p.client(p.servers[0].Address(), p.line)
	cfg := Config{ListInterval: p.interval, Logger: slog.New(&p.slow), Nodes: p.addresses()}
	bounds := defaultLimits()
	if p.random.IntN(2) == 0 {
		bounds = limits{changes: 1 + p.random.IntN(4), steps: 1 + p.random.IntN(5), notifications: 1 + p.random.IntN(20)}
	}
	view, err := start(ctx, client, p.source(ctx), cfg, bounds)
	if err != nil {
		p.Fatal(err)
	}
	p.view = view
	p.Cleanup(p.stop)
	p.say("nodes %v, list interval %v, bounds %+v, strict %t", cfg.Nodes, p.interval, bounds, p.strict)
}

// stop ends what a failed program has left running.
func (p *program) stop() {
	p.end()
	<-p.view.Done()
	for _, c := range p.consumers {
		c.setStalled(false)
		<-c.done
	}
}

// source returns the source that the view subscribes to, sometimes with a small bound.
func (p *program) source(ctx context.Context) stream.Source {
	var source stream.Source
	if p.webhooks {
		webhook, err := stream.NewWebhook(ctx, stream.WebhookConfig{})
		if err != nil {
			p.Fatal(err)
		}
		p.webhook, p.hook.receiver, source = webhook, webhook, webhook
	} else {
		source = p.notify(ctx)
	}
	if p.random.IntN(2) == 0 {
		p.bounded = &bounded{Source: source, notifications: 1 + p.random.IntN(5)}
		return p.bounded
	}
	return source
}

func (p *program) notify(ctx context.Context) stream.Source {
	var addresses []string
	for _, i := range p.random.Perm(p.nodes) {
		addresses = append(addresses, p.servers[i].Address())
	}
	notifier, err := stream.Open(ctx, stream.Config{
		ServerAddress: addresses[0], FallbackAddresses: addresses[1 : 1+p.random.IntN(p.nodes)],
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: p.servers[0].HTTPClient(),
		Backoff: stream.Backoff{Cap: 2 * time.Second},
	})
	if err != nil {
		p.Fatal(err)
	}
	p.notifier = notifier
	return notifier
}

// bounded is a source whose subscriptions have a small bound.
type bounded struct {
	stream.Source
	notifications int
	sub           *stream.Subscription
}

func (b *bounded) Subscribe(ctx context.Context, options ...stream.Option) (sub *stream.Subscription, err error) {
	b.sub, err = b.Source.Subscribe(ctx, append(options, stream.WithBound(b.notifications, 0))...)
	return b.sub, err
}
