package stream

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// WebhookConfig says which requests a [Webhook] accepts. The zero value accepts
// those of anyone, which is for tests and worth a warning in the log. It prints
// without its secrets, whatever the verb.
type WebhookConfig struct {
	// Requests verifies and limits the requests. NewWebhook copies its lists.
	Requests decode.Webhook
	// BodyTimeout is how long a request's body may take; 0 means 5 s, after which
	// the server gives up too. It takes the place of the [net/http.Server]'s own
	// limit where the ResponseWriter is net/http's, or unwraps to it. Elsewhere, as
	// behind [net/http.TimeoutHandler], it has no effect, of which the logger is told
	// once: set [net/http.Server].ReadTimeout there, without which a body that
	// doesn't come is waited for for ever.
	BodyTimeout time.Duration
	// Logger is told of slow consumers, of requests that are lost and, at the level
	// Debug, of strangers' that are refused; nil means silence. Its handler must not
	// block.
	Logger *slog.Logger
}

// defaultBodyTimeout is how long a server waits for an answer.
const defaultBodyTimeout = 5 * time.Second

// Format prints the configuration without its secrets, whatever the verb.
func (c WebhookConfig) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "stream.WebhookConfig%v", c.shown())
}

// LogValue returns the configuration without its secrets.
func (c WebhookConfig) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

func (c WebhookConfig) shown() []slog.Attr {
	return []slog.Attr{
		slog.Any("Requests", c.Requests),
		slog.Duration("BodyTimeout", c.BodyTimeout),
	}
}

func (c WebhookConfig) check() error {
	for _, field := range []struct {
		name    string
		secrets []string
	}{
		{"Requests.URLSecrets", c.Requests.URLSecrets},
		{"Requests.SigningSecrets", c.Requests.SigningSecrets},
	} {
		if field.secrets != nil && len(field.secrets) == 0 || slices.Contains(field.secrets, "") {
			return input.New(field.name, "must not be empty")
		}
	}
	if c.Requests.BodyLimit < 0 {
		return input.New("Requests.BodyLimit", "must not be negative")
	}
	if c.BodyTimeout < 0 {
		return input.New("BodyTimeout", "must not be negative")
	}
	return nil
}

func (c WebhookConfig) bodyTimeout() time.Duration {
	if c.BodyTimeout == 0 {
		return defaultBodyTimeout
	}
	return c.BodyTimeout
}
