package rooms

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"unsafe"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// ComponentType is the type of a component. Types newer than this library are
// passed through unchanged.
type ComponentType string

// The component types.
const (
	ComponentHLS       ComponentType = "hls"
	ComponentRTSP      ComponentType = "rtsp"
	ComponentFile      ComponentType = "file"
	ComponentSIP       ComponentType = "sip"
	ComponentRecording ComponentType = "recording"
)

// Component is a server-side participant of a room: it publishes tracks into the
// room, or processes the tracks of others.
type Component struct {
	ID   string
	Type ComponentType
	// Properties are [HLSProperties], [RTSPProperties], [FileProperties],
	// [SIPProperties], [RecordingProperties] or [UnknownProperties].
	Properties ComponentProperties
	// Tracks are the tracks that the component publishes. (Server 0.4.0 and later.)
	Tracks []decode.Track
}

// ComponentProperties are the properties of one type of component.
type ComponentProperties interface {
	properties()
}

// UnknownProperties are the properties of a component of a type that this library
// doesn't know.
type UnknownProperties struct {
	// JSON is what the server sent. It is a Secret since it may contain secrets.
	JSON Secret
}

func (UnknownProperties) properties() {}

// properties reads the properties of a component of the given type from their text.
func (r *reader) properties(kind ComponentType, text string) ComponentProperties {
	switch kind {
	case ComponentHLS:
		return propertiesIn(r, text, (*reader).hls)
	case ComponentRTSP:
		return propertiesIn(r, text, (*reader).rtsp)
	case ComponentFile:
		return propertiesIn(r, text, (*reader).file)
	case ComponentSIP:
		return propertiesIn(r, text, (*reader).sip)
	case ComponentRecording:
		return propertiesIn(r, text, (*reader).recording)
	}
	r.Charge(48) // The memory of a Secret besides its text, and of the interface.
	return UnknownProperties{NewSecret(text)}
}

// propertiesIn reads properties field by field.
func propertiesIn[P ComponentProperties](r *reader, text string, field func(*reader, *P)) ComponentProperties {
	var p P
	r.Charge(int(unsafe.Sizeof(p)))
	r.Nested(text, func(within *jsonread.Reader) {
		if !within.Object() {
			return
		}
		for within.Field() {
			field(&reader{Reader: &rest.Reader{Reader: within}}, &p)
		}
	})
	return p
}

// ComponentOptions are the options of a new component; their type selects the type
// of the component: [HLSOptions], [RTSPOptions], [FileOptions], [SIPOptions] or
// [RecordingOptions].
type ComponentOptions interface {
	// component returns what to send, or an *InputError.
	component() (componentRequest, error)
}

// componentRequest is a component as the request describes it.
type componentRequest struct {
	Type ComponentType `json:"type"`
	// Options are always an object: anything else crashes the server.
	Options any      `json:"options"`
	secrets []string // The parts of the options that must not appear in an error.
}

// AddComponent adds a component to a room: POST /room/{roomID}/component.
//
// Its errors are [ErrRoomNotFound], [ErrLimitReached] for a second HLS or
// Recording component, [ErrInvalid] for invalid options, for a room whose
// VideoCodec the component doesn't support, and for a type that isn't enabled
// (server 0.6.0 and later), and [ErrUnauthorized]. If SIP or Recording isn't
// enabled, servers 0.4.0 to 0.5.0 respond with HTTP 500 and the room crashes.
func (c *Client) AddComponent(ctx context.Context, roomID string, options ComponentOptions) (Component, error) {
	if v := reflect.ValueOf(options); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return Component{}, input.New("options", "must not be nil")
	}
	body, err := options.component()
	if err != nil {
		return Component{}, err
	}
	var added Component
	err = c.do(ctx, rest.Call{
		Method:  http.MethodPost,
		Path:    "/room/{roomID}/component",
		IDs:     []string{roomID},
		Body:    body,
		Secrets: body.secrets,
		Status:  []int{http.StatusCreated},
		Read:    reading(func(r *reader) (ok bool) { added, ok = r.component(); return ok }),
	})
	if err != nil {
		return Component{}, err
	}
	return added, nil
}

// DeleteComponent removes a component from a room:
// DELETE /room/{roomID}/component/{componentID}.
//
// Its errors are [ErrRoomNotFound], [ErrComponentNotFound] and
// [ErrUnauthorized].
func (c *Client) DeleteComponent(ctx context.Context, roomID, componentID string) error {
	return c.do(ctx, rest.Call{
		Method: http.MethodDelete,
		Path:   "/room/{roomID}/component/{componentID}",
		IDs:    []string{roomID, componentID},
		Status: []int{http.StatusNoContent},
	})
}

// Subscribe makes an HLS or a Recording component in mode [SubscribeManual] also
// take the tracks of the given peers and components:
// POST /room/{roomID}/component/{componentID}/subscribe. The server doesn't check
// whether they exist.
//
// Servers 0.3.0 to 0.4.2 don't have that endpoint. Subscribe then makes a second
// request, POST /hls/{roomID}/subscribe, which applies to the room's HLS component
// whatever the componentID.
//
// Its errors are [ErrRoomNotFound], [ErrComponentNotFound], [ErrInvalid] for a
// component of another type or in [SubscribeAuto], and [ErrUnauthorized].
func (c *Client) Subscribe(ctx context.Context, roomID, componentID string, origins ...string) error {
	if slices.Contains(origins, "") {
		return input.New("origins", "must not have an empty one")
	}
	type body struct {
		Origins []string `json:"origins"`
	}
	subscribe := rest.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/component/{componentID}/subscribe",
		IDs:    []string{roomID, componentID},
		Body:   body{append([]string{}, origins...)}, // An empty list rather than null.
		Status: []int{http.StatusCreated},
	}
	err := c.do(ctx, subscribe)
	if !isUnknownPath(err) {
		return err
	}
	subscribe.Path, subscribe.IDs = "/hls/{roomID}/subscribe", []string{roomID}
	if older := c.do(ctx, subscribe); !isUnknownPath(older) {
		return older
	}
	return err
}

// isUnknownPath reports whether the server has no such path: its error doesn't name
// what is missing.
func isUnknownPath(err error) bool {
	var answered *Error
	return errors.As(err, &answered) && answered.Status == http.StatusNotFound && answered.Err == nil
}
