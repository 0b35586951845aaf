package fishjam

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// LivestreamConfig is the configuration of a livestream. The zero value is one with
// video that viewers need a token for.
type LivestreamConfig struct {
	// Public lets anyone view the livestream, without a token.
	Public bool
	// AudioOnly makes it a livestream without video.
	AudioOnly bool
	// BatchWebhookNotifications lets Fishjam send several notifications in one webhook
	// request.
	BatchWebhookNotifications bool
	// WebhookURL is that of [RoomConfig].
	WebhookURL Secret
}

// Livestream is a room with one streamer and any number of viewers.
type Livestream struct {
	ID        string
	Public    bool
	AudioOnly bool
	Streamers []Streamer
	Viewers   []Viewer
	// Problems are those of [Room].
	Problems []string
}

// Streamer is the one who may publish a livestream, over WHIP.
type Streamer struct {
	ID     string
	Status PeerStatus
	// Token authenticates the streamer. How long it is valid isn't documented.
	Token Secret
}

// Viewer is one who may view a livestream, over WHEP.
type Viewer struct {
	ID string
	// Token authenticates the viewer. How long it is valid isn't documented.
	Token Secret
}

// CreateLivestream creates a livestream: POST /livestream.
//
// Its errors are [ErrInvalid], [ErrQuotaExceeded] and [ErrUnauthorized].
func (c *Client) CreateLivestream(ctx context.Context, config LivestreamConfig) (Livestream, error) {
	if err := checkWebhook("LivestreamConfig.WebhookURL", config.WebhookURL); err != nil {
		return Livestream{}, err
	}
	return c.livestream(ctx, rest.Call{
		Method: http.MethodPost,
		Path:   "/livestream",
		Body: struct {
			AudioOnly                 bool   `json:"audioOnly,omitzero"`
			Public                    bool   `json:"public,omitzero"`
			BatchWebhookNotifications bool   `json:"batchWebhookNotifications,omitzero"`
			WebhookURL                string `json:"webhookUrl,omitzero"`
		}{config.AudioOnly, config.Public, config.BatchWebhookNotifications, config.WebhookURL.Reveal()},
		Secrets: webhookSecrets(config.WebhookURL),
		Status:  []int{http.StatusCreated},
	})
}

// GetLivestream returns a livestream: GET /livestream/{streamID}.
//
// Its errors are [ErrStreamNotFound] and [ErrUnauthorized].
func (c *Client) GetLivestream(ctx context.Context, streamID string) (Livestream, error) {
	return c.livestream(ctx, rest.Call{
		Method:    http.MethodGet,
		Path:      "/livestream/{streamID}",
		IDs:       []string{streamID},
		Status:    []int{http.StatusOK},
		Sentinels: noStream(),
	})
}

// livestream makes a call that returns a livestream.
func (c *Client) livestream(ctx context.Context, call rest.Call) (Livestream, error) {
	var stream Livestream
	call.Read = reading(func(r *reader) (ok bool) { stream, ok = r.livestream(); return ok })
	if err := c.do(ctx, call); err != nil {
		return Livestream{}, err
	}
	return stream, nil
}

// ListLivestreams returns all livestreams of the Fishjam id: GET /livestream. A
// livestream without an id is left out and counted in [Stats].
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that exceeds
// [Config].ReadLimit.
func (c *Client) ListLivestreams(ctx context.Context) ([]Livestream, error) {
	var list []Livestream
	err := c.do(ctx, rest.Call{
		Method: http.MethodGet,
		Path:   "/livestream",
		Status: []int{http.StatusOK},
		Read: reading(func(r *reader) bool {
			list = rest.Elements(r.Reader, "livestream", r.livestream)
			return list != nil
		}),
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// DeleteLivestream deletes a livestream: DELETE /livestream/{streamID}. By Fishjam's
// OpenAPI deleting one that doesn't exist is no error; should Fishjam respond with 404
// nevertheless, it is [ErrStreamNotFound].
//
// Its other error is [ErrUnauthorized].
func (c *Client) DeleteLivestream(ctx context.Context, streamID string) error {
	return c.do(ctx, rest.Call{
		Method:    http.MethodDelete,
		Path:      "/livestream/{streamID}",
		IDs:       []string{streamID},
		Status:    []int{http.StatusNoContent},
		Sentinels: noStream(),
	})
}

// AddStreamer adds a streamer to a livestream: POST /livestream/{streamID}/streamer.
//
// Its errors are [ErrStreamNotFound] and [ErrUnauthorized].
func (c *Client) AddStreamer(ctx context.Context, streamID string) (Streamer, error) {
	var added Streamer
	err := c.do(ctx, rest.Call{
		Method:    http.MethodPost,
		Path:      "/livestream/{streamID}/streamer",
		IDs:       []string{streamID},
		Status:    []int{http.StatusCreated},
		Read:      reading(func(r *reader) (ok bool) { added, ok = r.streamer(); return ok }),
		Sentinels: noStream(),
	})
	if err != nil {
		return Streamer{}, err
	}
	return added, nil
}

// DeleteStreamer removes a streamer from a livestream:
// DELETE /livestream/{streamID}/streamer/{streamerID}.
//
// Its errors are those of [Client.DeleteLivestream].
func (c *Client) DeleteStreamer(ctx context.Context, streamID, streamerID string) error {
	return c.do(ctx, rest.Call{
		Method:    http.MethodDelete,
		Path:      "/livestream/{streamID}/streamer/{streamerID}",
		IDs:       []string{streamID, streamerID},
		Status:    []int{http.StatusNoContent},
		Sentinels: noStream(),
	})
}

// AddViewer adds a viewer to a livestream: POST /livestream/{streamID}/viewer.
//
// Its errors are [ErrStreamNotFound] and [ErrUnauthorized].
func (c *Client) AddViewer(ctx context.Context, streamID string) (Viewer, error) {
	var added Viewer
	err := c.do(ctx, rest.Call{
		Method:    http.MethodPost,
		Path:      "/livestream/{streamID}/viewer",
		IDs:       []string{streamID},
		Status:    []int{http.StatusCreated},
		Read:      reading(func(r *reader) (ok bool) { added, ok = r.viewer(); return ok }),
		Sentinels: noStream(),
	})
	if err != nil {
		return Viewer{}, err
	}
	return added, nil
}

// DeleteViewer removes a viewer from a livestream, and ends what it views:
// DELETE /livestream/{streamID}/viewer/{viewerID}.
//
// Its errors are those of [Client.DeleteLivestream].
func (c *Client) DeleteViewer(ctx context.Context, streamID, viewerID string) error {
	return c.do(ctx, rest.Call{
		Method:    http.MethodDelete,
		Path:      "/livestream/{streamID}/viewer/{viewerID}",
		IDs:       []string{streamID, viewerID},
		Status:    []int{http.StatusNoContent},
		Sentinels: noStream(),
	})
}

// CreateStreamerToken returns a token that publishes the livestream of a room of type
// [RoomLivestream] or [RoomAudioOnlyLivestream]: POST /room/{roomID}/streamer.
//
// Its errors are [ErrRoomNotFound], also for a room of another type, and
// [ErrUnauthorized].
func (c *Client) CreateStreamerToken(ctx context.Context, roomID string) (Secret, error) {
	return c.token(ctx, rest.Call{
		Path:      "/room/{roomID}/streamer",
		IDs:       []string{roomID},
		Bare:      true,
		Sentinels: noRoom(),
	})
}

// CreateViewerToken returns a token that views the livestream of a room of type
// [RoomLivestream] or [RoomAudioOnlyLivestream]: POST /room/{roomID}/viewer.
//
// Its errors are those of [Client.CreateStreamerToken].
func (c *Client) CreateViewerToken(ctx context.Context, roomID string) (Secret, error) {
	return c.token(ctx, rest.Call{
		Path:      "/room/{roomID}/viewer",
		IDs:       []string{roomID},
		Bare:      true,
		Sentinels: noRoom(),
	})
}

// noStream returns the sentinel of a call that needs a livestream.
func noStream() map[int]error { return map[int]error{http.StatusNotFound: ErrStreamNotFound} }
