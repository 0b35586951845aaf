package jellyfishtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// route is a method and a path that the server knows.
type route struct {
	method string
	path   string // Elements that begin with a colon are place holders.
	open   bool   // Whether it needs neither a token nor JSON.
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

// serveREST answers a REST request. It checks in the order of a Jellyfish server:
// the body, the route, the Accept header, the token.
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

// match reports whether a request is for the route, and if so sets the request's
// path values.
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

// acceptsJSON reports whether a client accepts JSON, which is the default.
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

// The content types of answers that have one.
const (
	jsonContent     = "application/json; charset=utf-8"
	playlistContent = "application/vnd.apple.mpegurl"
)

// invalidBody is the text for most bodies that can't be used.
const invalidBody = "Invalid request body structure"

// answer is the response to a REST request.
type answer struct {
	status      int
	contentType string // Empty for none.
	body        []byte
}

// data returns an answer with a value.
func data(status int, value any) *answer {
	return &answer{status, jsonContent, compactJSON(map[string]any{"data": value})}
}

// plain returns an answer with a text.
func plain(status int, text string) *answer {
	return &answer{status: status, body: []byte(text)}
}

// refusal returns an error as the application gives it.
func refusal(status int, text string) *answer {
	return &answer{status, jsonContent, compactJSON(map[string]any{"errors": text})}
}

// frameworkError returns an error as the web framework gives it.
func frameworkError(status int) *answer {
	detail := map[string]any{"detail": http.StatusText(status)}
	return &answer{status, jsonContent, compactJSON(map[string]any{"errors": detail})}
}

func noSuchRoom(id string) *answer {
	return refusal(404, "Room "+id+" does not exist")
}

// write sends the answer, without its body to a HEAD request.
func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header["Content-Type"] = nil // None unless there is one.
	if a.contentType != "" {
		header.Set("Content-Type", a.contentType)
	}
	if a.status != http.StatusNoContent {
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // A client that is gone doesn't matter.
	}
}

// bodyLimit is how many bytes the body of a request may have.
const bodyLimit = 8_000_000

// request is a REST request whose body was read.
type request struct {
	*http.Request
	body   []byte
	params map[string]any    // What the query and the body say.
	path   map[string]string // What stands in the path's place holders.
}

// readRequest reads a request's body and finds its parameters. The answer is nil
// unless that fails.
func readRequest(w http.ResponseWriter, r *http.Request) (*request, *answer) {
	q := &request{Request: r, params: make(map[string]any)}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return q, frameworkError(http.StatusRequestEntityTooLarge)
	case err != nil:
		return q, frameworkError(http.StatusBadRequest)
	}
	q.body = body
	q.add(r.URL.Query())
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return q, q.parseBody()
	}
	return q, nil
}

// parseBody takes the parameters from a body of JSON or of a form. Others are
// ignored, like those without a content type.
func (q *request) parseBody() *answer {
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil
	case kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(q.body))
		if err != nil {
			return frameworkError(http.StatusBadRequest)
		}
		q.add(values)
	case len(q.body) > 0 && (kind == "application/json" || strings.HasSuffix(kind, "+json")):
		value, err := parseJSON(q.body)
		if err != nil {
			return frameworkError(http.StatusBadRequest)
		}
		if object, ok := value.(map[string]any); ok {
			maps.Copy(q.params, object)
		}
	}
	return nil
}

func (q *request) add(values url.Values) {
	for name, all := range values {
		q.params[name] = all[len(all)-1]
	}
}

// options returns the options that the request gives. It returns false for such
// as the server's room doesn't survive.
func (q *request) options() (map[string]any, bool) {
	value, given := q.params["options"]
	if !given {
		return nil, true
	}
	options, ok := value.(map[string]any)
	return options, ok
}

// parseJSON returns the value of a JSON text, with its numbers as they are
// written.
func parseJSON(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("JSON text is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("JSON text goes on after its value")
	}
	return value, nil
}

// interpolate returns a JSON value as the server puts it into a text. It returns
// false for one with which that raises an error there.
func interpolate(value any) (string, bool) {
	switch value := value.(type) {
	case nil:
		return "", true
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return value.String(), true
	case []any:
		return characters(value)
	}
	return "", false
}

// characters returns the text of a list of characters' numbers.
func characters(list []any) (string, bool) {
	var text strings.Builder
	for _, element := range list {
		n, ok := int64Of(element)
		if !ok || n < 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return "", false
		}
		text.WriteRune(rune(n))
	}
	return text.String(), true
}
