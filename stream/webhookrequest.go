package stream

import (
	"crypto/sha256"
	"errors"
	"hash"
	"hash/maphash"
	"io"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// errTooManyBodies is the error for a request whose body would exceed the memory limit.
var errTooManyBodies = errors.New("stream: too many webhook requests at once")

// ServeHTTP handles one request. It responds with 200 when the notifications are
// handed to the subscriptions, even if there are none, and otherwise with the status
// of the [decode.RequestError]. That is 503 when the webhook has ended, and when the
// bodies being read concurrently exceed 16 MiB or BodyLimit.
//
// A refused request that has a valid secret is reported by a Gap in every
// subscription. It counts one undecodable message if the request is lost: with any
// kind of secret if it has no valid message (400 with [decode.ErrEmptyBody] or
// [decode.ErrUndecodable]), and with URLSecrets, which are checked before the body is
// read, also if the body is too large (413). After a 503 for a body that was late,
// incomplete or one of too many, Fishjam Cloud retries the request and other servers
// don't: with URLSecrets the Gap then counts an outage, so that it isn't exact.
func (w *Webhook) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	connection := http.NewResponseController(answer)
	hasBody := r.ContentLength != 0
	if hasBody {
		err := connection.SetReadDeadline(begun.Add(w.timeout))
		if errors.Is(err, errors.ErrUnsupported) {
			w.noDeadlines.Do(w.warnOfNoDeadlines)
		}
	}
	body := w.boundedBody(r)
	defer body.release()
	notifications, err := w.requests.Decode(withBody(r, body))
	if err != nil {
		w.refuse(answer, r, begun, err)
		return
	}
	if hasBody {
		_ = connection.SetReadDeadline(time.Time{})
	}
	if err := w.handOn(notifications, body); err != nil {
		w.refuse(answer, r, begun, err)
	}
}

// unavailable refuses a request that may be accepted when it is sent again.
func unavailable(err error) error {
	return &decode.RequestError{Status: http.StatusServiceUnavailable, Err: err}
}

func (w *Webhook) warnOfNoDeadlines() {
	w.log.Warn("BodyTimeout has no effect behind this handler: set http.Server.ReadTimeout")
}

// boundedBody is a request's body, read only within the limit that all bodies share.
type boundedBody struct {
	io.ReadCloser
	bound *semaphore.Weighted
	read  int64
	hash  hash.Hash // Of what was read, or nil.
}

// boundedBody returns the request's body, counting what is read of it until released.
func (w *Webhook) boundedBody(r *http.Request) *boundedBody {
	body := &boundedBody{ReadCloser: r.Body, bound: w.bodies}
	if w.repeats != nil {
		body.hash = sha256.New()
	}
	return body
}

// withBody returns the request with that body. The original request is unchanged: a
// handler around this one may read what is left.
func withBody(r *http.Request, body *boundedBody) *http.Request {
	if r.Body == nil {
		return r
	}
	bounded := *r
	bounded.Body = body
	return &bounded
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if !b.bound.TryAcquire(int64(n)) {
		return 0, unavailable(errTooManyBodies)
	}
	b.read += int64(n)
	if b.hash != nil {
		b.hash.Write(p[:n])
	}
	return n, err
}

func (b *boundedBody) release() { b.bound.Release(b.read) }

func (w *Webhook) handOn(notifications []decode.Notification, body *boundedBody) error {
	together := sized(notifications)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		return unavailable(w.ended)
	}
	w.stats.LastRequest = time.Now()
	if w.repeats != nil && w.repeats.seen(notifications, [sha256.Size]byte(body.hash.Sum(nil)), w.stats.LastRequest) {
		w.stats.Repeated++
		return nil
	}
	w.stats.Requests++
	w.hub.deliver(together)
	return nil
}

func (w *Webhook) refuse(answer http.ResponseWriter, r *http.Request, begun time.Time, err error) {
	status := http.StatusBadRequest
	var refused *decode.RequestError
	if errors.As(err, &refused) {
		status = refused.Status
	}
	w.refused.Add(1)
	level := slog.LevelDebug // So that strangers can't fill the log.
	if gap, ok := w.lossOf(status, begun, err); ok {
		level = slog.LevelWarn
		w.mark(gap)
	}
	w.log.Log(r.Context(), level, "a webhook request is refused", "status", status, "from", r.RemoteAddr, "error", err)
	header := answer.Header()
	switch status {
	case http.StatusUnauthorized: // The same whichever secret is wrong.
		header.Set("WWW-Authenticate", `Basic realm="webhook"`)
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
	}
	// The rest of the body isn't worth reading. In HTTP/2 the body ends with the
	// request, and the connection may carry other requests.
	if r.ProtoMajor == 1 {
		header.Set("Connection", "close")
	}
	http.Error(answer, http.StatusText(status), status)
}

// lossOf returns what is missing because of a refused request, unless the request may
// be a stranger's.
func (w *Webhook) lossOf(status int, begun time.Time, err error) (g Gap, ok bool) {
	lost := Gap{Undecodable: 1, Err: err}
	verified := w.requests.URLSecrets != nil // They are checked before the body is read.
	switch {
	case errors.Is(err, decode.ErrEmptyBody), errors.Is(err, decode.ErrUndecodable):
		return lost, w.verifies()
	case status == http.StatusRequestEntityTooLarge:
		return lost, verified
	case status == http.StatusServiceUnavailable:
		return Gap{Outages: 1, Since: begun, Until: time.Now(), Err: err}, verified
	}
	return Gap{}, false
}

// verifies reports whether requests must have any secret.
func (w *Webhook) verifies() bool {
	return w.requests.URLSecrets != nil || w.requests.SigningSecrets != nil
}

// mark reports a refused request to the subscriptions, unless they have ended.
func (w *Webhook) mark(g Gap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil {
		w.hub.mark(g)
	}
}

const (
	// repeatedWithin is how long a request counts as the last one of its room.
	repeatedWithin = time.Minute
	// rememberedRooms is for how many rooms the last request is remembered.
	rememberedRooms = 65_536
)

// repeats remembers the last request of each room that was delivered. Guarded by the
// webhook's lock. Rooms are told apart by a hash: if two have the same one, each makes
// the other's request be forgotten, which does no harm.
//
// It has two generations: the older one is forgotten when the newer one is full or old.
type repeats struct {
	seed         maphash.Seed
	newer, older map[uint64]handedOn
	since        time.Time // When the newer generation began.
}

// handedOn is a request that was delivered.
type handedOn struct {
	body [sha256.Size]byte
	at   time.Time
}

func newRepeats() *repeats { return &repeats{seed: maphash.MakeSeed()} }

// seen reports whether the request is the last one of each of its rooms, and otherwise
// makes it the last one.
func (r *repeats) seen(notifications []decode.Notification, body [sha256.Size]byte, now time.Time) bool {
	rooms, known := r.roomsOf(notifications)
	if !known {
		r.newer, r.older = nil, nil
		return false
	}
	repeated := len(rooms) > 0
	for _, room := range rooms {
		last, ok := r.newer[room]
		if !ok {
			last, ok = r.older[room]
		}
		repeated = repeated && ok && last.body == body && now.Sub(last.at) < repeatedWithin
	}
	if repeated {
		return true
	}
	for _, room := range rooms {
		r.put(room, handedOn{body, now})
	}
	return false
}

func (r *repeats) put(room uint64, request handedOn) {
	if r.newer == nil || len(r.newer) == rememberedRooms/2 || request.at.Sub(r.since) >= repeatedWithin {
		r.older, r.newer, r.since = r.newer, make(map[uint64]handedOn), request.at
	}
	r.newer[room] = request
}

// roomsOf returns the rooms of a request, except those of voice activity, which the
// server doesn't repeat. Notifications about no room count as a room. It returns false
// if there is one whose room is unknown.
func (r *repeats) roomsOf(notifications []decode.Notification) (rooms []uint64, known bool) {
	for _, n := range notifications {
		switch n.Kind() {
		case decode.KindVAD:
			continue
		case decode.KindUnknown, decode.KindUndecodable:
			return nil, false
		}
		id, _ := decode.RoomOf(n)
		if room := maphash.String(r.seed, id); len(rooms) == 0 || rooms[len(rooms)-1] != room {
			rooms = append(rooms, room)
		}
	}
	return rooms, true
}
