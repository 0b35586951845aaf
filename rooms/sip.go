package rooms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// SIPCredentials is how the server logs in at a SIP registrar. All fields are
// required. It prints without the password, but is complete as JSON.
type SIPCredentials struct {
	Address  string `json:"address"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// Format prints the credentials without the password, whatever the verb.
func (c SIPCredentials) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.SIPCredentials%v", c.shown())
}

// LogValue returns the credentials without the password.
func (c SIPCredentials) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

func (c SIPCredentials) shown() []slog.Attr {
	return []slog.Attr{
		slog.String("Address", c.Address),
		slog.String("Username", c.Username),
		slog.Bool("Password set", c.Password != ""),
	}
}

// SIPOptions asks for a component that brings a phone call into a room; the call
// is made with [Client.Dial]. The password is from then on readable by everyone
// who has the API token. (Server 0.4.0 and later.)
type SIPOptions struct {
	// RegistrarCredentials are required.
	RegistrarCredentials SIPCredentials
}

// Format prints the options without their secrets, whatever the verb.
func (o SIPOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.SIPOptions[RegistrarCredentials=%v]", o.RegistrarCredentials)
}

// LogValue returns the options without their secrets.
func (o SIPOptions) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

func (o SIPOptions) component() (componentRequest, error) {
	credentials := o.RegistrarCredentials
	for _, part := range []struct{ name, value string }{
		{"Address", credentials.Address},
		{"Username", credentials.Username},
		{"Password", credentials.Password},
	} {
		if part.value == "" {
			return componentRequest{}, &InputError{"SIPOptions.RegistrarCredentials." + part.name, errors.New("is empty")}
		}
	}
	return componentRequest{ComponentSIP, SIPProperties{credentials}, []string{credentials.Password}}, nil
}

// SIPProperties are those of a SIP component.
type SIPProperties struct {
	RegistrarCredentials SIPCredentials `json:"registrarCredentials"`
}

func (SIPProperties) properties() {}

// Format prints the properties without their secrets, whatever the verb.
func (p SIPProperties) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.SIPProperties[RegistrarCredentials=%v]", p.RegistrarCredentials)
}

// LogValue returns the properties without their secrets.
func (p SIPProperties) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(p)) }

// Dial makes a SIP component call a phone number:
// POST /sip/{roomID}/{componentID}/call. It returns before the call is answered;
// a call that fails shows as a notification, decode.ComponentCrashed. (Server
// 0.4.0 and later.)
//
// Its errors are [ErrRoomNotFound], [ErrComponentNotFound], [ErrInvalid] for a
// component that isn't SIP, and [ErrUnauthorized].
func (c *Client) Dial(ctx context.Context, roomID, componentID, phoneNumber string) error {
	if phoneNumber == "" {
		return &InputError{"phoneNumber", errors.New("is empty")}
	}
	return c.do(ctx, request{
		method: http.MethodPost,
		path:   "/sip/{roomID}/{componentID}/call",
		ids:    []string{roomID, componentID},
		body: struct {
			PhoneNumber string `json:"phoneNumber"`
		}{phoneNumber},
		status: []int{http.StatusCreated},
	})
}

// HangUp ends the call of a SIP component:
// DELETE /sip/{roomID}/{componentID}/call. (Server 0.4.0 and later.)
//
// Its errors are those of [Client.Dial].
func (c *Client) HangUp(ctx context.Context, roomID, componentID string) error {
	return c.do(ctx, request{
		method: http.MethodDelete,
		path:   "/sip/{roomID}/{componentID}/call",
		ids:    []string{roomID, componentID},
		// The second is what the server's own documentation says.
		status: []int{http.StatusNoContent, http.StatusCreated},
	})
}
