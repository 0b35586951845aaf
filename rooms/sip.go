package rooms

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// SIPCredentials are the server's credentials for a SIP registrar. All fields are
// required.
type SIPCredentials struct {
	Address  string
	Username string
	Password Secret
}

// SIPOptions asks for a component that brings a phone call into a room; the call
// is made with [Client.Dial]. Anyone who has the API token can then read the
// password. (Server 0.4.0 and later.)
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

// SIPProperties are the properties of a SIP component.
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
			credentials.Password = r.Secret()
		default:
			r.Skip()
		}
	}
}

// Dial makes a SIP component call a phone number:
// POST /sip/{roomID}/{componentID}/call. It returns before the call is answered;
// if the call fails, decode.ComponentCrashed is sent. (Server 0.4.0 and later.)
//
// Its errors are [ErrRoomNotFound], [ErrComponentNotFound], [ErrInvalid] for a
// component that isn't SIP, and [ErrUnauthorized].
func (c *Client) Dial(ctx context.Context, roomID, componentID, phoneNumber string) error {
	if phoneNumber == "" {
		return input.New("phoneNumber", "must not be empty")
	}
	return c.do(ctx, rest.Call{
		Method: http.MethodPost,
		Path:   "/sip/{roomID}/{componentID}/call",
		IDs:    []string{roomID, componentID},
		Body: struct {
			PhoneNumber string `json:"phoneNumber"`
		}{phoneNumber},
		Status: []int{http.StatusCreated},
	})
}

// HangUp ends the call of a SIP component:
// DELETE /sip/{roomID}/{componentID}/call. (Server 0.4.0 and later.)
//
// Its errors are those of [Client.Dial].
func (c *Client) HangUp(ctx context.Context, roomID, componentID string) error {
	return c.do(ctx, rest.Call{
		Method: http.MethodDelete,
		Path:   "/sip/{roomID}/{componentID}/call",
		IDs:    []string{roomID, componentID},
		// The second is what the server's own documentation says.
		Status: []int{http.StatusNoContent, http.StatusCreated},
	})
}
