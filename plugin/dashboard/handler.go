package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Config says what the page shows and to whom. View and Source are required.
type Config struct {
	// View is the live view whose rooms are shown.
	View *watch.View
	// Source is what the view was started on. Of a *stream.Notifier the connection
	// is shown, and metrics are asked for.
	Source stream.Source
	// Password is asked for, by HTTP Basic authentication with any user name, if it
	// isn't zero. Clients beyond the loopback interface are served then too: do that
	// over TLS alone.
	Password stream.Secret
	// AllowAnyone serves clients beyond the loopback interface without a password.
	AllowAnyone bool
	// Hosts are the host names, without a port, by which the page is reached, besides
	// localhost and IP addresses.
	Hosts []string
	// Logger is told of browsers that were too slow; nil means silence. Its handler
	// must not block.
	Logger *slog.Logger
}

var errNil = errors.New("must not be nil")

// Handler is the page. [New] makes one: the zero value is of no use. Its methods
// may be called from any goroutine.
type Handler struct {
	config   Config
	files    map[string]file
	board    *board
	guesses  chan struct{} // Holds a place for each wrong password that is being answered.
	webhooks *webhookCounts
}

// New makes the page and begins to collect its history; the context is the
// lifetime of both. Streams to browsers end with it, so end it before
// [net/http.Server.Shutdown]. The error is an [*stream.InputError], or that of
// subscribing to the source.
func New(ctx context.Context, cfg Config) (*Handler, error) {
	if cfg.View == nil {
		return nil, &stream.InputError{Field: "View", Err: errNil}
	}
	if cfg.Source == nil {
		return nil, &stream.InputError{Field: "Source", Err: errNil}
	}
	files, err := staticFiles()
	if err != nil {
		return nil, err
	}
	// A webhook has no metrics to ask for.
	var options []stream.Option
	if _, isWebhook := cfg.Source.(*stream.Webhook); !isWebhook {
		options = append(options, stream.WithMetrics())
	}
	sub, err := cfg.Source.Subscribe(ctx, options...)
	if errors.Is(err, stream.ErrNoMetrics) { // Such as hosted Fishjam.
		sub, err = cfg.Source.Subscribe(ctx)
	}
	if err != nil {
		return nil, err
	}
	webhooks := new(webhookCounts)
	h := &Handler{
		config:   cfg,
		files:    files,
		board:    newBoard(cfg, sub, webhooks, time.Now()),
		guesses:  make(chan struct{}, maxGuesses),
		webhooks: webhooks,
	}
	go h.board.run(ctx)
	if sub.Metrics() != nil {
		go h.board.measure(ctx)
	}
	return h, nil
}

// ServeHTTP serves the page below whatever path it is mounted at, which must end
// in a slash.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.refuse(w, r) {
		return
	}
	h.serve(w, r)
}

// Format prints what it is and no more, whatever the verb: its fields change all
// the time.
func (h *Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "dashboard") }
