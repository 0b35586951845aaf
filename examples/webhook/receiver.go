package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// receiver is an HTTP server for webhooks, which prints their notifications.
type receiver struct {
	webhook *stream.Webhook
	server  *http.Server
	url     decode.Secret // Where rooms post, with a secret.
	ended   chan struct{} // Closed when a room's end was posted.
	running sync.WaitGroup
}

// receive starts a receiver on a listener, which servers reach at the URL base. The
// context is its lifetime.
func receive(ctx context.Context, listener net.Listener, base string, out io.Writer) (*receiver, error) {
	// A service should use a stored secret, since rooms outlive its restarts. Fishjam
	// Cloud signs requests instead: use SigningSecrets for it.
	requests := decode.RequestDecoder{URLSecrets: []decode.Secret{decode.NewSecret(rand.Text())}}
	url, err := requests.URL(base)
	if err != nil {
		return nil, err
	}
	webhook, err := stream.NewWebhook(ctx, stream.WebhookConfig{Requests: requests, Logger: slog.Default()})
	if err != nil {
		return nil, err
	}
	posted, err := webhook.Subscribe(ctx)
	if err != nil {
		return nil, err
	}
	r := &receiver{
		webhook: webhook,
		server:  &http.Server{Handler: webhook, ReadHeaderTimeout: 5 * time.Second},
		url:     url,
		ended:   make(chan struct{}),
	}
	r.running.Go(func() { r.print(posted, out) })
	r.running.Go(func() {
		if err := r.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("The receiver failed.", "error", err)
		}
	})
	return r, nil
}

// print prints what is posted, until the webhook is shut down.
func (r *receiver) print(posted *stream.Subscription, out io.Writer) {
	var once sync.Once
	for n := range posted.All() {
		fmt.Fprintln(out, n)
		switch n.(type) {
		case decode.RoomDeleted, decode.RoomCrashed:
			once.Do(func() { close(r.ended) })
		}
	}
}

// shutdown ends the receiver once it has responded to all requests and printed their
// notifications, or with an error when the context ends.
func (r *receiver) shutdown(ctx context.Context) error {
	err := r.server.Shutdown(ctx) // First, so that no request is refused.
	err = errors.Join(err, r.webhook.Shutdown(ctx))
	r.running.Wait()
	return err
}
