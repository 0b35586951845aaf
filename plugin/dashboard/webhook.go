package dashboard

import (
	"net/http"
	"sync"
	"time"
)

// webhookCounts are what the page shows of a webhook.
type webhookCounts struct {
	mu sync.Mutex
	webhookMessage
}

// webhookMessage is that as the browser is told of it.
type webhookMessage struct {
	Accepted uint64            `json:"accepted"`
	Refused  map[string]uint64 `json:"refused,omitempty"` // By reason.
	Last     int64             `json:"last,omitempty"`    // In milliseconds since 1970.
	Latency  float64           `json:"latency"`           // A moving average, in milliseconds.
	Slowest  float64           `json:"slowest"`           // In milliseconds.
}

// refusals says for the statuses of decode.RequestError what is wrong.
var refusals = map[int]string{
	http.StatusBadRequest:            "not decodable",
	http.StatusUnauthorized:          "secret or signature wrong",
	http.StatusMethodNotAllowed:      "not a POST",
	http.StatusRequestEntityTooLarge: "too large",
	http.StatusUnsupportedMediaType:  "neither protobuf nor JSON",
	http.StatusServiceUnavailable:    "late or too many at once",
}

// CountWebhooks wraps a webhook's handler, such as a *stream.Webhook, so that the
// page shows how many requests it accepted and refused, why, and how long the
// answers took.
func (h *Handler) CountWebhooks(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		h.webhooks.count(answer.status, time.Now(), time.Since(began))
	})
}

func (c *webhookCounts) count(status int, now time.Time, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Last = now.UnixMilli()
	ms := float64(took.Microseconds()) / 1000
	c.Slowest = max(c.Slowest, ms)
	if c.Latency == 0 {
		c.Latency = ms
	}
	c.Latency += (ms - c.Latency) / 16
	if status < 300 {
		c.Accepted++
		return
	}
	reason, ok := refusals[status]
	if !ok {
		reason = http.StatusText(status)
	}
	if c.Refused == nil {
		c.Refused = make(map[string]uint64)
	}
	c.Refused[reason]++
}

// message returns the counts, nil while there was no request.
func (c *webhookCounts) message() *webhookMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Last == 0 {
		return nil
	}
	m := c.webhookMessage
	m.Refused = make(map[string]uint64, len(c.Refused))
	for reason, n := range c.Refused {
		m.Refused[reason] = n
	}
	return &m
}

// statusWriter remembers an answer's status.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
