package jellyfishtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// templateLimit is how large a recording's template may be.
const templateLimit = 1 << 20

// hostedRecording is a recording as hosted Fishjam answers with it.
type hostedRecording struct {
	ID       string                 `json:"id"`
	Source   json.RawMessage        `json:"source"`
	Status   decode.RecordingStatus `json:"status"`
	Metadata json.RawMessage        `json:"metadata"`
	Files    []hostedFile           `json:"files"`
}

type hostedFile struct {
	URL string `json:"url"`
}

// recordingSource is what a recording can be of.
type recordingSource struct {
	CompositionURL string   `json:"compositionURL"`
	OutputID       *string  `json:"outputId"`
	ScaleRatio     *float64 `json:"scaleRatio"`
	Resolution     *struct {
		Width  int `json:"width"`
		Height int `json:"height"`
	} `json:"resolution"`
	Audio *bool `json:"audio"`
}

// valid reports whether the source is one of the two that there are.
func (s *recordingSource) valid(template bool) bool {
	switch {
	case !webhookPattern.MatchString(s.CompositionURL) || len(s.CompositionURL) > 255:
		return false
	case !template:
		return s.OutputID != nil && s.Resolution == nil && s.Audio == nil && (s.ScaleRatio == nil || *s.ScaleRatio > 0)
	case s.OutputID != nil || s.ScaleRatio != nil:
		return false
	}
	r := s.Resolution
	return r == nil || r.Width%2 == 0 && r.Height%2 == 0 && r.Width > 0 && r.Width <= 3840 && r.Height > 0 && r.Height <= 2160
}

func (s *Server) serveCreateRecording(q *request) *answer {
	config, template, ok := recordingForm(q)
	if !ok {
		return refusal(400, invalidBody)
	}
	var body struct {
		Source   json.RawMessage `json:"source"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if a := s.readObject(config, &body); a != nil {
		return a
	}
	var source recordingSource
	if a := s.readObject(body.Source, &source); a != nil {
		return a
	}
	if len(body.Metadata) == 0 {
		body.Metadata = json.RawMessage("null")
	}
	if !source.valid(template) || body.Metadata[0] != '{' && body.Metadata[0] != 'n' {
		return refusal(400, invalidBody)
	}
	rs := s.rooms
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := &hostedRecording{ID: rs.ids.uuid(), Source: body.Source, Metadata: body.Metadata, Files: []hostedFile{}}
	s.hosted.recordings[r.ID] = r
	rs.setStatus(r, decode.RecordingActive)
	return data(201, r)
}

// recordingForm returns the configuration that a request holds, and whether there is a
// template beside it; false for a form that can't be used.
func recordingForm(q *request) (config []byte, template, ok bool) {
	kind, parameters, _ := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return q.body, false, len(q.body) > 0
	}
	form := multipart.NewReader(bytes.NewReader(q.body), parameters["boundary"])
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return config, template, config != nil && template
		}
		if err != nil {
			return nil, false, false
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, false, false
		}
		switch part.FormName() {
		case "config":
			config = content
		case "template":
			if len(content) == 0 || len(content) > templateLimit {
				return nil, false, false
			}
			template = true
		}
	}
}

// setStatus changes how far a recording has come. The caller holds the mutex.
func (rs *rooms) setStatus(r *hostedRecording, status decode.RecordingStatus) {
	r.Status = status
	if status == decode.RecordingAvailable {
		r.Files = []hostedFile{{"https://media." + fishjamHost + "/" + r.ID + "/index.mp4"}}
	}
	rs.emit(decode.RecordingStatusChanged{RecordingID: r.ID, Status: status, Metadata: decode.Metadata(r.Metadata)})
}

func (s *Server) serveHostedRecordings(q *request) *answer {
	rs := s.rooms
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := []hostedRecording{}
	for _, id := range sortedKeys(s.hosted.recordings) {
		if r := s.hosted.recordings[id]; r.matches(q) {
			list = append(list, *r)
		}
	}
	return data(200, list)
}

// matches reports whether all pairs of a filter match. Values are compared as texts, so
// that a number never does.
func (r *hostedRecording) matches(q *request) bool {
	var metadata any
	if json.Unmarshal(r.Metadata, &metadata) != nil {
		return false
	}
	for name, values := range q.URL.Query() {
		if name == "status" {
			if values[0] != r.Status.String() {
				return false
			}
			continue
		}
		keys, ok := strings.CutPrefix(name, "metadata[")
		if !ok {
			continue
		}
		value := metadata
		for key := range strings.SplitSeq(strings.TrimSuffix(keys, "]"), "][") {
			object, _ := value.(map[string]any)
			if value, ok = object[key]; !ok {
				return false
			}
		}
		if text, isText := value.(string); !(isText && text == values[0] || value == nil && values[0] == "null") {
			return false
		}
	}
	return true
}

// onRecording answers a request that is about a recording.
func (s *Server) onRecording(q *request, serve func(*hostedRecording) *answer) *answer {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	r := s.hosted.recordings[q.path["id"]]
	if r == nil {
		return refusal(404, "Recording not found")
	}
	return serve(r)
}

func (s *Server) serveHostedRecording(q *request) *answer {
	return s.onRecording(q, func(r *hostedRecording) *answer { return data(200, r) })
}

// serveStopRecording answers with a recording that is still active; stopping it again
// does nothing.
func (s *Server) serveStopRecording(q *request) *answer {
	return s.onRecording(q, func(r *hostedRecording) *answer {
		a := data(200, r)
		if r.Status == decode.RecordingActive {
			s.rooms.setStatus(r, decode.RecordingFinished)
		}
		return a
	})
}

// serveDeleteHostedRecording refuses what is active, with a status that isn't
// documented.
func (s *Server) serveDeleteHostedRecording(q *request) *answer {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	r := s.hosted.recordings[q.path["id"]]
	if r != nil && r.Status == decode.RecordingActive {
		return refusal(400, "Recording is active")
	}
	delete(s.hosted.recordings, q.path["id"])
	return &answer{status: 204}
}

// SetRecordingStatus changes how far a recording has come, of which subscribers are
// notified. An available one has a file. It fails if the server isn't hosted or if there
// is no such recording.
func (s *Server) SetRecordingStatus(recordingID string, status decode.RecordingStatus) error {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	err := errNotHosted
	if s.hosted != nil {
		err = fmt.Errorf("recording %s does not exist", recordingID)
		if r := s.hosted.recordings[recordingID]; r != nil {
			s.rooms.setStatus(r, status)
			return nil
		}
	}
	return fmt.Errorf("jellyfishtest: set the status of a recording: %w", err)
}
