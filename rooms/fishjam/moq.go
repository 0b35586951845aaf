package fishjam

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/api"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// MoQAccessConfig says what a client of Media over QUIC may do. Paths are prefixes below
// the Fishjam id: "a" permits "a/alice", and "a/alice" only that. One of them at least
// must be set.
type MoQAccessConfig struct {
	PublishPath, SubscribePath string
}

// MoQAccess is what a client of Media over QUIC connects with.
type MoQAccess struct {
	// ConnectionURL is the relay's URL with the token in it.
	ConnectionURL Secret
	Token         Secret // A JWT, valid for about an hour.
}

// CreateMoQAccess admits a client of Media over QUIC: POST /moq/access. Nothing is
// notified of such clients. (Fishjam of June 2026 and later.)
//
// Its errors are [ErrInvalid] and [ErrUnauthorized].
func (c *Client) CreateMoQAccess(ctx context.Context, config MoQAccessConfig) (MoQAccess, error) {
	if config == (MoQAccessConfig{}) {
		return MoQAccess{}, input.New("MoQAccessConfig", "must have a PublishPath or a SubscribePath")
	}
	var access MoQAccess
	err := c.do(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/moq/access",
		Body: struct {
			PublishPath   string `json:"publishPath,omitzero"`
			SubscribePath string `json:"subscribePath,omitzero"`
		}{config.PublishPath, config.SubscribePath},
		Status: []int{http.StatusOK},
		Bare:   true,
		Read:   reading(func(r *reader) bool { access = r.moqAccess(); return !access.Token.IsZero() }),
	}, nil, nil)
	if err != nil {
		return MoQAccess{}, err
	}
	return access, nil
}

func (r *reader) moqAccess() (a MoQAccess) {
	r.object(func(name string) {
		switch name {
		case "connection_url":
			a.ConnectionURL = r.Secret()
		case "token":
			a.Token = r.Secret()
		default:
			r.Skip()
		}
	})
	if a.Token.IsZero() {
		r.Problem("there is no token")
	}
	return a
}
