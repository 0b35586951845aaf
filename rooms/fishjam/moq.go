package fishjam

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// MoQAccessConfig says which access to the relay of Media over QUIC is requested. At
// least one of its paths is required. A path permits itself and everything below it.
type MoQAccessConfig struct {
	// PublishPath is where the client may publish, as in "room/alice".
	PublishPath string
	// SubscribePath is what the client may subscribe to.
	SubscribePath string
}

// MoQAccess is access to the relay, for a short time that isn't documented. MoQ is
// separate from rooms: there are no notifications about it.
type MoQAccess struct {
	// ConnectionURL is the URL to connect to. It is a Secret since it contains Token.
	ConnectionURL Secret
	Token         Secret
}

// CreateMoQAccess returns access to the relay of Media over QUIC: POST /moq/access.
//
// Its errors are [ErrInvalid] and [ErrUnauthorized].
func (c *Client) CreateMoQAccess(ctx context.Context, config MoQAccessConfig) (MoQAccess, error) {
	if config == (MoQAccessConfig{}) {
		return MoQAccess{}, input.New("MoQAccessConfig", "must have a PublishPath or a SubscribePath")
	}
	var access MoQAccess
	err := c.do(ctx, rest.Call{
		Method: http.MethodPost,
		Path:   "/moq/access",
		Body: struct {
			PublishPath   string `json:"publishPath,omitzero"`
			SubscribePath string `json:"subscribePath,omitzero"`
		}{config.PublishPath, config.SubscribePath},
		Status: []int{http.StatusOK},
		Bare:   true,
		Read:   reading(func(r *reader) (ok bool) { access, ok = r.moqAccess(); return ok }),
	})
	if err != nil {
		return MoQAccess{}, err
	}
	return access, nil
}

// moqAccess reads access to the relay; false if it has no URL or no token.
func (r *reader) moqAccess() (MoQAccess, bool) {
	var access MoQAccess
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "connection_url":
			access.ConnectionURL = r.Secret()
		case "token":
			access.Token = r.Secret()
		default:
			r.Skip()
		}
	}
	if access.ConnectionURL.IsZero() || access.Token.IsZero() {
		r.Problem("there is no connection_url or no token")
		return access, false
	}
	return access, true
}
