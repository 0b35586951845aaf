package fishjam

import (
	"context"
	"net/http"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// RoomType selects what a room is for. Types newer than this library are passed
// through unchanged.
type RoomType string

// The room types. Fishjam's older names for conference and livestream, full_feature
// and broadcaster, are accepted wherever a RoomType is, and read as these.
const (
	RoomConference          RoomType = "conference"
	RoomAudioOnly           RoomType = "audio_only"
	RoomLivestream          RoomType = "livestream"
	RoomAudioOnlyLivestream RoomType = "audio_only_livestream"
)

// Livestream reports whether rooms of the type have streamers and viewers, not peers.
func (t RoomType) Livestream() bool { return t == RoomLivestream || t == RoomAudioOnlyLivestream }

// current returns the current name of a type.
func (t RoomType) current() RoomType {
	switch t {
	case "full_feature":
		return RoomConference
	case "broadcaster":
		return RoomLivestream
	}
	return t
}

// VideoCodec is a codec that a room enforces; it is the VideoCodec of package rooms.
type VideoCodec = rooms.VideoCodec

// The codecs. Compositions need [VideoCodecH264].
const (
	VideoCodecH264 = rooms.VideoCodecH264
	VideoCodecVP8  = rooms.VideoCodecVP8
)

// RoomConfig is the configuration of a room. The zero value is a conference with
// H264, for any number of peers. Fishjam generates the ids of rooms.
type RoomConfig struct {
	// Type is the room's type; empty means RoomConference.
	Type RoomType
	// MaxPeers is the maximum number of peers, connected or not; 0 means no limit.
	MaxPeers int
	// VideoCodec is the only video codec allowed in the room; empty means H264.
	VideoCodec VideoCodec
	// Public lets anyone view a livestream, without a token.
	Public bool
	// BatchWebhookNotifications lets Fishjam send several notifications in one webhook
	// request.
	BatchWebhookNotifications bool
	// WebhookURL is where Fishjam posts the room's notifications, instead of the URL
	// that is set in the dashboard; a room that was read may have that one here. It
	// needs a path, at least a slash. Fishjam calls it deprecated. It is a Secret since
	// anyone who knows it can post notifications as well.
	WebhookURL Secret
}

// sentRoomConfig is a configuration in the form that Fishjam reads. Fishjam may refuse
// a room because of a field that it doesn't know.
type sentRoomConfig struct {
	RoomType                  RoomType   `json:"roomType,omitzero"`
	MaxPeers                  int        `json:"maxPeers,omitzero"`
	VideoCodec                VideoCodec `json:"videoCodec,omitzero"`
	Public                    bool       `json:"public,omitzero"`
	BatchWebhookNotifications bool       `json:"batchWebhookNotifications,omitzero"`
	WebhookURL                string     `json:"webhookUrl,omitzero"`
}

func (c RoomConfig) sent() (sentRoomConfig, error) {
	if c.MaxPeers < 0 {
		return sentRoomConfig{}, input.New("RoomConfig.MaxPeers", "must not be negative")
	}
	if err := checkWebhook("RoomConfig.WebhookURL", c.WebhookURL); err != nil {
		return sentRoomConfig{}, err
	}
	return sentRoomConfig{
		c.Type.current(), c.MaxPeers, c.VideoCodec, c.Public, c.BatchWebhookNotifications, c.WebhookURL.Reveal(),
	}, nil
}

// Room is a room with its peers. A livestream is listed as a room, too.
type Room struct {
	ID     string
	Config RoomConfig
	Peers  []Peer
	// Composition is the composition that the room's tracks are forwarded to; nil if
	// there is none. See [Client.ForwardTracks].
	Composition *Composition
	// Problems lists the values of Fishjam's response that couldn't be read, one
	// line each with its path, such as "peers[2].status: want a text"; at most the
	// first 8, and nil if there are none. Such values are left at zero. Peers without
	// an id, and tracks that aren't objects, are left out.
	Problems []string
}

// CreateRoom creates a room: POST /room. Subscribers may be notified of the room
// before CreateRoom returns.
//
// Its errors are [ErrInvalid], [ErrQuotaExceeded] and [ErrUnauthorized].
func (c *Client) CreateRoom(ctx context.Context, config RoomConfig) (Room, error) {
	body, err := config.sent()
	if err != nil {
		return Room{}, err
	}
	var room Room
	err = c.do(ctx, rest.Call{
		Method:  http.MethodPost,
		Path:    "/room",
		Body:    body,
		Secrets: webhookSecrets(config.WebhookURL),
		Status:  []int{http.StatusCreated},
		Read:    reading(func(r *reader) (ok bool) { room, ok = r.createdRoom(); return ok }),
	})
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// ListRooms returns all rooms and livestreams of the Fishjam id: GET /room. A room of
// which a part can't be read is listed with its [Room].Problems; a room without an id
// is left out and counted in [Stats].
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that exceeds
// [Config].ReadLimit.
func (c *Client) ListRooms(ctx context.Context) ([]Room, error) {
	var list []Room
	err := c.do(ctx, rest.Call{
		Method: http.MethodGet,
		Path:   "/room",
		Status: []int{http.StatusOK},
		Read:   reading(func(r *reader) bool { list = rest.Elements(r.Reader, "room", r.room); return list != nil }),
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// GetRoom returns a room: GET /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) GetRoom(ctx context.Context, roomID string) (Room, error) {
	var room Room
	err := c.do(ctx, rest.Call{
		Method:    http.MethodGet,
		Path:      "/room/{roomID}",
		IDs:       []string{roomID},
		Status:    []int{http.StatusOK},
		Read:      reading(func(r *reader) (ok bool) { room, ok = r.room(); return ok }),
		Sentinels: noRoom(),
	})
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// DeleteRoom deletes a room, and disconnects its peers: DELETE /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) DeleteRoom(ctx context.Context, roomID string) error {
	return c.do(ctx, rest.Call{
		Method:    http.MethodDelete,
		Path:      "/room/{roomID}",
		IDs:       []string{roomID},
		Status:    []int{http.StatusNoContent},
		Sentinels: noRoom(),
	})
}

// noRoom returns the sentinel of a call that needs a room.
func noRoom() map[int]error { return map[int]error{http.StatusNotFound: ErrRoomNotFound} }

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
