// Package post posts notifications to a webhook receiver, as a server would.
package post

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// ErrNotPosted means that no server posts such a thing: metrics, gaps, and what
// could not be decoded.
var ErrNotPosted = errors.New("servers don't post this")

// encodingLimit is far more than it takes to encode a notification.
const encodingLimit = 2 * time.Second

// Encoder makes the protobuf of notifications. It is that of a test server in
// memory, which posts to the encoder.
type Encoder struct {
	mu     sync.Mutex // One at a time.
	server *jellyfishtest.Server
	bodies chan []byte
}

// NewEncoder returns an encoder. Close must be called in the end.
func NewEncoder() (*Encoder, error) {
	e := &Encoder{bodies: make(chan []byte, 1)}
	receive := func(answer http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		e.bodies <- body
	}
	server, err := jellyfishtest.New(jellyfishtest.Config{
		InMemory:  true,
		History:   -1,
		Webhooks:  jellyfishtest.Webhooks{URL: "http://encoder.test/"},
		Receivers: map[string]http.Handler{"encoder.test": http.HandlerFunc(receive)},
	})
	if err != nil {
		return nil, err
	}
	e.server = server
	return e, nil
}

// Close lets go of the encoder.
func (e *Encoder) Close() { e.server.Close() }

// Encode returns a notification as the message that a server posts.
func (e *Encoder) Encode(ctx context.Context, n decode.Notification) ([]byte, error) {
	switch n.Kind() {
	case decode.KindMetricsReport, decode.KindGap, decode.KindUndecodable:
		return nil, fmt.Errorf("%v: %w", n.Kind(), ErrNotPosted)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.bodies: // That of a call which was given up.
	default:
	}
	if err := e.server.Send(n); err != nil {
		return nil, err
	}
	timer := time.NewTimer(encodingLimit)
	defer timer.Stop()
	select {
	case body := <-e.bodies:
		return body, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, fmt.Errorf("%v: %w", n.Kind(), ErrNotPosted)
	}
}
