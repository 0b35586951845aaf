package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// visit makes a room, and prints what is posted about it until it has ended. The
// test server, nil for a real one, stands in for the peers' clients.
func visit(ctx context.Context, o options, server *jellyfishtest.Server, out io.Writer) error {
	client, err := rooms.New(rooms.Config{ServerAddress: o.addr, ServerAPIToken: rooms.NewSecret(o.token), Secure: o.secure})
	if err != nil {
		return err
	}
	// The receiver outlives Ctrl-C, to hear how the room ends.
	receiving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r, err := receive(receiving, o)
	if err != nil {
		return err
	}
	defer r.close()
	fmt.Fprintf(out, "receiving at %s what %s posts\n", r.base, client.Address())
	if server != nil {
		if err := knock(ctx, r.base, out); err != nil {
			return err
		}
	}

	acting, stop := context.WithCancel(ctx)
	held := make(chan error, 1)
	go func() {
		defer close(held)
		held <- party{client, server}.hold(acting, r.url)
	}()
	err = r.print(held, out)
	stop() // Should it not have ended by itself.
	for why := range held {
		err = errors.Join(err, why)
	}
	if err == nil {
		stats := r.webhook.Stats()
		fmt.Fprintf(out, "the room has ended: %d requests accepted, %d refused\n", stats.Requests, stats.Refused)
	}
	return err
}

// knock shows what becomes of a request that lacks the secret.
func knock(ctx context.Context, url string, out io.Writer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	fmt.Fprintf(out, "a request without the secret is answered with %s\n", answer.Status)
	return nil
}
