package fishjam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"mime/multipart"
	"net/textproto"
	"reflect"
	"unicode/utf8"
	"unsafe"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// RecordingConfig says what to record.
type RecordingConfig struct {
	// Source is a [CompositionSource] or a [TemplateSource]. It is required.
	Source RecordingSource
	// Metadata is kept with the recording and can be searched for. It must be encoded
	// as a JSON object by encoding/json, such as a struct, a map or [decode.Metadata];
	// nil means none.
	Metadata any
}

// RecordingSource is what is recorded: [CompositionSource] or [TemplateSource].
type RecordingSource interface {
	// source returns what to send, with the template if there is one, or an
	// *InputError.
	source() (sentSource, []byte, error)
}

// CompositionSource is an output of a composition. It has at most one recording at a
// time.
type CompositionSource struct {
	// CompositionURL is the URL of the composition, with a path and at most 255
	// characters. It is required.
	CompositionURL string
	// OutputID is the id of the output, of at most 255 characters. It is required.
	OutputID string
	// ScaleRatio is what the output's resolution is multiplied by; 0 means 1.
	ScaleRatio float64
}

// TemplateSource is a picture that a template makes of a composition's inputs. A
// composition may have several such recordings. (Fishjam's OpenAPI 0.30 and later.)
type TemplateSource struct {
	// CompositionURL is the URL of the composition, with a path and at most 255
	// characters. It is required.
	CompositionURL string
	// Template is the template's built JavaScript bundle, of at most 1 MiB. It is
	// required, and not returned.
	Template []byte
	// Width and Height are the picture's size in pixels: even, and at most 3840 and
	// 2160. Both 0 means 1280 and 720.
	Width, Height int
	// DisableAudio records no audio.
	DisableAudio bool
}

// The limits of a template.
const (
	maxTemplateSize = 1 << 20 // In bytes.
	maxWidth        = 3840
	maxHeight       = 2160
)

// sentSource is a source in the form that Fishjam reads.
type sentSource struct {
	CompositionURL string          `json:"compositionURL"`
	OutputID       string          `json:"outputId,omitzero"`
	ScaleRatio     float64         `json:"scaleRatio,omitzero"`
	Resolution     *sentResolution `json:"resolution,omitzero"`
	Audio          *bool           `json:"audio,omitzero"`
}

type sentResolution struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

func (s CompositionSource) source() (sentSource, []byte, error) {
	if err := checkComposition("CompositionSource.CompositionURL", s.CompositionURL); err != nil {
		return sentSource{}, nil, err
	}
	switch {
	case s.OutputID == "":
		return sentSource{}, nil, input.New("CompositionSource.OutputID", "must not be empty")
	case utf8.RuneCountInString(s.OutputID) > maxTextLength:
		return sentSource{}, nil, input.New("CompositionSource.OutputID", "must not have more than %d characters", maxTextLength)
	case s.ScaleRatio < 0 || math.IsNaN(s.ScaleRatio) || math.IsInf(s.ScaleRatio, 0):
		return sentSource{}, nil, input.New("CompositionSource.ScaleRatio", "must be a positive number, or 0 for the default")
	}
	return sentSource{CompositionURL: s.CompositionURL, OutputID: s.OutputID, ScaleRatio: s.ScaleRatio}, nil, nil
}

func (s TemplateSource) source() (sentSource, []byte, error) {
	if err := checkComposition("TemplateSource.CompositionURL", s.CompositionURL); err != nil {
		return sentSource{}, nil, err
	}
	switch {
	case len(s.Template) == 0:
		return sentSource{}, nil, input.New("TemplateSource.Template", "must not be empty")
	case len(s.Template) > maxTemplateSize:
		return sentSource{}, nil, input.New("TemplateSource.Template", "must not have more than 1 MiB, but has %d bytes", len(s.Template))
	}
	sent := sentSource{CompositionURL: s.CompositionURL}
	if s.Width != 0 || s.Height != 0 {
		if err := checkSide("TemplateSource.Width", s.Width, maxWidth); err != nil {
			return sentSource{}, nil, err
		}
		if err := checkSide("TemplateSource.Height", s.Height, maxHeight); err != nil {
			return sentSource{}, nil, err
		}
		sent.Resolution = &sentResolution{s.Width, s.Height}
	}
	if s.DisableAudio {
		sent.Audio = new(bool)
	}
	return sent, s.Template, nil
}

func checkSide(field string, pixels, limit int) error {
	if pixels <= 0 || pixels > limit || pixels%2 != 0 {
		return input.New(field, "must be even, from 2 to %d, or 0 along with the other side", limit)
	}
	return nil
}

// sent returns the body of a request, as JSON or, with a template, as a form, and the
// parts of it that an error must not show.
func (c RecordingConfig) sent() (body any, secrets []string, err error) {
	if v := reflect.ValueOf(c.Source); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return nil, nil, input.New("RecordingConfig.Source", "must not be nil")
	}
	source, template, err := c.Source.source()
	if err != nil {
		return nil, nil, err
	}
	metadata, err := object("RecordingConfig.Metadata", c.Metadata)
	if err != nil {
		return nil, nil, err
	}
	secrets = rest.URLSecrets(source.CompositionURL)
	body = struct {
		Source   sentSource      `json:"source"`
		Metadata json.RawMessage `json:"metadata,omitzero"`
	}{source, metadata}
	if template != nil {
		body, err = form(body, template)
	}
	return body, secrets, err
}

// form returns a configuration and a template as multipart/form-data.
func form(config any, template []byte) (rest.Encoded, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return rest.Encoded{}, fmt.Errorf("encode the configuration: %w", err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, part := range []struct {
		disposition, contentType string
		text                     []byte
	}{
		{`form-data; name="config"`, "application/json", text},
		{`form-data; name="template"; filename="template.js"`, "text/javascript", template},
	} {
		header := textproto.MIMEHeader{"Content-Disposition": {part.disposition}, "Content-Type": {part.contentType}}
		to, err := w.CreatePart(header)
		if err == nil {
			_, err = to.Write(part.text)
		}
		if err != nil {
			return rest.Encoded{}, fmt.Errorf("encode the form: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return rest.Encoded{}, fmt.Errorf("encode the form: %w", err)
	}
	return rest.Encoded{ContentType: w.FormDataContentType(), Text: body.Bytes()}, nil
}

// source reads a source; nil if it is of a type that this library doesn't know.
func (r *reader) source() RecordingSource {
	if !r.Object() {
		return nil
	}
	var composition CompositionSource
	template := false
	var size sentResolution
	audio := true
	for r.Field() {
		switch string(r.Key()) {
		case "compositionurl":
			composition.CompositionURL = r.Text()
		case "outputid":
			composition.OutputID = r.Text()
		case "scaleratio":
			composition.ScaleRatio = r.Float()
		case "resolution":
			template = true
			size = r.resolution()
		case "audio":
			template = true
			audio = r.Bool()
		default:
			r.Skip()
		}
	}
	switch {
	case composition.OutputID != "":
		r.Charge(int(unsafe.Sizeof(composition)))
		return composition
	case template || composition.CompositionURL != "":
		r.Charge(int(unsafe.Sizeof(TemplateSource{})))
		return TemplateSource{CompositionURL: composition.CompositionURL, Width: size.Width, Height: size.Height, DisableAudio: !audio}
	}
	return nil
}

func (r *reader) resolution() sentResolution {
	var size sentResolution
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "width":
			size.Width = r.Count()
		case "height":
			size.Height = r.Count()
		default:
			r.Skip()
		}
	}
	return size
}
