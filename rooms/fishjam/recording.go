package fishjam

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// RecordingStatus is the state of a recording. Statuses newer than this library are
// passed through unchanged.
type RecordingStatus string

// The statuses of a recording, in their order. A change of status is notified as
// decode.RecordingStatusChanged.
const (
	// RecordingActive means that it is being captured.
	RecordingActive RecordingStatus = "active"
	// RecordingFinished means that it has ended and its files are being made. (Fishjam's
	// OpenAPI 0.29.2 and later.)
	RecordingFinished RecordingStatus = "finished"
	// RecordingAvailable means that it has Files.
	RecordingAvailable RecordingStatus = "available"
	// RecordingFailed means that there will be no files.
	RecordingFailed RecordingStatus = "failed"
)

// Recording is a recording of a composition. Fishjam keeps it for three months unless
// agreed otherwise.
type Recording struct {
	ID string
	// Source is a [CompositionSource] or a [TemplateSource], or nil if Fishjam sent
	// neither.
	Source RecordingSource
	Status RecordingStatus
	// Metadata is the JSON of [RecordingConfig].Metadata.
	Metadata decode.Metadata
	// Files are the URLs of its files, once it is available. (Fishjam's OpenAPI 0.30 and
	// later.)
	Files []string
	// Problems are those of [Room].
	Problems []string
}

// CreateRecording starts a recording: POST /recordings. It goes on until
// [Client.StopRecording], or until what it records ends.
//
// Its errors are [ErrInvalid], [ErrQuotaExceeded], [ErrConflict] and
// [ErrUnauthorized]. What Fishjam responds if an output is being recorded already
// isn't documented.
func (c *Client) CreateRecording(ctx context.Context, config RecordingConfig) (Recording, error) {
	body, secrets, err := config.sent()
	if err != nil {
		return Recording{}, err
	}
	return c.recording(ctx, rest.Call{
		Method:  http.MethodPost,
		Path:    "/recordings",
		Body:    body,
		Secrets: secrets,
		Status:  []int{http.StatusCreated},
	})
}

// GetRecording returns a recording: GET /recordings/{recordingID}.
//
// Its errors are [ErrRecordingNotFound] and [ErrUnauthorized].
func (c *Client) GetRecording(ctx context.Context, recordingID string) (Recording, error) {
	return c.recording(ctx, rest.Call{
		Method:    http.MethodGet,
		Path:      "/recordings/{recordingID}",
		IDs:       []string{recordingID},
		Status:    []int{http.StatusOK},
		Sentinels: noRecording(),
	})
}

// StopRecording ends a recording: POST /recordings/{recordingID}/stop. The recording
// that it returns is still active. Stopping one again has no effect. (Fishjam's OpenAPI
// 0.29.2 and later.)
//
// Its errors are [ErrRecordingNotFound] and [ErrUnauthorized].
func (c *Client) StopRecording(ctx context.Context, recordingID string) (Recording, error) {
	return c.recording(ctx, rest.Call{
		Method:    http.MethodPost,
		Path:      "/recordings/{recordingID}/stop",
		IDs:       []string{recordingID},
		Status:    []int{http.StatusOK},
		Sentinels: noRecording(),
	})
}

// recording makes a call that returns a recording.
func (c *Client) recording(ctx context.Context, call rest.Call) (Recording, error) {
	var recording Recording
	call.Read = reading(func(r *reader) (ok bool) { recording, ok = r.recording(); return ok })
	if err := c.do(ctx, call); err != nil {
		return Recording{}, err
	}
	return recording, nil
}

// DeleteRecording deletes a recording: DELETE /recordings/{recordingID}. Its files are
// deleted later. Deleting one that doesn't exist is no error.
//
// Its errors are [ErrUnauthorized], and that of a recording that is active, which must
// be stopped first: the status isn't documented, so it is [ErrConflict] for 409 and
// [ErrInvalid] for 400 and 422.
func (c *Client) DeleteRecording(ctx context.Context, recordingID string) error {
	return c.do(ctx, rest.Call{
		Method:    http.MethodDelete,
		Path:      "/recordings/{recordingID}",
		IDs:       []string{recordingID},
		Status:    []int{http.StatusNoContent},
		Sentinels: noRecording(),
	})
}

// noRecording returns the sentinel of a call that needs a recording.
func noRecording() map[int]error { return map[int]error{http.StatusNotFound: ErrRecordingNotFound} }

// RecordingFilter selects recordings. The zero value selects all.
type RecordingFilter struct {
	// Status selects those of a status; empty means any. (Fishjam's OpenAPI 0.30 and
	// later.)
	Status RecordingStatus
	// Metadata selects those whose metadata has all of these keys with these values,
	// each a string, nil for null, or a map[string]any of more keys. Fishjam compares
	// them as strings, so that a number or a boolean would never match and is refused.
	Metadata map[string]any
}

// query returns the filter as Fishjam reads it: status=s&metadata[a][b]=c.
func (f RecordingFilter) query() (url.Values, error) {
	query := make(url.Values)
	if f.Status != "" {
		query.Set("status", string(f.Status))
	}
	return query, addFilter(query, "metadata", f.Metadata, 0)
}

// maxFilterDepth is how deep a filter may nest. A map may contain itself.
const maxFilterDepth = 100

func addFilter(query url.Values, name string, filter map[string]any, depth int) error {
	if depth == maxFilterDepth {
		return input.New("RecordingFilter.Metadata", "must not nest more than %d maps", maxFilterDepth)
	}
	for key, value := range filter {
		if key == "" || strings.ContainsAny(key, "[]") {
			return input.New("RecordingFilter.Metadata", "must have no key that is empty or has a bracket, but has %q", key)
		}
		inner := name + "[" + key + "]"
		switch value := value.(type) {
		case string:
			query.Set(inner, value)
		case nil:
			query.Set(inner, "null")
		case map[string]any:
			if err := addFilter(query, inner, value, depth+1); err != nil {
				return err
			}
		default:
			return &input.Error{Field: "RecordingFilter.Metadata", Err: fmt.Errorf("%q must be a string, nil or a map[string]any, not %T", key, value)}
		}
	}
	return nil
}

// ListRecordings returns the recordings of the Fishjam id that the filter selects:
// GET /recordings. A recording without an id is left out and counted in [Stats].
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that exceeds
// [Config].ReadLimit.
func (c *Client) ListRecordings(ctx context.Context, filter RecordingFilter) ([]Recording, error) {
	query, err := filter.query()
	if err != nil {
		return nil, err
	}
	var list []Recording
	err = c.do(ctx, rest.Call{
		Method: http.MethodGet,
		Path:   "/recordings",
		Query:  query,
		Status: []int{http.StatusOK},
		Read: reading(func(r *reader) bool {
			list = rest.Elements(r.Reader, "recording", r.recording)
			return list != nil
		}),
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// recording reads a recording; false if it has no id.
func (r *reader) recording() (Recording, bool) {
	var recording Recording
	if !r.Begin() {
		return recording, false
	}
	for r.Field() {
		switch string(r.Key()) {
		case "id":
			recording.ID = r.Text()
		case "source":
			recording.Source = r.source()
		case "status":
			recording.Status = RecordingStatus(r.Word())
		case "metadata":
			recording.Metadata = decode.Metadata(r.Raw())
		case "files":
			recording.Files = rest.List(r.Reader, &r.files, r.file)
		default:
			r.Skip()
		}
	}
	var ok bool
	recording.Problems, ok = r.Ended("recording", recording.ID)
	return recording, ok
}

// file reads the URL of a file; false if there is none.
func (r *reader) file() (string, bool) {
	link := ""
	for ok := r.Object(); ok && r.Field(); {
		if string(r.Key()) == "url" {
			link = r.Text()
		} else {
			r.Skip()
		}
	}
	if link == "" {
		r.Problem("file has no url")
	}
	return link, link != ""
}
