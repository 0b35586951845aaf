package watch

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// cloudState is what a hosted Fishjam lists, as defined by its OpenAPI 0.30.
type cloudState struct {
	mu      sync.Mutex
	rooms   map[string]*cloudRoom
	streams map[string]*cloudStream
	// hidesLivestreams means that GET /room and /room/{id} don't include livestreams.
	hidesLivestreams bool
}

type cloudRoom struct {
	ID     string         `json:"id"`
	Config map[string]any `json:"config"`
	Peers  []*cloudPeer   `json:"peers"`
}

type cloudPeer struct {
	ID            string          `json:"id"`
	Type          string          `json:"type"`
	Status        string          `json:"status"`
	Tracks        []cloudTrack    `json:"tracks"`
	Metadata      json.RawMessage `json:"metadata"`
	SubscribeMode string          `json:"subscribeMode"`
	Subscriptions struct {
		Peers  []string `json:"peers"`
		Tracks []string `json:"tracks"`
	} `json:"subscriptions"`
}

type cloudTrack struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Metadata json.RawMessage `json:"metadata"`
}

type cloudStream struct {
	ID        string          `json:"id"`
	Public    bool            `json:"public"`
	AudioOnly bool            `json:"audioOnly"`
	Streamers []cloudStreamer `json:"streamers"`
	Viewers   []cloudViewer   `json:"viewers"`
}

type cloudStreamer struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Token  string `json:"token"`
}

type cloudViewer struct {
	ID    string `json:"id"`
	Token string `json:"token"`
}

// RoundTrip responds to the requests of a client whose address ends in "/id".
func (s *cloudState) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, path, _ := strings.Cut(r.URL.Path, "/id")
	if r.Method != http.MethodGet {
		return respond(http.StatusMethodNotAllowed, map[string]any{"errors": "only read here"})
	}
	collection, id, one := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	var data any
	switch collection {
	case "room":
		if one && s.hidesLivestreams && s.streams[id] != nil {
			break
		}
		if one {
			data = orNothing(s.rooms[id])
			break
		}
		list := slices.AppendSeq([]*cloudRoom{}, maps.Values(s.rooms))
		if s.hidesLivestreams {
			list = slices.DeleteFunc(list, func(r *cloudRoom) bool { return s.streams[r.ID] != nil })
		}
		data = list
	case "livestream":
		if one {
			data = orNothing(s.streams[id])
			break
		}
		data = slices.AppendSeq([]*cloudStream{}, maps.Values(s.streams))
	}
	if data == nil {
		return respond(http.StatusNotFound, map[string]any{"errors": "not found"})
	}
	return respond(http.StatusOK, map[string]any{"data": data})
}

func orNothing[T any](found *T) any {
	if found == nil {
		return nil
	}
	return found
}

func respond(status int, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(text)),
		Body: io.NopCloser(bytes.NewReader(text)),
	}, nil
}

// apply changes the state, and returns the notifications of the change.
func (s *cloudState) apply(change func() []decode.Notification) []decode.Notification {
	s.mu.Lock()
	defer s.mu.Unlock()
	return change()
}
