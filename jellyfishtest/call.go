package jellyfishtest

import (
	"net/http"
	"slices"
)

// Call is a REST request.
type Call struct {
	// Method is the request's method, "POST" for example.
	Method string
	// Path is the path as the client escaped it, with the query if there is one.
	Path string
	// Header is the request's header, without Host. The token in it is readable.
	Header http.Header
	// Body is the request's body, nil if it was too large.
	Body []byte
}

// Calls returns all REST requests that the server has seen, in order, also those
// that it refused.
func (s *Server) Calls() []Call {
	r := &s.record
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.calls)
}

func (r *record) call(q *request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, Call{
		Method: q.Method,
		Path:   q.URL.RequestURI(),
		Header: q.Header.Clone(),
		Body:   q.body,
	})
}
