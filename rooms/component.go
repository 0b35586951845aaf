package rooms

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"

	"github.com/jellyfish-dev/jellyfish-go/decode"
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
	ID   string        `json:"id"`
	Type ComponentType `json:"type"`
	// Properties are [HLSProperties], [RTSPProperties], [FileProperties],
	// [SIPProperties], [RecordingProperties] or [UnknownProperties].
	Properties ComponentProperties `json:"properties"`
	// Tracks are what the component publishes. (Server 0.4.0 and later.)
	Tracks []decode.Track `json:"tracks"`
}

// ComponentProperties are the properties of one type of component.
type ComponentProperties interface {
	properties()
}

// UnknownProperties are those of a component of a type that this library
// doesn't know, or not as the server sent it. They print as their size, since
// they may hold secrets.
type UnknownProperties struct {
	JSON json.RawMessage
}

func (UnknownProperties) properties() {}

// Format prints the size of the properties, whatever the verb.
func (p UnknownProperties) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.UnknownProperties(%d bytes)", len(p.JSON))
}

// LogValue returns the size of the properties.
func (p UnknownProperties) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }

// MarshalJSON returns the properties as they are.
func (p UnknownProperties) MarshalJSON() ([]byte, error) { return p.JSON.MarshalJSON() }

// Format prints the component without its secrets, whatever the verb.
func (c Component) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.Component[ID=%v Type=%v Properties=%v Tracks=%v]", c.ID, c.Type, c.Properties, c.Tracks)
}

// LogValue returns the component without its secrets.
func (c Component) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// UnmarshalJSON reads the component as the server writes it.
func (c *Component) UnmarshalJSON(text []byte) error {
	var sent sentComponent
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	read, err := sent.component()
	*c = read
	return err
}

// sentComponent is a component as the server writes it.
type sentComponent struct {
	ID         string          `json:"id"`
	Type       ComponentType   `json:"type"`
	Properties json.RawMessage `json:"properties"`
	Metadata   json.RawMessage `json:"metadata"` // What properties were called before 0.3.0.
	Tracks     []sentTrack     `json:"tracks"`
}

func (s sentComponent) component() (Component, error) {
	if s.ID == "" {
		return Component{}, errors.New("component has no id")
	}
	if s.Properties == nil {
		s.Properties = s.Metadata
	}
	return Component{s.ID, s.Type, parseProperties(s.Type, s.Properties), tracksOf(s.Tracks)}, nil
}

func parseProperties(kind ComponentType, text json.RawMessage) ComponentProperties {
	switch kind {
	case ComponentHLS:
		return propertiesAs[HLSProperties](text)
	case ComponentRTSP:
		return propertiesAs[RTSPProperties](text)
	case ComponentFile:
		return propertiesAs[FileProperties](text)
	case ComponentSIP:
		return propertiesAs[SIPProperties](text)
	case ComponentRecording:
		return propertiesAs[RecordingProperties](text)
	}
	return UnknownProperties{text}
}

func propertiesAs[P ComponentProperties](text json.RawMessage) ComponentProperties {
	var p P
	if len(text) > 0 && json.Unmarshal(text, &p) != nil {
		return UnknownProperties{text}
	}
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
		return Component{}, &InputError{"options", errors.New("is nil")}
	}
	body, err := options.component()
	if err != nil {
		return Component{}, err
	}
	var added Component
	err = c.do(ctx, request{
		method:  http.MethodPost,
		path:    "/room/{roomID}/component",
		ids:     []string{roomID},
		body:    body,
		secrets: body.secrets,
		status:  []int{http.StatusCreated},
		data:    &added,
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
	return c.do(ctx, request{
		method: http.MethodDelete,
		path:   "/room/{roomID}/component/{componentID}",
		ids:    []string{roomID, componentID},
		status: []int{http.StatusNoContent},
	})
}
