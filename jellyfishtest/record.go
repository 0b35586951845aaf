package jellyfishtest

import (
	"net/http"
	"slices"
	"sync"
)

// Upgrade is a request for the notification socket.
type Upgrade struct {
	// Header is the request's header, without Host.
	Header http.Header
	// Host is the host and port that the client asked for.
	Host string
	// RemoteAddr is the client's address, "pipe" in memory.
	RemoteAddr string
}

// record is what clients did.
type record struct {
	mu       sync.Mutex
	upgrades []Upgrade
	messages [][]byte
	calls    []Call
}

// Upgrades returns all requests for the notification socket that the server has
// seen, in order, also those that it didn't answer with an upgrade.
func (s *Server) Upgrades() []Upgrade {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.upgrades)
}

// Received returns all binary messages that clients sent on the notification
// socket, in the order in which the server handled them: authentication and
// subscription requests, as a rule. The tokens in them are readable.
func (s *Server) Received() [][]byte {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages)
}

func (r *record) upgrade(request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.upgrades = append(r.upgrades, Upgrade{
		Header:     request.Header.Clone(),
		Host:       request.Host,
		RemoteAddr: request.RemoteAddr,
	})
}

func (r *record) message(data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, data)
}
