package stream

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// ServeHTTP receives one request and answers it: with 200 when its notifications
// are handed to the subscriptions, also where there are none, otherwise with the
// status of [decode.RequestError], or 503 when the webhook has ended.
//
// A request that is refused though it comes from the server is lost, since the
// server tries once: a Gap in every subscription tells of it, as one undecodable
// message. The server is known by its secrets. With any that is a request without
// a message (400 with [decode.ErrEmptyBody] or [decode.ErrUndecodable]), and with
// URLSecrets, which are checked before the body is read, also one whose body is too
// large (413), late (408) or cut short (400).
func (w *Webhook) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	connection := http.NewResponseController(answer)
	hasBody := r.ContentLength != 0
	if hasBody {
		err := connection.SetReadDeadline(time.Now().Add(w.timeout))
		if errors.Is(err, errors.ErrUnsupported) {
			w.noDeadlines.Do(w.warnOfNoDeadlines)
		}
	}
	notifications, err := w.requests.Decode(r)
	if err != nil {
		w.refuse(answer, r, err)
		return
	}
	if hasBody {
		_ = connection.SetReadDeadline(time.Time{})
	}
	if err := w.handOn(notifications); err != nil {
		w.refuse(answer, r, err)
	}
}

func (w *Webhook) warnOfNoDeadlines() {
	w.log.Warn("BodyTimeout has no effect behind this handler: set http.Server.ReadTimeout")
}

func (w *Webhook) handOn(notifications []decode.Notification) error {
	sizes := make([]int, len(notifications))
	for i, n := range notifications {
		sizes[i] = sizeAlone(n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		return &decode.RequestError{Status: http.StatusServiceUnavailable, Err: w.ended}
	}
	w.stats.Requests++
	w.stats.LastRequest = time.Now()
	for i, n := range notifications {
		w.hub.deliver(n, sizes[i])
	}
	w.hub.flush()
	return nil
}

func (w *Webhook) refuse(answer http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadRequest
	var refused *decode.RequestError
	if errors.As(err, &refused) {
		status = refused.Status
	}
	w.refused.Add(1)
	level := slog.LevelDebug // Strangers shall not fill the log.
	if w.loses(status, err) {
		level = slog.LevelWarn
		w.mark(err)
	}
	w.log.Log(r.Context(), level, "a webhook request is refused", "status", status, "from", r.RemoteAddr, "error", err)
	header := answer.Header()
	switch status {
	case http.StatusUnauthorized: // Whichever secret was wrong.
		header.Set("WWW-Authenticate", `Basic realm="webhook"`)
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
	}
	// Whatever is left of the body is not worth reading. In HTTP/2 that ends with
	// the request, and the connection is also that of others.
	if r.ProtoMajor == 1 {
		header.Set("Connection", "close")
	}
	http.Error(answer, http.StatusText(status), status)
}

// loses tells whether a request that is refused is the server's own, not a
// stranger's.
func (w *Webhook) loses(status int, err error) bool {
	switch {
	case status == http.StatusServiceUnavailable, errors.Is(err, decode.ErrEmptyBody), errors.Is(err, decode.ErrUndecodable):
		return w.verifies()
	case status == http.StatusBadRequest, status == http.StatusRequestTimeout, status == http.StatusRequestEntityTooLarge:
		return w.requests.URLSecrets != nil
	}
	return false
}

// verifies tells whether requests are asked for any secret.
func (w *Webhook) verifies() bool {
	return w.requests.URLSecrets != nil || w.requests.SigningSecrets != nil
}

// mark tells the subscriptions of a request that is lost, unless they have ended.
func (w *Webhook) mark(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil {
		w.hub.mark(Gap{Undecodable: 1, Err: err})
	}
}
