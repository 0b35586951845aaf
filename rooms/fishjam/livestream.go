package fishjam

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/api"
)

// LivestreamConfig is the configuration of a livestream. The zero value has audio and
// video, and viewers need a token.
type LivestreamConfig struct {
	// AudioOnly is for a livestream without video.
	AudioOnly bool
	// Public lets viewers in without a token.
	Public bool
	// BatchWebhookNotifications lets a webhook's request hold several notifications.
	BatchWebhookNotifications bool
	// WebhookURL is as in [RoomConfig], and deprecated too.
	WebhookURL Secret
}

// Livestream is a room with one streamer and any number of viewers. It is a [Room] too,
// with the same id.
type Livestream struct {
	ID        string
	Public    bool
	AudioOnly bool
	Streamers []Streamer
	Viewers   []Viewer
	// Problems lists the values that couldn't be read, as in [Room].
	Problems []string
}

// Streamer is who streams into a livestream: by WHIP, with its token.
type Streamer struct {
	ID     string
	Status PeerStatus
	Token  Secret // How long it is valid isn't documented.
}

// Viewer is who watches a livestream: by WHEP, with its token.
type Viewer struct {
	ID    string
	Token Secret // How long it is valid isn't documented.
}

// livestream reads a livestream; false if it has no id.
func (r *reader) livestream() (l Livestream, ok bool) {
	r.Root()
	r.object(func(name string) {
		switch name {
		case "id":
			l.ID = r.Text()
		case "public":
			l.Public = r.Bool()
		case "audioonly":
			l.AudioOnly = r.Bool()
		case "streamers":
			l.Streamers = list(r, &r.streamers, (*reader).streamer)
		case "viewers":
			l.Viewers = list(r, &r.viewers, (*reader).viewer)
		default:
			r.Skip()
		}
	})
	l.Problems, ok = r.Ended("livestream", l.ID)
	return l, ok
}

// streamer reads a streamer; false if it has no id.
func (r *reader) streamer() (s Streamer, ok bool) {
	r.object(func(name string) {
		switch name {
		case "id":
			s.ID = r.Text()
		case "status":
			s.Status = PeerStatus(r.Word())
		case "token":
			s.Token = r.Secret()
		default:
			r.Skip()
		}
	})
	if s.ID == "" {
		r.Problem("streamer has no id")
	}
	return s, s.ID != ""
}

// viewer reads a viewer; false if it has no id.
func (r *reader) viewer() (v Viewer, ok bool) {
	r.object(func(name string) {
		switch name {
		case "id":
			v.ID = r.Text()
		case "token":
			v.Token = r.Secret()
		default:
			r.Skip()
		}
	})
	if v.ID == "" {
		r.Problem("viewer has no id")
	}
	return v, v.ID != ""
}

// CreateLivestream creates a livestream: POST /livestream.
//
// Its errors are [ErrInvalid], [ErrQuotaExceeded] and [ErrUnauthorized].
func (c *Client) CreateLivestream(ctx context.Context, config LivestreamConfig) (Livestream, error) {
	if err := checkURL("LivestreamConfig.WebhookURL", config.WebhookURL); err != nil {
		return Livestream{}, err
	}
	return c.oneLivestream(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/livestream",
		Body: struct {
			AudioOnly  bool   `json:"audioOnly,omitzero"`
			Public     bool   `json:"public,omitzero"`
			Batch      bool   `json:"batchWebhookNotifications,omitzero"`
			WebhookURL string `json:"webhookUrl,omitzero"`
		}{config.AudioOnly, config.Public, config.BatchWebhookNotifications, config.WebhookURL.Reveal()},
		Secrets: api.URLSecrets(config.WebhookURL),
		Status:  []int{http.StatusCreated},
	}, nil)
}

func (c *Client) oneLivestream(ctx context.Context, call api.Call, notFound error) (Livestream, error) {
	var stream Livestream
	call.Read = reading(func(r *reader) (ok bool) { stream, ok = r.livestream(); return ok })
	if err := c.do(ctx, call, notFound, nil); err != nil {
		return Livestream{}, err
	}
	return stream, nil
}

// ListLivestreams returns all livestreams, with their streamers and viewers:
// GET /livestream. One of which a part can't be read is listed with its Problems.
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that exceeds
// [Config].ReadLimit.
func (c *Client) ListLivestreams(ctx context.Context) ([]Livestream, error) {
	var all []Livestream
	err := c.do(ctx, api.Call{
		Method: http.MethodGet,
		Path:   "/livestream",
		Status: []int{http.StatusOK},
		Read: reading(func(r *reader) bool {
			all = api.Elements(r.Reader, "a livestream", r.livestream)
			return all != nil
		}),
	}, nil, nil)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// GetLivestream returns a livestream: GET /livestream/{streamID}.
//
// Its errors are [ErrStreamNotFound] and [ErrUnauthorized].
func (c *Client) GetLivestream(ctx context.Context, streamID string) (Livestream, error) {
	return c.oneLivestream(ctx, api.Call{
		Method: http.MethodGet,
		Path:   "/livestream/{streamID}",
		IDs:    []string{streamID},
		Status: []int{http.StatusOK},
	}, ErrStreamNotFound)
}

// DeleteLivestream deletes a livestream: DELETE /livestream/{streamID}.
//
// Its errors are [ErrUnauthorized] and, where Fishjam says so, [ErrStreamNotFound].
func (c *Client) DeleteLivestream(ctx context.Context, streamID string) error {
	return c.do(ctx, api.Call{
		Method: http.MethodDelete,
		Path:   "/livestream/{streamID}",
		IDs:    []string{streamID},
		Status: []int{http.StatusNoContent},
	}, ErrStreamNotFound, nil)
}

// AddStreamer adds a streamer to a livestream: POST /livestream/{streamID}/streamer.
//
// Its errors are [ErrStreamNotFound] and [ErrUnauthorized].
func (c *Client) AddStreamer(ctx context.Context, streamID string) (Streamer, error) {
	var added Streamer
	err := c.do(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/livestream/{streamID}/streamer",
		IDs:    []string{streamID},
		Status: []int{http.StatusCreated},
		Read:   reading(func(r *reader) (ok bool) { added, ok = r.streamer(); return ok }),
	}, ErrStreamNotFound, nil)
	if err != nil {
		return Streamer{}, err
	}
	return added, nil
}

// DeleteStreamer removes a streamer from a livestream:
// DELETE /livestream/{streamID}/streamer/{streamerID}.
//
// Its errors are [ErrUnauthorized] and, where Fishjam says so, [ErrStreamNotFound].
func (c *Client) DeleteStreamer(ctx context.Context, streamID, streamerID string) error {
	return c.do(ctx, api.Call{
		Method: http.MethodDelete,
		Path:   "/livestream/{streamID}/streamer/{streamerID}",
		IDs:    []string{streamID, streamerID},
		Status: []int{http.StatusNoContent},
	}, ErrStreamNotFound, nil)
}

// AddViewer adds a viewer to a livestream: POST /livestream/{streamID}/viewer.
//
// Its errors are [ErrStreamNotFound] and [ErrUnauthorized].
func (c *Client) AddViewer(ctx context.Context, streamID string) (Viewer, error) {
	var added Viewer
	err := c.do(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/livestream/{streamID}/viewer",
		IDs:    []string{streamID},
		Status: []int{http.StatusCreated},
		Read:   reading(func(r *reader) (ok bool) { added, ok = r.viewer(); return ok }),
	}, ErrStreamNotFound, nil)
	if err != nil {
		return Viewer{}, err
	}
	return added, nil
}

// DeleteViewer removes a viewer from a livestream, and ends what it watches:
// DELETE /livestream/{streamID}/viewer/{viewerID}.
//
// Its errors are [ErrUnauthorized] and, where Fishjam says so, [ErrStreamNotFound].
func (c *Client) DeleteViewer(ctx context.Context, streamID, viewerID string) error {
	return c.do(ctx, api.Call{
		Method: http.MethodDelete,
		Path:   "/livestream/{streamID}/viewer/{viewerID}",
		IDs:    []string{streamID, viewerID},
		Status: []int{http.StatusNoContent},
	}, ErrStreamNotFound, nil)
}

// CreateStreamerToken returns a token to stream into a room of type [RoomLivestream]:
// POST /room/{roomID}/streamer. [Client.AddStreamer] returns the streamer's id as well.
//
// Its errors are [ErrRoomNotFound], also for a room that is no livestream, and
// [ErrUnauthorized].
func (c *Client) CreateStreamerToken(ctx context.Context, roomID string) (Secret, error) {
	return c.roomToken(ctx, "/room/{roomID}/streamer", roomID)
}

// CreateViewerToken returns a token to watch a room of type [RoomLivestream]:
// POST /room/{roomID}/viewer. [Client.AddViewer] returns the viewer's id as well.
//
// Its errors are [ErrRoomNotFound], also for a room that is no livestream, and
// [ErrUnauthorized].
func (c *Client) CreateViewerToken(ctx context.Context, roomID string) (Secret, error) {
	return c.roomToken(ctx, "/room/{roomID}/viewer", roomID)
}

func (c *Client) roomToken(ctx context.Context, path, roomID string) (Secret, error) {
	return c.token(ctx, api.Call{
		Method: http.MethodPost,
		Path:   path,
		IDs:    []string{roomID},
		Status: []int{http.StatusCreated},
		Bare:   true,
	}, ErrRoomNotFound)
}
