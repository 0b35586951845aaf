package jellyfishtest

import (
	"errors"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// How hosted Fishjam retries a webhook.
const (
	hostedAttempts = 8
	hostedTime     = 30 * time.Second       // From the first attempt to the beginning of the last.
	hostedPause    = 230 * time.Millisecond // At most, before the second attempt; it doubles.
	vadTimeout     = 500 * time.Millisecond
)

// webhooks is the server's sender of webhooks: it posts notifications to the
// addresses of their rooms. Each queue has a goroutine while there is something
// in it.
type webhooks struct {
	server   *Server
	fallback *url.URL // The URL for rooms without one, nil for none.
	workers  sync.WaitGroup

	mu     sync.Mutex // Guards the following; never held across I/O.
	urls   map[string]*url.URL
	batch  map[string]bool          // The rooms that want batches.
	queues map[string]*webhookQueue // By room if hosted, otherwise one for all.
	poster *poster                  // Nil while the server is stopped.
}

// webhookQueue is what is posted one after the other.
type webhookQueue struct {
	deliveries []delivery
}

// delivery is a message on its way.
type delivery struct {
	url     *url.URL
	room    string // Empty if it belongs to none.
	message []byte
	alone   bool // Never to be part of a batch.
	vad     bool
}

func newWebhooks(s *Server) (*webhooks, error) {
	fallback, err := s.config.Webhooks.parse()
	if err != nil {
		return nil, err
	}
	return &webhooks{
		server: s, fallback: fallback,
		urls: make(map[string]*url.URL), batch: make(map[string]bool), queues: make(map[string]*webhookQueue),
	}, nil
}

// parse returns the URL to call by default, nil for none. No error shows the
// address, of which parts may be secret.
func (w Webhooks) parse() (*url.URL, error) {
	switch {
	case w.JSON && w.Batch:
		return nil, errors.New("jellyfishtest: Webhooks.JSON and Webhooks.Batch exclude each other")
	case w.JSON && w.Hosted:
		return nil, errors.New("jellyfishtest: Webhooks.JSON and Webhooks.Hosted exclude each other")
	}
	if w.URL == "" {
		return nil, nil
	}
	u := parseWebhookURL(w.URL)
	if u == nil {
		return nil, errors.New("jellyfishtest: Webhooks.URL needs a scheme, a host and a path")
	}
	return u, nil
}

// parseWebhookURL returns nil for what a Jellyfish server doesn't accept as the
// address of a webhook.
func parseWebhookURL(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Path == "" {
		return nil
	}
	return u
}

// start makes the sender take notifications.
func (w *webhooks) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.poster = newPoster(w.server.config.Receivers, w.server.http.ErrorLog)
}

// stop drops what isn't delivered and waits until nothing is sent any more.
func (w *webhooks) stop() {
	w.mu.Lock()
	poster := w.poster
	w.poster = nil // From here on no worker is started.
	w.drop()
	w.mu.Unlock()
	if poster != nil {
		poster.close()
	}
	w.workers.Wait()
}

// drop empties all queues. The caller holds the mutex.
func (w *webhooks) drop() {
	for _, queue := range w.queues {
		queue.deliveries = nil
	}
}

func (w *webhooks) register(roomID, address string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.urls[roomID] = parseWebhookURL(address)
}

func (w *webhooks) forget(roomID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.urls, roomID)
	delete(w.batch, roomID)
}

// registerBatch makes a room's requests hold several notifications.
func (w *webhooks) registerBatch(roomID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batch[roomID] = true
}

// notify queues a notification, whose message is given as well.
func (w *webhooks) notify(n decode.Notification, message []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	roomID := subjectOf(n)
	vad := n.Kind() == decode.KindVAD
	batch := w.batch[roomID] || w.server.config.Webhooks.Batch
	w.push(delivery{url: w.urlOf(n), room: roomID, message: message, alone: vad || !batch, vad: vad})
}

// notifyBatch queues notifications as one batch for each address that they go
// to.
func (w *webhooks) notifyBatch(ns []decode.Notification) {
	if w.server.config.Webhooks.JSON {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var addresses []*url.URL
	byAddress := make(map[*url.URL][]decode.Notification)
	for _, n := range ns {
		to := w.urlOf(n)
		if byAddress[to] == nil {
			addresses = append(addresses, to)
		}
		byAddress[to] = append(byAddress[to], n)
	}
	for _, to := range addresses {
		if message, err := encodeBatch(byAddress[to]); err == nil {
			w.push(delivery{url: to, message: message, alone: true})
		}
	}
}

// urlOf returns the address that a notification goes to, nil for none. Metrics
// go to none, nor does what the server doesn't know. The caller holds the mutex.
func (w *webhooks) urlOf(n decode.Notification) *url.URL {
	if n.Kind() == decode.KindMetricsReport || !w.server.config.Webhooks.knows(n) {
		return nil
	}
	if to := w.urls[subjectOf(n)]; to != nil {
		return to
	}
	return w.fallback
}

// subjectOf returns the id of the room or the livestream that a notification is about,
// empty if there is none.
func subjectOf(n decode.Notification) string {
	switch n := n.(type) {
	case decode.StreamerConnected:
		return n.StreamID
	case decode.StreamerDisconnected:
		return n.StreamID
	case decode.ViewerConnected:
		return n.StreamID
	case decode.ViewerDisconnected:
		return n.StreamID
	}
	id, _ := decode.RoomOf(n)
	return id
}

// knows reports whether the server has such a notification: server 0.3.0 has none
// that is numbered higher than hls_upload_crashed.
func (w Webhooks) knows(n decode.Notification) bool {
	number := int32(n.Kind())
	if unknown, ok := n.(decode.Unknown); ok {
		number = unknown.Number
	}
	return !w.JSON || number <= int32(decode.KindHLSUploadCrashed)
}

// push queues a delivery if it has an address. The caller holds the mutex.
func (w *webhooks) push(d delivery) {
	if d.url == nil || w.poster == nil {
		return
	}
	name := ""
	if w.server.config.Webhooks.Hosted {
		name = d.room
	}
	queue := w.queues[name]
	if queue == nil {
		queue = new(webhookQueue)
		w.queues[name] = queue
		poster := w.poster
		w.workers.Go(func() { w.work(poster, name, queue) })
	}
	queue.deliveries = append(queue.deliveries, d)
}

// work posts what is in a queue until it is empty, and removes it.
func (w *webhooks) work(p *poster, name string, queue *webhookQueue) {
	for {
		next, ok := w.next(name, queue)
		if !ok {
			return
		}
		w.deliver(p, next)
	}
}

func (w *webhooks) next(name string, queue *webhookQueue) (delivery, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(queue.deliveries) == 0 {
		delete(w.queues, name)
		return delivery{}, false
	}
	next := queue.deliveries[0]
	queue.deliveries = queue.deliveries[1:]
	if !next.alone {
		next.message = queue.batch(next)
	}
	return next, true
}

// batch takes from the queue what can be sent with the first delivery, and
// returns the message that has it all. The caller holds the webhooks' mutex.
func (q *webhookQueue) batch(first delivery) []byte {
	messages := [][]byte{first.message}
	ended := false
	q.deliveries = slices.DeleteFunc(q.deliveries, func(d delivery) bool {
		switch {
		case ended || d.url != first.url:
			return false
		case d.alone && (d.room == first.room || d.room == ""): // Of no room is a batch of any rooms.
			ended = true // What comes after it mustn't overtake it.
			return false
		case d.room != first.room:
			return false
		}
		messages = append(messages, d.message)
		return true
	})
	if len(messages) == 1 {
		return first.message
	}
	return batchOf(messages)
}

// deliver posts a delivery. A failure is only logged, without the address, of
// which parts may be secret.
func (w *webhooks) deliver(p *poster, d delivery) {
	config := w.server.config.Webhooks
	body, err := config.body(d.message)
	if err != nil {
		w.server.log.Error("The webhook sender crashed, the addresses of all rooms are lost.",
			"receiver", d.url.Host, "error", err)
		w.crash()
		return
	}
	timeout := time.Duration(0)
	if config.Hosted && d.vad {
		timeout = vadTimeout
	}
	start := time.Now()
	for attempt := 1; w.attempt(p, d, body, timeout) && config.Hosted && !d.vad && attempt < hostedAttempts; attempt++ {
		longest := hostedPause << (attempt - 1)
		pause := longest/2 + rand.N(longest/2)
		if time.Since(start)+pause > hostedTime || !p.pause(pause) {
			return
		}
	}
}

// attempt posts a delivery once. It reports whether hosted Fishjam would retry.
func (w *webhooks) attempt(p *poster, d delivery, body []byte, timeout time.Duration) (retry bool) {
	log := w.server.log.With("receiver", d.url.Host)
	status, err := p.post(w.server.config.Webhooks.request(d.url, body), timeout)
	switch {
	case p.ctx.Err() != nil: // The server is being stopped.
		return false
	case err != nil:
		log.Warn("A webhook can't be called.", "error", err)
		return true
	case status/100 != 2:
		log.Warn("A webhook answered with an error.", "status", status)
	}
	return status/100 == 5
}

// crash loses what the sender's process of server 0.3.0 has in memory.
func (w *webhooks) crash() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop()
	clear(w.urls)
}
