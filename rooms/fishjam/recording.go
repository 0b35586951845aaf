package fishjam

import (
	"bytes"
	"context"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/api"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// RecordingStatus is how far a recording has come. Statuses newer than this library are
// passed through.
type RecordingStatus string

// The statuses of recordings, in their order. Each change is notified of with
// decode.RecordingStatusChanged.
const (
	RecordingActive    RecordingStatus = "active"    // It records.
	RecordingFinished  RecordingStatus = "finished"  // It has ended. (Fishjam 0.29.2 and later.)
	RecordingAvailable RecordingStatus = "available" // Its files can be fetched.
	RecordingFailed    RecordingStatus = "failed"
)

// MaxTemplate is the size in bytes of the largest template.
const MaxTemplate = 1 << 20

// RecordingConfig says what to record.
type RecordingConfig struct {
	// Source is a [CompositionSource] or a [TemplateSource].
	Source RecordingSource
	// Metadata is stored with the recording, and repeated in its notifications:
	// anything that marshals to a JSON object; nil means none.
	Metadata any
}

// RecordingSource is what is recorded: [CompositionSource] or [TemplateSource].
type RecordingSource interface {
	// source returns what to send as JSON, and the template, nil if there is none.
	source() (sent any, template []byte, err error)
}

// CompositionSource records an output of a composition. Each output has at most one
// recording at a time.
type CompositionSource struct {
	CompositionURL string
	OutputID       string
	// ScaleRatio scales the picture; 0 means 1.
	ScaleRatio float64
}

func (s CompositionSource) source() (any, []byte, error) {
	switch {
	case s.CompositionURL == "":
		return nil, nil, input.New("CompositionSource.CompositionURL", "must not be empty")
	case s.OutputID == "":
		return nil, nil, input.New("CompositionSource.OutputID", "must not be empty")
	case s.ScaleRatio < 0:
		return nil, nil, input.New("CompositionSource.ScaleRatio", "must not be negative")
	}
	return struct {
		CompositionURL string  `json:"compositionURL"`
		OutputID       string  `json:"outputId"`
		ScaleRatio     float64 `json:"scaleRatio,omitzero"`
	}{s.CompositionURL, s.OutputID, s.ScaleRatio}, nil, nil
}

// TemplateSource records a composition as a template draws it. (Fishjam 0.30 and
// later.)
type TemplateSource struct {
	CompositionURL string
	// Template is the built JavaScript bundle, at most [MaxTemplate].
	Template []byte
	// Width and Height are in pixels, even and at most 3840 by 2160; 0 means 1280 by
	// 720.
	Width, Height int
	// Mute records without audio.
	Mute bool
}

func (s TemplateSource) source() (any, []byte, error) {
	type resolution struct {
		Width  int `json:"width"`
		Height int `json:"height"`
	}
	var body struct {
		CompositionURL string      `json:"compositionURL"`
		Resolution     *resolution `json:"resolution,omitzero"`
		Audio          *bool       `json:"audio,omitzero"`
	}
	switch {
	case s.CompositionURL == "":
		return nil, nil, input.New("TemplateSource.CompositionURL", "must not be empty")
	case len(s.Template) == 0 || len(s.Template) > MaxTemplate:
		return nil, nil, input.New("TemplateSource.Template", "must have from 1 to %d bytes", MaxTemplate)
	case s.Width < 0 || s.Width > 3840 || s.Width%2 != 0:
		return nil, nil, input.New("TemplateSource.Width", "must be even and at most 3840")
	case s.Height < 0 || s.Height > 2160 || s.Height%2 != 0:
		return nil, nil, input.New("TemplateSource.Height", "must be even and at most 2160")
	case (s.Width == 0) != (s.Height == 0):
		return nil, nil, input.New("TemplateSource.Height", "must be set if and only if Width is")
	}
	body.CompositionURL = s.CompositionURL
	if s.Width > 0 {
		body.Resolution = &resolution{s.Width, s.Height}
	}
	if s.Mute {
		body.Audio = new(bool)
	}
	return body, s.Template, nil
}

// body returns what to send, and what may not appear in an error.
func (c RecordingConfig) body() (any, error) {
	if c.Source == nil {
		return nil, input.New("RecordingConfig.Source", "must not be nil")
	}
	source, template, err := c.Source.source()
	if err != nil {
		return nil, err
	}
	config := struct {
		Source   any `json:"source"`
		Metadata any `json:"metadata,omitzero"`
	}{source, c.Metadata}
	if template == nil {
		return config, nil
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, &input.Error{Field: "RecordingConfig.Metadata", Err: err}
	}
	return formOf(text, template)
}

// formOf returns the form that Fishjam takes a template in.
func formOf(config, template []byte) (api.Form, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, part := range []struct {
		header  textproto.MIMEHeader
		content []byte
	}{
		{textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="config"`},
			"Content-Type":        {"application/json"},
		}, config},
		{textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="template"; filename="template.js"`},
			"Content-Type":        {"application/javascript"},
		}, template},
	} {
		to, err := form.CreatePart(part.header)
		if err != nil {
			return api.Form{}, err
		}
		if _, err := to.Write(part.content); err != nil {
			return api.Form{}, err
		}
	}
	if err := form.Close(); err != nil {
		return api.Form{}, err
	}
	return api.Form{ContentType: form.FormDataContentType(), Body: body.Bytes()}, nil
}

// Recording is a recording of a composition.
type Recording struct {
	ID     string
	Status RecordingStatus
	// Source is the JSON of what is recorded.
	Source   decode.Metadata
	Metadata decode.Metadata
	// Files are empty until the recording is available. (Fishjam 0.30 and later.)
	Files []RecordingFile
	// Problems lists the values that couldn't be read, as in [Room].
	Problems []string
}

// RecordingFile is a file of a recording.
type RecordingFile struct{ URL string }

// recording reads a recording; false if it has no id.
func (r *reader) recording() (rec Recording, ok bool) {
	r.Root()
	r.object(func(name string) {
		switch name {
		case "id":
			rec.ID = r.Text()
		case "status":
			rec.Status = RecordingStatus(r.Word())
		case "source":
			rec.Source = decode.Metadata(r.Raw())
		case "metadata":
			rec.Metadata = decode.Metadata(r.Raw())
		case "files":
			rec.Files = list(r, &r.files, (*reader).file)
		default:
			r.Skip()
		}
	})
	rec.Problems, ok = r.Ended("recording", rec.ID)
	return rec, ok
}

func (r *reader) file() (f RecordingFile, ok bool) {
	ok = r.object(func(name string) {
		if name == "url" {
			f.URL = r.Text()
		} else {
			r.Skip()
		}
	})
	return f, ok
}

// CreateRecording begins to record: POST /recordings. (Fishjam 0.29 and later.)
//
// Its errors are [ErrInvalid], [ErrQuotaExceeded] and [ErrUnauthorized].
func (c *Client) CreateRecording(ctx context.Context, config RecordingConfig) (Recording, error) {
	body, err := config.body()
	if err != nil {
		return Recording{}, err
	}
	return c.oneRecording(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/recordings",
		Body:   body,
		Status: []int{http.StatusCreated},
	}, nil)
}

func (c *Client) oneRecording(ctx context.Context, call api.Call, notFound error) (Recording, error) {
	var recording Recording
	call.Read = reading(func(r *reader) (ok bool) { recording, ok = r.recording(); return ok })
	if err := c.do(ctx, call, notFound, nil); err != nil {
		return Recording{}, err
	}
	return recording, nil
}

// RecordingFilter selects recordings. The zero value selects all.
type RecordingFilter struct {
	// Status selects those of a status; empty means any. (Fishjam 0.30 and later.)
	Status RecordingStatus
	// Metadata selects those whose metadata has all these values. Fishjam compares
	// texts, so that numbers and booleans never match. A value may be a map of the
	// same kind, a string, or nil.
	Metadata map[string]any
}

func (f RecordingFilter) query() (url.Values, error) {
	query := url.Values{}
	if f.Status != "" {
		query.Set("status", string(f.Status))
	}
	return query, addFilter(query, "metadata", f.Metadata)
}

// addFilter adds the values of an object in the style that OpenAPI calls deepObject.
func addFilter(query url.Values, name string, values map[string]any) error {
	for key, value := range values {
		key = name + "[" + key + "]"
		switch value := value.(type) {
		case nil:
			query.Set(key, "null")
		case string:
			query.Set(key, value)
		case map[string]any:
			if err := addFilter(query, key, value); err != nil {
				return err
			}
		default:
			return input.New("RecordingFilter.Metadata", "must have strings, nil and maps only: %s is a %T", strconv.Quote(key), value)
		}
	}
	return nil
}

// ListRecordings returns the recordings that a filter selects: GET /recordings.
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that exceeds
// [Config].ReadLimit.
func (c *Client) ListRecordings(ctx context.Context, filter RecordingFilter) ([]Recording, error) {
	query, err := filter.query()
	if err != nil {
		return nil, err
	}
	var all []Recording
	err = c.do(ctx, api.Call{
		Method: http.MethodGet,
		Path:   "/recordings",
		Query:  query,
		Status: []int{http.StatusOK},
		Read: reading(func(r *reader) bool {
			all = api.Elements(r.Reader, "a recording", r.recording)
			return all != nil
		}),
	}, nil, nil)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// GetRecording returns a recording: GET /recordings/{recordingID}.
//
// Its errors are [ErrRecordingNotFound] and [ErrUnauthorized].
func (c *Client) GetRecording(ctx context.Context, recordingID string) (Recording, error) {
	return c.oneRecording(ctx, api.Call{
		Method: http.MethodGet,
		Path:   "/recordings/{recordingID}",
		IDs:    []string{recordingID},
		Status: []int{http.StatusOK},
	}, ErrRecordingNotFound)
}

// StopRecording ends a recording: POST /recordings/{recordingID}/stop. The recording
// that it returns is still active; its end is notified of. Stopping it again does
// nothing. (Fishjam 0.29.2 and later.)
//
// Its errors are [ErrRecordingNotFound] and [ErrUnauthorized].
func (c *Client) StopRecording(ctx context.Context, recordingID string) (Recording, error) {
	return c.oneRecording(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/recordings/{recordingID}/stop",
		IDs:    []string{recordingID},
		Status: []int{http.StatusOK},
	}, ErrRecordingNotFound)
}

// DeleteRecording deletes a recording: DELETE /recordings/{recordingID}. An unknown one
// is no error; one that is active is refused, with a status that isn't documented.
//
// Its error is [ErrUnauthorized].
func (c *Client) DeleteRecording(ctx context.Context, recordingID string) error {
	return c.do(ctx, api.Call{
		Method: http.MethodDelete,
		Path:   "/recordings/{recordingID}",
		IDs:    []string{recordingID},
		Status: []int{http.StatusNoContent},
	}, ErrRecordingNotFound, nil)
}
