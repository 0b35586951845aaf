package rooms

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// SIPCredentials is how the server logs in at a SIP registrar. All fields are
// required.
type SIPCredentials struct {
	Address  string
	Username string
	Password Secret
}

// SIPOptions asks for a component that brings a phone call into a room; the call
// is made with [Client.Dial]. The password is from then on readable by everyone
// who has the API token. (Server 0.4.0 and later.)
type SIPOptions struct {
	// RegistrarCredentials are required.
	RegistrarCredentials SIPCredentials
}

func (o SIPOptions) component() (componentRequest, error) {
	const field = "SIPOptions.RegistrarCredentials."
	credentials := o.RegistrarCredentials
	switch {
	case credentials.Address == "":
		return componentRequest{}, input.New(field+"Address", "must not be empty")
	case credentials.Username == "":
		return componentRequest{}, input.New(field+"Username", "must not be empty")
	}
	if err := credentials.Password.Check(); err != nil {
		return componentRequest{}, &input.Error{Field: field + "Password", Err: err}
	}
	type sent struct {
		Address  string `json:"address"`
		Username string `json:"username"`
		Password string `json:"password"`
	}
	password := credentials.Password.Reveal()
	return componentRequest{ComponentSIP, struct {
		RegistrarCredentials sent `json:"registrarCredentials"`
	}{sent{credentials.Address, credentials.Username, password}}, []string{password}}, nil
}

// SIPProperties are those of a SIP component.
type SIPProperties struct {
	RegistrarCredentials SIPCredentials
}

func (SIPProperties) properties() {}

func (r *reader) sip(p *SIPProperties) {
	if string(r.Key()) != "registrarcredentials" {
		r.Skip()
		return
	}
	credentials := &p.RegistrarCredentials
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "address":
			credentials.Address = r.Text()
		case "username":
			credentials.Username = r.Text()
		case "password":
			credentials.Password = r.secret()
		default:
			r.Skip()
		}
	}
}

// Dial makes a SIP component call a phone number:
// POST /sip/{roomID}/{componentID}/call. It returns before the call is answered;
// a call that fails shows as a notification, decode.ComponentCrashed. (Server
// 0.4.0 and later.)
//
// Its errors are [ErrRoomNotFound], [ErrComponentNotFound], [ErrInvalid] for a
// component that isn't SIP, and [ErrUnauthorized].
func (c *Client) Dial(ctx context.Context, roomID, componentID, phoneNumber string) error {
	if phoneNumber == "" {
		return input.New("phoneNumber", "must not be empty")
	}
	return c.do(ctx, call{
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
	return c.do(ctx, call{
		method: http.MethodDelete,
		path:   "/sip/{roomID}/{componentID}/call",
		ids:    []string{roomID, componentID},
		// The second is what the server's own documentation says.
		status: []int{http.StatusNoContent, http.StatusCreated},
	})
}
