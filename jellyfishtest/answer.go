package jellyfishtest

import (
	"net/http"
	"strconv"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// The content types of answers that have one.
const (
	jsonContent     = "application/json; charset=utf-8"
	playlistContent = "application/vnd.apple.mpegurl"
)

// invalidBody is how the server refuses most of what it can't use.
const invalidBody = "Invalid request body structure"

// answer is an answer to a REST request.
type answer struct {
	status      int
	contentType string // empty for none
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

// refusal returns an error of the application.
func refusal(status int, text string) *answer {
	return &answer{status, jsonContent, compactJSON(map[string]any{"errors": text})}
}

// frameworkError returns an error of the framework below it.
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
	header["Content-Type"] = nil // none unless there is one
	if a.contentType != "" {
		header.Set("Content-Type", a.contentType)
	}
	if a.status != http.StatusNoContent {
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // a client that is gone doesn't matter
	}
}

// roomAnswer is a room as the server answers with it.
type roomAnswer struct {
	Components []componentAnswer `json:"components"`
	Config     roomConfig        `json:"config"`
	ID         string            `json:"id"`
	Peers      []peerAnswer      `json:"peers"`
}

func (r *room) answer() roomAnswer {
	a := roomAnswer{Components: []componentAnswer{}, Config: r.config, ID: r.id, Peers: []peerAnswer{}}
	for _, id := range sortedKeys(r.components) {
		a.Components = append(a.Components, r.components[id].answer())
	}
	for _, id := range sortedKeys(r.peers) {
		a.Peers = append(a.Peers, r.peers[id].answer())
	}
	return a
}

type peerAnswer struct {
	ID       string          `json:"id"`
	Metadata decode.Metadata `json:"metadata"`
	Status   string          `json:"status"`
	Tracks   []trackAnswer   `json:"tracks"`
	Type     string          `json:"type"`
}

func (p *peer) answer() peerAnswer {
	status := "disconnected"
	if p.isConnected() {
		status = "connected"
	}
	return peerAnswer{p.owner.ID, p.metadata, status, p.trackAnswers(), "webrtc"}
}

type componentAnswer struct {
	ID         string         `json:"id"`
	Properties map[string]any `json:"properties"`
	Tracks     []trackAnswer  `json:"tracks"`
	Type       string         `json:"type"`
}

func (c *component) answer() componentAnswer {
	properties := make(map[string]any, len(c.properties))
	for name, value := range c.properties {
		properties[name] = value
	}
	return componentAnswer{c.owner.ID, properties, c.trackAnswers(), c.kind}
}

type trackAnswer struct {
	ID       string           `json:"id"`
	Metadata decode.Metadata  `json:"metadata"`
	Type     decode.TrackType `json:"type"`
}

func (e *endpoint) trackAnswers() []trackAnswer {
	answers := []trackAnswer{}
	for _, t := range e.sortedTracks() {
		answers = append(answers, trackAnswer{t.ID, t.Metadata, t.Type})
	}
	return answers
}
