package jellyfishtest

import (
	"bytes"
	"net/http"
	"slices"
	"sync"
)

// historySize limits how many bytes of calls' bodies are kept, and how many of
// messages.
const historySize = 64 << 20

// Call is a REST request.
type Call struct {
	// Method is the request's method, "POST" for example.
	Method string
	// Path is the path as the client escaped it, with the query if there is one. On a
	// hosted server it is without the prefix /api/v1/connect/{id}.
	Path string
	// Header is the request's header, without Host. The token in it is readable.
	Header http.Header
	// Body is the request's body, nil if it was too large.
	Body []byte
}

// Upgrade is a request for the notification socket.
type Upgrade struct {
	// Header is the request's header, without Host.
	Header http.Header
	// Host is the host and port that the client asked for.
	Host string
	// RemoteAddr is the client's address, "pipe" in memory.
	RemoteAddr string
}

// record holds what clients did.
type record struct {
	mu       sync.Mutex
	upgrades history[Upgrade]
	messages history[[]byte]
	calls    history[Call]
}

// Calls returns the REST requests that the server has seen, in order, including those
// that it refused: the last [Config.History] of them.
func (s *Server) Calls() []Call {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls.list()
}

// Upgrades returns the requests for the notification socket that the server has
// seen, in order, also those that it didn't answer with an upgrade: the last
// [Config.History] of them.
func (s *Server) Upgrades() []Upgrade {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.upgrades.list()
}

// Received returns the binary messages that clients sent on the notification
// socket, in the order in which the server handled them: authentication and
// subscription requests, as a rule. It returns the last [Config.History] of
// them. The tokens in them are readable.
func (s *Server) Received() [][]byte {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.messages.list()
}

func (s *Server) recordCall(q *request) {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls.add(s.config.History, len(q.body), Call{
		Method: q.Method,
		Path:   q.URL.RequestURI(),
		Header: q.Header.Clone(),
		Body:   q.body,
	})
}

func (s *Server) recordUpgrade(request *http.Request) {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	r.upgrades.add(s.config.History, 0, Upgrade{
		Header:     request.Header.Clone(),
		Host:       request.Host,
		RemoteAddr: request.RemoteAddr,
	})
}

func (s *Server) recordMessage(data []byte) {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages.add(s.config.History, len(data), bytes.Clone(data))
}

// history holds the newest items.
type history[T any] struct {
	items []T
	sizes []int // Of each item, in bytes.
	size  int
}

// add adds an item of the given size and drops the oldest ones beyond limit or
// historySize.
func (h *history[T]) add(limit, size int, item T) {
	h.items, h.sizes, h.size = append(h.items, item), append(h.sizes, size), h.size+size
	drop := max(0, len(h.items)-max(limit, 0))
	for i, size := range h.sizes {
		if i >= drop && h.size <= historySize {
			break
		}
		drop = max(drop, i+1)
		h.size -= size
	}
	clear(h.items[:drop]) // The array stays until append makes a new one.
	h.items, h.sizes = h.items[drop:], h.sizes[drop:]
}

func (h *history[T]) list() []T { return slices.Clone(h.items) }
