package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// patience is how long the room's end may take to be posted.
const patience = 5 * time.Second

// receiver is an HTTP server for webhooks, and a mailbox of what they bring.
type receiver struct {
	webhook *stream.Webhook
	posted  *stream.Subscription
	server  *http.Server
	failed  chan error
	base    string // Its URL for all to see.
	url     string // The same with a secret, for the media server.
}

// receive starts a receiver; the context is the lifetime of the mailbox.
func receive(ctx context.Context, o options) (*receiver, error) {
	// In a service: a stored secret, since rooms outlive a restart.
	requests := decode.RequestDecoder{URLSecrets: []decode.Secret{decode.NewSecret(rand.Text())}}
	if o.signingSecret != "" {
		requests.SigningSecrets = []decode.Secret{decode.NewSecret(o.signingSecret)}
	}
	webhook, err := stream.NewWebhook(ctx, stream.WebhookConfig{Requests: requests, Logger: slog.Default()})
	if err != nil {
		return nil, err
	}
	posted, err := webhook.Subscribe(ctx)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return nil, err
	}
	base := cmp.Or(o.url, "http://"+listener.Addr().String())
	url, err := requests.URL(base)
	if err != nil {
		listener.Close()
		return nil, &usage.Error{Err: fmt.Errorf("-url: %w", err)}
	}
	r := &receiver{
		webhook: webhook,
		posted:  posted,
		server:  &http.Server{Handler: webhook, ReadHeaderTimeout: 5 * time.Second},
		failed:  make(chan error, 1),
		base:    base,
		url:     url.Reveal(),
	}
	go func() { r.failed <- r.server.Serve(listener) }()
	return r, nil
}

// close ends the receiver, once it has answered what it was asked.
func (r *receiver) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = r.server.Shutdown(ctx) // What takes longer is given up with the program.
}

// print prints what is posted until the room has ended. What comes from held is
// why it was not, or nil when it was deleted.
func (r *receiver) print(held <-chan error, out io.Writer) error {
	var late <-chan time.Time // Nil, and never chosen, until the room is deleted.
	for {
		select {
		case n, ok := <-r.posted.Notifications():
			if !ok {
				return r.posted.Err()
			}
			if err := printLine(n, out); err != nil {
				return err
			}
			switch n.(type) {
			case decode.RoomDeleted, decode.RoomCrashed:
				return nil
			}
		case err := <-held:
			if err != nil {
				return err
			}
			held, late = nil, time.After(patience)
		case <-late:
			return fmt.Errorf("the end of the room was not posted to %s within %v: can the media server reach that?", r.base, patience)
		case err := <-r.failed:
			return err
		}
	}
}

func printLine(n decode.Notification, out io.Writer) error {
	line, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s  %s\n", time.Now().Format("15:04:05.000"), line)
	return err
}
