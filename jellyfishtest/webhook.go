package jellyfishtest

import (
	"net/url"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// webhooks is the server's sender of webhooks: it posts notifications to the
// addresses of their rooms, those of all rooms one after the other, each once.
type webhooks struct {
	server   *Server
	fallback *url.URL // the address of what has none of its own, nil for none

	mu      sync.Mutex // guards the following; never held across I/O
	urls    map[string]*url.URL
	queue   []delivery
	poster  *poster       // nil while the server is stopped
	sending bool          // whether a goroutine works on the queue
	idle    chan struct{} // closed when that goroutine has ended
}

// delivery is a message on its way.
type delivery struct {
	url     *url.URL
	room    string // empty if it belongs to none
	message []byte
	alone   bool // never to be part of a batch
}

func newWebhooks(s *Server) (*webhooks, error) {
	fallback, err := s.config.Webhooks.parse()
	if err != nil {
		return nil, err
	}
	return &webhooks{server: s, fallback: fallback, urls: make(map[string]*url.URL)}, nil
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
	poster, idle := w.poster, w.idle
	w.queue, w.poster, w.idle = nil, nil, nil
	w.mu.Unlock()
	if poster != nil {
		poster.close()
	}
	if idle != nil {
		<-idle
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
}

// notify queues a notification, whose message is given as well.
func (w *webhooks) notify(n decode.Notification, message []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	roomID, _ := decode.RoomOf(n)
	w.push(delivery{
		url: w.urlOf(n), room: roomID, message: message,
		alone: n.Kind() == decode.KindVAD,
	})
}

// urlOf returns the address that a notification goes to, nil for none. Metrics
// go to none, nor does what the server doesn't know. The caller holds the mutex.
func (w *webhooks) urlOf(n decode.Notification) *url.URL {
	if n.Kind() == decode.KindMetricsReport || !w.server.config.Webhooks.knows(n) {
		return nil
	}
	if roomID, ok := decode.RoomOf(n); ok && w.urls[roomID] != nil {
		return w.urls[roomID]
	}
	return w.fallback
}

// push queues a delivery if it has an address. The caller holds the mutex.
func (w *webhooks) push(d delivery) {
	if d.url == nil || w.poster == nil {
		return
	}
	w.queue = append(w.queue, d)
	if !w.sending {
		w.sending, w.idle = true, make(chan struct{})
		go w.work(w.poster, w.idle)
	}
}

// work posts the queue until it is empty.
func (w *webhooks) work(p *poster, idle chan struct{}) {
	defer close(idle)
	for {
		next, ok := w.next()
		if !ok {
			return
		}
		w.deliver(p, next)
	}
}

func (w *webhooks) next() (delivery, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.sending = false
		return delivery{}, false
	}
	next := w.queue[0]
	w.queue = w.queue[1:]
	if w.server.config.Webhooks.Batch && !next.alone {
		next.message = w.batch(next)
	}
	return next, true
}

// deliver makes the only attempt to post a delivery. A failure is only logged,
// without the address, of which parts may be secret.
func (w *webhooks) deliver(p *poster, d delivery) {
	log := w.server.log.With("receiver", d.url.Host)
	config := w.server.config.Webhooks
	body, err := config.body(d.message)
	if err != nil {
		log.Error("The webhook sender crashed, the addresses of all rooms are lost.", "error", err)
		w.crash()
		return
	}
	status, err := p.post(config.request(d.url, body))
	switch {
	case p.ctx.Err() != nil: // the server is being stopped
	case err != nil:
		log.Warn("A webhook can't be called.", "error", err)
	case status/100 != 2:
		log.Warn("A webhook answered with an error.", "status", status)
	}
}

// crash loses what the sender's process of server 0.3.0 has in memory.
func (w *webhooks) crash() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = nil
	clear(w.urls)
}
