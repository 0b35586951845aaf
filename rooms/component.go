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
)

// ComponentType tells what a component does. Types newer than this library pass
// unchanged.
type ComponentType string

// The component types.
const (
	ComponentHLS       ComponentType = "hls"
	ComponentRTSP      ComponentType = "rtsp"
	ComponentFile      ComponentType = "file"
	ComponentSIP       ComponentType = "sip"
	ComponentRecording ComponentType = "recording"
)

// Component is a part of a room that is the server's own: it publishes tracks
// into the room, or does something with those of others.
type Component struct {
	ID   string
	Type ComponentType
	// Properties are [HLSProperties], [RTSPProperties], [FileProperties],
	// [SIPProperties], [RecordingProperties] or [UnknownProperties].
	Properties ComponentProperties
	// Tracks are what the component publishes. (Server 0.4.0 and later.)
	Tracks []decode.Track
}

// ComponentProperties are the properties of one type of component.
type ComponentProperties interface {
	properties()
}

// UnknownProperties are those of a component of a type that this library
// doesn't know.
type UnknownProperties struct {
	// JSON is what the server sent, a secret since it may hold some.
	JSON Secret
}

func (UnknownProperties) properties() {}

// properties reads the properties of a component of some type from their text.
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
	r.Charge(48) // What a Secret takes besides its text, and the interface.
	return UnknownProperties{NewSecret(text)}
}

// propertiesIn reads properties, field by field.
func propertiesIn[P ComponentProperties](r *reader, text string, field func(*reader, *P)) ComponentProperties {
	var p P
	r.Charge(int(unsafe.Sizeof(p)))
	r.Nested(text, func(within *jsonread.Reader) {
		if !within.Object() {
			return
		}
		for within.Field() {
			field(&reader{Reader: within}, &p)
		}
	})
	return p
}

// ComponentOptions is how to add a component of one type: [HLSOptions],
// [RTSPOptions], [FileOptions], [SIPOptions] or [RecordingOptions].
type ComponentOptions interface {
	// component returns what to send, or an *InputError.
	component() (componentRequest, error)
}

// componentRequest is a component as it is asked for.
type componentRequest struct {
	Type ComponentType `json:"type"`
	// Options are always an object: the server dies of anything else.
	Options any      `json:"options"`
	secrets []string // What of the options must not show in an error.
}

// AddComponent adds a component to a room: POST /room/{roomID}/component.
//
// Its errors are [ErrRoomNotFound], [ErrLimitReached] for a second HLS or a
// second Recording component, [ErrInvalid] for options that don't fit, for
// another VideoCodec of the room than the type of component needs, and for a
// type that isn't enabled (server 0.6.0 and later), and [ErrUnauthorized].
// Servers 0.4.0 to 0.5.0 answer with HTTP 500, and the room crashes, where SIP
// or Recording isn't enabled.
func (c *Client) AddComponent(ctx context.Context, roomID string, options ComponentOptions) (Component, error) {
	if v := reflect.ValueOf(options); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return Component{}, input.New("options", "must not be nil")
	}
	body, err := options.component()
	if err != nil {
		return Component{}, err
	}
	var added Component
	err = c.do(ctx, call{
		method:  http.MethodPost,
		path:    "/room/{roomID}/component",
		ids:     []string{roomID},
		body:    body,
		secrets: body.secrets,
		status:  []int{http.StatusCreated},
		read:    func(r *reader) (ok bool) { added, ok = r.component(); return ok },
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
	return c.do(ctx, call{
		method: http.MethodDelete,
		path:   "/room/{roomID}/component/{componentID}",
		ids:    []string{roomID, componentID},
		status: []int{http.StatusNoContent},
	})
}

// Subscribe makes an HLS or a Recording component in [SubscribeManual] take the
// tracks of the given peers and components too:
// POST /room/{roomID}/component/{componentID}/subscribe. The server doesn't
// check whether it has them.
//
// Servers 0.3.0 to 0.4.2 don't know that path; there it is a second request,
// POST /hls/{roomID}/subscribe, which means the room's HLS component whatever
// the componentID.
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
	subscribe := call{
		method: http.MethodPost,
		path:   "/room/{roomID}/component/{componentID}/subscribe",
		ids:    []string{roomID, componentID},
		body:   body{append([]string{}, origins...)}, // An empty list rather than null.
		status: []int{http.StatusCreated},
	}
	err := c.do(ctx, subscribe)
	if !isUnknownPath(err) {
		return err
	}
	subscribe.path, subscribe.ids = "/hls/{roomID}/subscribe", []string{roomID}
	if older := c.do(ctx, subscribe); !isUnknownPath(older) {
		return older
	}
	return err
}

// isUnknownPath tells whether the server has no such path: what is missing has
// no name.
func isUnknownPath(err error) bool {
	var answered *Error
	return errors.As(err, &answered) && answered.Status == http.StatusNotFound && answered.Err == nil
}
