package jellyfishtest

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"
)

// webhookTimeout is how long a receiver may take to answer.
const webhookTimeout = 5 * time.Second

// webhooks posts notifications to the addresses that rooms were created with:
// those of all rooms one after the other, each once.
type webhooks struct {
	server *Server
	client *http.Client

	mu      sync.Mutex // guards the following; never held across I/O
	urls    map[string]string
	queue   []delivery
	sending bool               // whether a goroutine works on the queue
	cancel  context.CancelFunc // ends that goroutine's request
	idle    chan struct{}      // closed when that goroutine has ended
}

// delivery is a notification on its way.
type delivery struct {
	url     string
	payload []byte
}

func newWebhooks(s *Server) *webhooks {
	return &webhooks{
		server: s,
		urls:   make(map[string]string),
		client: &http.Client{
			Transport:     &http.Transport{},
			Timeout:       webhookTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (w *webhooks) register(roomID, url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.urls[roomID] = url
}

func (w *webhooks) forget(roomID string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.urls, roomID)
}

// send queues a notification for a room's address, if it has one.
func (w *webhooks) send(roomID string, payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	url, ok := w.urls[roomID]
	if !ok {
		return
	}
	w.queue = append(w.queue, delivery{url, payload})
	if w.sending {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.sending, w.cancel, w.idle = true, cancel, make(chan struct{})
	go w.work(ctx, w.idle)
}

// work posts the queue until it is empty.
func (w *webhooks) work(ctx context.Context, idle chan struct{}) {
	defer close(idle)
	for {
		next, ok := w.next()
		if !ok {
			return
		}
		w.post(ctx, next)
	}
}

func (w *webhooks) next() (delivery, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.sending = false
		w.cancel()
		return delivery{}, false
	}
	next := w.queue[0]
	w.queue = w.queue[1:]
	return next, true
}

// post makes the only attempt to deliver. A failure is only logged.
func (w *webhooks) post(ctx context.Context, d delivery) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(d.payload))
	if err != nil {
		w.server.log.Warn("A webhook can't be called.", "error", err)
		return
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("User-Agent", "hackney/1.20.1")
	response, err := w.client.Do(request)
	if err != nil {
		w.server.log.Warn("A webhook can't be called.", "error", err)
		return
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		w.server.log.Warn("A webhook answered with an error.", "status", response.Status)
	}
}

// stop drops what isn't delivered and waits until nothing is sent any more.
func (w *webhooks) stop() {
	w.mu.Lock()
	w.queue = nil
	sending, cancel, idle := w.sending, w.cancel, w.idle
	w.mu.Unlock()
	if sending {
		cancel()
	}
	if idle != nil {
		<-idle
	}
	w.client.CloseIdleConnections()
}
