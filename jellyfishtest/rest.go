package jellyfishtest

import (
	"net/http"
	"net/url"
	"strings"
)

// route is a method and a path that the server knows.
type route struct {
	method string
	path   string // elements that begin with a colon are place holders
	open   bool   // whether it needs neither a token nor JSON
	serve  func(*Server, *request) *answer
}

func routes() []route {
	return []route{
		{method: "GET", path: "health", serve: (*Server).serveHealth},
		{method: "GET", path: "room", serve: (*Server).serveRooms},
		{method: "POST", path: "room", serve: (*Server).serveCreateRoom},
		{method: "GET", path: "room/:room", serve: (*Server).serveRoom},
		{method: "DELETE", path: "room/:room", serve: (*Server).serveDeleteRoom},
		{method: "POST", path: "room/:room/peer", serve: (*Server).serveAddPeer},
		{method: "DELETE", path: "room/:room/peer/:id", serve: (*Server).serveDeletePeer},
		{method: "POST", path: "room/:room/component", serve: (*Server).serveAddComponent},
		{method: "DELETE", path: "room/:room/component/:id", serve: (*Server).serveDeleteComponent},
		{method: "POST", path: "room/:room/component/:id/subscribe", serve: (*Server).serveSubscribe},
		{method: "POST", path: "sip/:room/:id/call", serve: (*Server).serveDial},
		{method: "DELETE", path: "sip/:room/:id/call", serve: (*Server).serveEndCall},
		{method: "GET", path: "recording", serve: (*Server).serveRecordings},
		{method: "DELETE", path: "recording/:id", serve: (*Server).serveDeleteRecording},
		{method: "GET", path: "recording/:id/:file", open: true, serve: (*Server).serveRecordingFile},
		{method: "GET", path: "hls/:room/:file", open: true, serve: (*Server).serveHLSFile},
	}
}

// serveREST answers a REST request. What is wrong with it is looked for in the
// server's order: the body, the route, what is accepted, the token.
func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "max-age=0, private, must-revalidate")
	header.Set("Server", "Cowboy")
	header.Set("Access-Control-Allow-Credentials", "true")
	header.Set("Access-Control-Allow-Origin", "*")
	q, a := readRequest(w, r)
	s.recordCall(q)
	if fault, ok := s.faults.takeCall(r); ok {
		fault.serve(s, w, q, a)
		return
	}
	if a == nil {
		a = s.answer(q)
	}
	a.write(w, r)
}

func (s *Server) answer(q *request) *answer {
	if q.Method == http.MethodOptions {
		return &answer{status: http.StatusNoContent}
	}
	elements, err := pathElements(q.URL)
	if err != nil {
		return frameworkError(http.StatusBadRequest)
	}
	for _, route := range s.routes {
		if !route.match(q, elements) {
			continue
		}
		if !route.open && !acceptsJSON(q.Header) {
			return frameworkError(http.StatusNotAcceptable)
		}
		if a := s.authorize(q.Header); !route.open && a != nil {
			return a
		}
		return route.serve(s, q)
	}
	return frameworkError(http.StatusNotFound)
}

// match tells whether a request is for the route, and notes what stands in the
// place holders if it is.
func (r route) match(q *request, elements []string) bool {
	pattern := strings.Split(r.path, "/")
	method := q.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if method != r.method || len(elements) != len(pattern) {
		return false
	}
	path := make(map[string]string)
	for i, element := range elements {
		name, holder := strings.CutPrefix(pattern[i], ":")
		if holder {
			path[name] = element
		} else if element != name {
			return false
		}
	}
	q.path = path
	return true
}

// pathElements returns the decoded elements of a path without the empty ones.
func pathElements(u *url.URL) ([]string, error) {
	var elements []string
	for escaped := range strings.SplitSeq(u.EscapedPath(), "/") {
		if escaped == "" {
			continue
		}
		element, err := url.PathUnescape(escaped)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	return elements, nil
}

// acceptsJSON tells whether a client takes JSON, as one does that doesn't say.
func acceptsJSON(header http.Header) bool {
	accept := header.Get("Accept")
	if accept == "" || strings.Contains(accept, "*/*") {
		return true
	}
	for kind := range strings.SplitSeq(accept, ",") {
		kind, _, _ = strings.Cut(kind, ";")
		switch strings.TrimSpace(kind) {
		case "application/json", "application/*":
			return true
		}
	}
	return false
}

// authorize returns the answer to a request without the right token, or nil.
func (s *Server) authorize(header http.Header) *answer {
	values := header.Values("Authorization")
	if len(values) != 1 || !strings.HasPrefix(values[0], "Bearer ") {
		return refusal(http.StatusUnauthorized, "Missing token")
	}
	if strings.TrimPrefix(values[0], "Bearer ") != s.faults.acceptedToken() {
		return refusal(http.StatusUnauthorized, "Invalid token")
	}
	return nil
}
