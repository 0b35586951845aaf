package fishjam

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// Composition is what the tracks of a room are forwarded to.
type Composition struct {
	// URL is the composition's.
	URL         string
	Forwardings []Forwarding
}

// Forwarding is one peer's tracks, as an input of a composition.
type Forwarding struct {
	PeerID  string
	InputID string
	// AudioTrackID and VideoTrackID are empty if no such track is forwarded.
	AudioTrackID, VideoTrackID string
}

// TrackForwarding asks for a room's tracks to be forwarded.
type TrackForwarding struct {
	// CompositionURL is the URL of the composition, with a path and at most 255
	// characters. It is required.
	CompositionURL string
	// Selector selects the tracks; empty means "all", which is the only one that
	// Fishjam's OpenAPI 0.29 knows.
	Selector string
}

// ForwardTracks forwards a room's tracks to a composition, of which each peer becomes
// an input: POST /room/{roomID}/track_forwardings. Repeating it for the same composition
// has no effect. It can't be undone: the forwarding ends with the room.
//
// Its errors are [ErrRoomNotFound], [ErrConflict] if the room forwards to another
// composition already, [ErrInvalid] and [ErrUnauthorized].
func (c *Client) ForwardTracks(ctx context.Context, roomID string, forwarding TrackForwarding) error {
	if err := checkComposition("TrackForwarding.CompositionURL", forwarding.CompositionURL); err != nil {
		return err
	}
	return c.do(ctx, rest.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/track_forwardings",
		IDs:    []string{roomID},
		Body: struct {
			CompositionURL string `json:"compositionURL"`
			Selector       string `json:"selector,omitzero"`
		}{forwarding.CompositionURL, forwarding.Selector},
		Secrets:   rest.URLSecrets(forwarding.CompositionURL),
		Status:    []int{http.StatusCreated},
		Sentinels: noRoom(),
	})
}
