package prometheus

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Healthz answers whether the program can still do its work: with 200 while it can,
// also during an outage, which the library gets over by itself, and with 503 once the
// notifier or the view has ended, which only a new start helps. It is for a liveness
// probe. The answer is a line of text for each part.
func (c *Collector) Healthz() http.Handler { return answering(c.health) }

// Readyz answers whether what the program shows is up to date: with 200, or with 503
// while the view isn't complete yet, or once the connection is lost, or the view of a
// node stale, for longer than Config.MaxStale. It is for a readiness probe. The answer
// is a line of text for each part and for each stale node, which says since when and
// why.
func (c *Collector) Readyz() http.Handler { return answering(c.readiness) }

// finding is a line of an answer.
type finding struct {
	ok   bool
	text string
}

func answering(look func(now time.Time) []finding) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := http.StatusOK
		var text strings.Builder
		for _, f := range look(time.Now()) {
			sign := "ok"
			if !f.ok {
				sign, status = "not ok", http.StatusServiceUnavailable
			}
			fmt.Fprintf(&text, "%s: %s\n", sign, f.text)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		fmt.Fprint(w, text.String())
	})
}

func (c *Collector) health(time.Time) []finding {
	var found []finding
	if n := c.cfg.Notifier; n != nil {
		state := n.State()
		found = append(found, finding{state.Phase != stream.Ended, "connection: " + state.String()})
	}
	if v := c.cfg.View; v != nil {
		f := finding{true, "view: follows the server"}
		if closed(v.Done()) {
			f = finding{false, fmt.Sprintf("view: ended: %v", v.Err())}
		}
		found = append(found, f)
	}
	if c.cfg.Webhook != nil {
		found = append(found, finding{true, "webhook: " + lastRequest(c.cfg.Webhook)})
	}
	return found
}

func lastRequest(w *stream.Webhook) string {
	if last := w.Stats().LastRequest; !last.IsZero() {
		return "last request at " + last.UTC().Format(time.RFC3339)
	}
	return "no request yet"
}

func (c *Collector) readiness(now time.Time) []finding {
	found := c.health(now)
	if n := c.cfg.Notifier; n != nil {
		if state := n.State(); state.Phase != stream.Live && c.stale(state.Since, now) {
			found[0].ok = false
		}
	}
	if v := c.cfg.View; v != nil && !closed(v.Done()) {
		if !closed(v.Synced()) {
			found = append(found, finding{false, "view: not complete yet"})
		}
		for _, node := range v.Nodes() {
			if node.StaleSince.IsZero() || node.Address == "" {
				continue
			}
			text := fmt.Sprintf("node %s: stale for %v", node.Address, now.Sub(node.StaleSince).Round(time.Second))
			if node.Err != nil {
				text += ": " + node.Err.Error()
			}
			found = append(found, finding{!c.stale(node.StaleSince, now), text})
		}
	}
	return found
}

// stale tells whether something has lasted for too long.
func (c *Collector) stale(since, now time.Time) bool { return now.Sub(since) > c.cfg.MaxStale }
