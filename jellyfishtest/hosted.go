package jellyfishtest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// fishjamHost is where hosted Fishjam is reached.
const fishjamHost = "fishjam.io"

// hosted is what a server has that is hosted Fishjam. The rooms' mutex guards it.
type hosted struct {
	id            string
	recordings    map[string]*hostedRecording
	deprecation   string // The header's value, empty for none.
	unknownFields bool   // Unknown fields of requests are ignored.
	peerSocket    *string
	echo          bool // Agents hear themselves.
}

// prefix returns what the paths of an account begin with.
func (h *hosted) prefix() string { return "/api/v1/connect/" + h.id }

// hostedHandler serves an account of hosted Fishjam. Other ids are unknown to the gateway
// in front of it.
func (s *Server) hostedHandler(account http.Handler) http.Handler {
	prefix := s.hosted.prefix()
	within := http.StripPrefix(prefix, account)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, prefix+"/") {
			gatewayError(http.StatusNotFound).write(w, r)
			return
		}
		s.rooms.mu.Lock()
		deprecation := s.hosted.deprecation
		s.rooms.mu.Unlock()
		if deprecation != "" {
			w.Header().Set("X-Fishjam-Api-Deprecated", deprecation)
		}
		within.ServeHTTP(w, r)
	})
}

// gatewayError returns an error as the gateway in front of Fishjam gives it.
func gatewayError(status int) *answer {
	return &answer{status, jsonContent, compactJSON(map[string]any{"detail": http.StatusText(status)})}
}

func hostedRoutes() []route {
	return []route{
		{method: "GET", path: "validate", open: true, serve: (*Server).serveValidate},

		{method: "GET", path: "room", serve: (*Server).serveHostedRooms},
		{method: "POST", path: "room", serve: (*Server).serveCreateHostedRoom},
		{method: "GET", path: "room/:room", serve: (*Server).serveHostedRoom},
		{method: "DELETE", path: "room/:room", serve: (*Server).serveDeleteRoom},
		{method: "POST", path: "room/:room/track_forwardings", serve: (*Server).serveForwardTracks},
		{method: "POST", path: "room/:room/streamer", serve: (*Server).serveStreamerToken},
		{method: "POST", path: "room/:room/viewer", serve: (*Server).serveViewerToken},

		{method: "POST", path: "room/:room/peer", serve: (*Server).serveAddHostedPeer},
		{method: "DELETE", path: "room/:room/peer/:id", serve: (*Server).serveDeletePeer},
		{method: "POST", path: "room/:room/peer/:id/refresh_token", serve: (*Server).serveRefreshToken},
		{method: "POST", path: "room/:room/peer/:id/subscribe_peer", serve: (*Server).serveSubscribePeer},
		{method: "POST", path: "room/:room/peer/:id/subscribe_tracks", serve: (*Server).serveSubscribeTracks},

		{method: "GET", path: "livestream", serve: (*Server).serveLivestreams},
		{method: "POST", path: "livestream", serve: (*Server).serveCreateLivestream},
		{method: "GET", path: "livestream/:room", serve: (*Server).serveLivestream},
		{method: "DELETE", path: "livestream/:room", serve: (*Server).serveDeleteLivestream},
		{method: "POST", path: "livestream/:room/streamer", serve: (*Server).serveAddStreamer},
		{method: "DELETE", path: "livestream/:room/streamer/:id", serve: (*Server).serveDeleteStreamer},
		{method: "POST", path: "livestream/:room/viewer", serve: (*Server).serveAddViewer},
		{method: "DELETE", path: "livestream/:room/viewer/:id", serve: (*Server).serveDeleteViewer},

		{method: "GET", path: "recordings", serve: (*Server).serveHostedRecordings},
		{method: "POST", path: "recordings", serve: (*Server).serveCreateRecording},
		{method: "GET", path: "recordings/:id", serve: (*Server).serveHostedRecording},
		{method: "POST", path: "recordings/:id/stop", serve: (*Server).serveStopRecording},
		{method: "DELETE", path: "recordings/:id", serve: (*Server).serveDeleteHostedRecording},

		{method: "POST", path: "moq/access", serve: (*Server).serveMoQAccess},
	}
}

// readObject reads a JSON object with a closed schema, the fields of the struct that v
// points to. No text is an empty object. The answer is nil unless that fails.
func (s *Server) readObject(text []byte, v any) *answer {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	s.rooms.mu.Lock()
	ignore := s.hosted.unknownFields
	s.rooms.mu.Unlock()
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		return refusal(400, invalidBody)
	}
	// Each field is decoded by itself: for a struct, encoding/json takes names in any
	// case, which a schema doesn't.
	object := reflect.ValueOf(v).Elem()
	for i := range object.NumField() {
		name := object.Type().Field(i).Tag.Get("json")
		value, ok := fields[name]
		if !ok {
			continue
		}
		delete(fields, name)
		decoder := json.NewDecoder(bytes.NewReader(value))
		if !ignore {
			decoder.DisallowUnknownFields()
		}
		if decoder.Decode(object.Field(i).Addr().Interface()) != nil {
			return refusal(400, invalidBody)
		}
	}
	if len(fields) > 0 && !ignore {
		return refusal(400, invalidBody)
	}
	return nil
}

// serveValidate tells whether the token is right: nothing else is 404 for that.
func (s *Server) serveValidate(q *request) *answer {
	if s.authorize(q.Header) != nil {
		return refusal(404, "Invalid credentials")
	}
	return plain(200, "")
}

// IgnoreUnknownFields makes a hosted server ignore fields of requests that its schemas
// don't have. By default it refuses such requests with 400: which of the two Fishjam
// does isn't known. Other servers ignore it.
func (s *Server) IgnoreUnknownFields(ignore bool) {
	s.setHosted(func(h *hosted) { h.unknownFields = ignore })
}

// SetDeprecation makes a hosted server answer each call with the header
// x-fishjam-api-deprecated, with a status such as "deprecated" or "unsupported" and a
// message. An empty status ends that. Other servers ignore it.
func (s *Server) SetDeprecation(status, message string) {
	text := string(compactJSON(map[string]string{"status": status, "message": message}))
	if status == "" {
		text = ""
	}
	s.setHosted(func(h *hosted) { h.deprecation = text })
}

// SetPeerWebSocketURL sets the peer_websocket_url with which a hosted server answers when
// a peer is added, with a scheme or without; empty means that there is none. By default
// it is the URL of the peer socket. Other servers ignore it.
func (s *Server) SetPeerWebSocketURL(url string) {
	s.setHosted(func(h *hosted) { h.peerSocket = &url })
}

func (s *Server) setHosted(set func(*hosted)) {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	if s.hosted != nil {
		set(s.hosted)
	}
}

// checkFishjamID refuses an id that can't be part of a path as it is.
func checkFishjamID(id string) error {
	if id != url.PathEscape(id) || id == "." || id == ".." {
		return fmt.Errorf("jellyfishtest: FishjamID %q: must be of letters, digits and hyphens", id)
	}
	return nil
}

// URL returns the server's full URL: what a FishjamID can be set to instead of an id.
func (s *Server) URL() string {
	scheme := "http"
	if s.certificate != nil {
		scheme = "https"
	}
	return scheme + "://" + s.Address()
}

// hostedID returns an opaque id with the name of a node in it, as Fishjam's ids have.
func (i *identifiers) hosted() string {
	return i.uuid() + "-" + hex.EncodeToString([]byte("node@host"))
}

// secretToken returns a token that means nothing.
func (i *identifiers) secretToken() string { return strings.ReplaceAll(i.uuid(), "-", "") }

// serveMoQAccess answers with a token of one hour.
func (s *Server) serveMoQAccess(q *request) *answer {
	var body struct {
		PublishPath   *string `json:"publishPath"`
		SubscribePath *string `json:"subscribePath"`
	}
	if a := s.readObject(q.body, &body); a != nil {
		return a
	}
	if body.PublishPath == nil && body.SubscribePath == nil {
		return refusal(400, "At least one of publishPath and subscribePath is required")
	}
	now := time.Now().Unix()
	claims := compactJSON(map[string]any{
		"root": s.hosted.id, "put": body.PublishPath, "get": body.SubscribePath, "iat": now, "exp": now + 3600,
	})
	head := `{"alg":"HS256","typ":"JWT"}`
	token := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	token += "." + signature(token)
	return bare(200, map[string]any{
		"connection_url": "https://relay." + fishjamHost + "/" + s.hosted.id + "?jwt=" + token,
		"token":          token,
	})
}

// bare returns an answer with a value that is in no envelope.
func bare(status int, value any) *answer {
	return &answer{status, jsonContent, compactJSON(value)}
}

var errNotHosted = errors.New("the server isn't hosted: Config.FishjamID isn't set")

// inLivestream calls f with a livestream while it holds the rooms' mutex. The error
// names the operation.
func (s *Server) inLivestream(operation, streamID string, f func(*room) error) error {
	err := errNotHosted
	if s.hosted != nil {
		err = fmt.Errorf("livestream %s does not exist", streamID)
		s.rooms.with(streamID, func(r *room) {
			if r.config.hosted.isLivestream() {
				err = f(r)
			}
		})
	}
	if err != nil {
		return fmt.Errorf("jellyfishtest: %s: %w", operation, err)
	}
	return nil
}

// rawObject returns metadata as JSON, an empty object for none.
func rawObject(metadata decode.Metadata) json.RawMessage {
	if metadata == "" || metadata == "null" {
		return json.RawMessage("{}")
	}
	return json.RawMessage(metadata)
}
