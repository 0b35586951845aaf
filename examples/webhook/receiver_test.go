package main

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// newReceiver returns a receiver without an HTTP server of its own.
func newReceiver(t *testing.T) *receiver {
	t.Helper()
	webhook, err := stream.NewWebhook(t.Context(), stream.WebhookConfig{})
	if err != nil {
		t.Fatal(err)
	}
	posted, err := webhook.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &receiver{webhook: webhook, posted: posted, failed: make(chan error, 1), base: "http://receiver.test"}
}

// A room whose end isn't posted: print gives up some time after the room is gone,
// however long it lasted before.
func TestNothingIsPosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		held := make(chan error, 1)
		time.AfterFunc(time.Hour, func() { held <- nil })
		begin := time.Now()
		err := r.print(held, t.Output())
		if err == nil || !strings.Contains(err.Error(), "was not posted to http://receiver.test within 5s") {
			t.Errorf("print: %v", err)
		}
		if took := time.Since(begin); took != time.Hour+patience {
			t.Errorf("took %v, want %v", took, time.Hour+patience)
		}
	})
}

// The room's end comes after the room was deleted, but in time.
func TestEndIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver(t)
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory:  true,
			Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/"},
			Receivers: map[string]http.Handler{"receiver.test": r.webhook},
		})
		held := make(chan error, 1)
		held <- nil
		time.AfterFunc(patience-time.Second, func() {
			if err := server.Send(decode.RoomDeleted{RoomID: "r"}); err != nil {
				t.Error(err)
			}
		})
		var out bytes.Buffer
		if err := r.print(held, &out); err != nil {
			t.Errorf("print: %v", err)
		}
		if !strings.HasSuffix(out.String(), "  {\"kind\":\"room_deleted\",\"room_id\":\"r\"}\n") {
			t.Errorf("printed %s", &out)
		}
	})
}

func TestReceiverThatFails(t *testing.T) {
	r := newReceiver(t)
	broken := errors.New("broken")
	r.failed <- broken
	if err := r.print(nil, t.Output()); !errors.Is(err, broken) {
		t.Errorf("print: %v, want %v", err, broken)
	}
}
