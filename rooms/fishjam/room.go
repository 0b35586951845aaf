package fishjam

import (
	"context"
	"net/http"
	"net/url"

	"github.com/jellyfish-dev/jellyfish-go/internal/api"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// RoomType is the type of a room. Types newer than this library are passed through.
type RoomType string

// The types of rooms.
const (
	// RoomConference is for peers with audio and video. It is the default.
	RoomConference RoomType = "conference"
	// RoomAudioOnly is a conference without video.
	RoomAudioOnly RoomType = "audio_only"
	// RoomLivestream has one streamer and any number of viewers.
	RoomLivestream RoomType = "livestream"
	// RoomAudioOnlyLivestream is a livestream without video.
	RoomAudioOnlyLivestream RoomType = "audio_only_livestream"
)

// Livestream reports whether rooms of the type have streamers and viewers, not peers.
func (t RoomType) Livestream() bool { return t == RoomLivestream || t == RoomAudioOnlyLivestream }

// current returns the present name of a type that was renamed in June 2025.
func (t RoomType) current() RoomType {
	switch t {
	case "full_feature":
		return RoomConference
	case "broadcaster":
		return RoomLivestream
	}
	return t
}

// VideoCodec is a codec that a room enforces.
type VideoCodec = rooms.VideoCodec

// The codecs of rooms. Compositions need H264.
const (
	VideoCodecH264 = rooms.VideoCodecH264
	VideoCodecVP8  = rooms.VideoCodecVP8
)

// RoomConfig is the configuration of a room. The zero value is a conference with
// H264 for any number of peers.
type RoomConfig struct {
	// Type is the type of the room; empty means [RoomConference].
	Type RoomType
	// MaxPeers is the maximum number of peers, connected or not; 0 means no limit.
	MaxPeers int
	// VideoCodec is the only video codec allowed in the room; empty means H264.
	VideoCodec VideoCodec
	// Public lets viewers of a livestream in without a token.
	Public bool
	// BatchWebhookNotifications lets a webhook's request hold several notifications.
	BatchWebhookNotifications bool
	// WebhookURL is where the room's notifications are posted instead of to the URL of
	// the dashboard. It needs a path, at least a slash. Fishjam has deprecated it. In
	// the configuration of a room that was received it may be the dashboard's. It is a
	// Secret since anyone who knows it can post notifications as well.
	WebhookURL Secret
}

func (c RoomConfig) check() error {
	if c.MaxPeers < 0 {
		return input.New("RoomConfig.MaxPeers", "must not be negative")
	}
	return checkURL("RoomConfig.WebhookURL", c.WebhookURL)
}

// checkURL refuses a URL that Fishjam would: it needs a scheme, a host and a path.
func checkURL(field string, link Secret) error {
	if link.IsZero() {
		return nil
	}
	if err := link.Check(); err != nil {
		return &input.Error{Field: field, Err: err}
	}
	u, err := url.Parse(link.Reveal())
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path == "" {
		return input.New(field, "must be an http or https URL with a path, such as https://example.org/hook")
	}
	return nil
}

// sent returns the configuration as Fishjam reads it.
func (c RoomConfig) sent() any {
	return struct {
		RoomType   RoomType   `json:"roomType,omitzero"`
		MaxPeers   int        `json:"maxPeers,omitzero"`
		VideoCodec VideoCodec `json:"videoCodec,omitzero"`
		Public     bool       `json:"public,omitzero"`
		Batch      bool       `json:"batchWebhookNotifications,omitzero"`
		WebhookURL string     `json:"webhookUrl,omitzero"`
	}{c.Type, c.MaxPeers, c.VideoCodec, c.Public, c.BatchWebhookNotifications, c.WebhookURL.Reveal()}
}

// Room is a room with its peers. A livestream is a room too, of type [RoomLivestream];
// its streamers and viewers are in the [Livestream] of the same id.
type Room struct {
	ID     string
	Config RoomConfig
	Peers  []Peer
	// Composition is what the room's tracks are forwarded to, nil if they aren't.
	Composition *Composition
	// Problems lists the values of the response that couldn't be read, one line each
	// with its path; at most the first 8, and nil if there are none. Such values are
	// left at zero. Peers without an id are left out.
	Problems []string
}

// Composition is what a room's tracks are forwarded to, by [Client.ForwardTracks].
type Composition struct {
	URL         string
	Forwardings []Forwarding
}

// Forwarding is an input of a composition: the tracks of a peer. A track id is empty if
// no track of that type is forwarded.
type Forwarding struct {
	PeerID, InputID, AudioTrackID, VideoTrackID string
}

// reader reads the data of a response.
type reader struct {
	*api.Reader

	// Where lists are collected.
	peers       []Peer
	texts       []string
	forwardings []Forwarding
	streamers   []Streamer
	viewers     []Viewer
	files       []RecordingFile
}

// reading is what a call reads with.
func reading(read func(*reader) bool) func(*api.Reader) bool {
	return func(r *api.Reader) bool { return read(&reader{Reader: r}) }
}

// list reads a list whose elements have no problems of their own.
func list[T any](r *reader, spare *[]T, read func(*reader) (T, bool)) []T {
	return jsonread.List(r.Reader.Reader, spare, func(*jsonread.Reader) (T, bool) { return read(r) })
}

// object reads the fields of an object; false if it is none.
func (r *reader) object(field func(name string)) bool {
	if !r.Object() {
		return false
	}
	for r.Field() {
		field(string(r.Key()))
	}
	return true
}

// room reads a room; false if it has no id.
func (r *reader) room() (room Room, ok bool) {
	r.Root()
	r.object(func(name string) {
		switch name {
		case "id":
			room.ID = r.Text()
		case "config":
			room.Config = r.roomConfig()
		case "peers":
			room.Peers = list(r, &r.peers, (*reader).peer)
		case "compositioninfo":
			room.Composition = r.composition()
		default:
			r.Skip()
		}
	})
	room.Problems, ok = r.Ended("room", room.ID)
	return room, ok
}

func (r *reader) roomConfig() (c RoomConfig) {
	r.object(func(name string) {
		switch name {
		case "roomtype":
			c.Type = RoomType(r.Word()).current()
		case "maxpeers":
			c.MaxPeers = r.Whole()
		case "videocodec":
			c.VideoCodec = VideoCodec(r.Word())
		case "public":
			c.Public = r.Bool()
		case "batchwebhooknotifications":
			c.BatchWebhookNotifications = r.Bool()
		case "webhookurl":
			c.WebhookURL = r.Secret()
		default:
			r.Skip()
		}
	})
	return c
}

func (r *reader) composition() *Composition {
	var c Composition
	r.object(func(name string) {
		switch name {
		case "compositionurl":
			c.URL = r.Text()
		case "forwardings":
			c.Forwardings = list(r, &r.forwardings, (*reader).forwarding)
		default:
			r.Skip()
		}
	})
	if c.URL == "" && c.Forwardings == nil || !r.Charge(64) {
		return nil
	}
	return &c
}

func (r *reader) forwarding() (f Forwarding, ok bool) {
	ok = r.object(func(name string) {
		switch name {
		case "peerid":
			f.PeerID = r.Text()
		case "inputid":
			f.InputID = r.Text()
		case "audiotrackid":
			f.AudioTrackID = r.Text()
		case "videotrackid":
			f.VideoTrackID = r.Text()
		default:
			r.Skip()
		}
	})
	return f, ok
}

// within reads the object under a name in the answer's data, such as the room of a room
// that was created.
func within[T any](r *reader, key string, read func() (T, bool)) (found T, ok bool) {
	r.object(func(name string) {
		if name == key {
			found, ok = read()
		} else {
			r.Skip()
		}
	})
	return found, ok
}

// CreateRoom creates a room: POST /room. Fishjam makes its id. Subscribers may be
// notified of the room before CreateRoom returns.
//
// Its errors are [ErrInvalid], [ErrQuotaExceeded] and [ErrUnauthorized].
func (c *Client) CreateRoom(ctx context.Context, config RoomConfig) (Room, error) {
	if err := config.check(); err != nil {
		return Room{}, err
	}
	var room Room
	err := c.do(ctx, api.Call{
		Method:  http.MethodPost,
		Path:    "/room",
		Body:    config.sent(),
		Secrets: api.URLSecrets(config.WebhookURL),
		Status:  []int{http.StatusCreated},
		Read:    reading(func(r *reader) (ok bool) { room, ok = within(r, "room", r.room); return ok }),
	}, nil, nil)
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// ListRooms returns all rooms, livestreams among them: GET /room. A room of which a
// part can't be read is listed with its [Room].Problems; a room without an id is left
// out and counted in [Stats].
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that exceeds
// [Config].ReadLimit.
func (c *Client) ListRooms(ctx context.Context) ([]Room, error) {
	var all []Room
	err := c.do(ctx, api.Call{
		Method: http.MethodGet,
		Path:   "/room",
		Status: []int{http.StatusOK},
		Read:   reading(func(r *reader) bool { all = api.Elements(r.Reader, "a room", r.room); return all != nil }),
	}, nil, nil)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// GetRoom returns a room: GET /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) GetRoom(ctx context.Context, roomID string) (Room, error) {
	var room Room
	err := c.do(ctx, api.Call{
		Method: http.MethodGet,
		Path:   "/room/{roomID}",
		IDs:    []string{roomID},
		Status: []int{http.StatusOK},
		Read:   reading(func(r *reader) (ok bool) { room, ok = r.room(); return ok }),
	}, ErrRoomNotFound, nil)
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// DeleteRoom deletes a room with all its peers: DELETE /room/{roomID}. Peers that are
// connected are notified of as disconnected and deleted first.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) DeleteRoom(ctx context.Context, roomID string) error {
	return c.do(ctx, api.Call{
		Method: http.MethodDelete,
		Path:   "/room/{roomID}",
		IDs:    []string{roomID},
		Status: []int{http.StatusNoContent},
	}, ErrRoomNotFound, nil)
}

// TrackForwarding says where a room's tracks are forwarded.
type TrackForwarding struct {
	// CompositionURL is the URL of a composition.
	CompositionURL string
	// Selector says which tracks; empty means Fishjam's default.
	Selector string
}

// ForwardTracks forwards the room's tracks to a composition, as long as the room
// exists: POST /room/{roomID}/track_forwardings. Repeated with the same composition it
// does nothing. (Fishjam 0.26 and later.)
//
// Its errors are [ErrConflict] if the room forwards to another composition,
// [ErrRoomNotFound], [ErrInvalid] and [ErrUnauthorized].
func (c *Client) ForwardTracks(ctx context.Context, roomID string, forwarding TrackForwarding) error {
	if forwarding.CompositionURL == "" {
		return input.New("TrackForwarding.CompositionURL", "must not be empty")
	}
	return c.do(ctx, api.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/track_forwardings",
		IDs:    []string{roomID},
		Body: struct {
			CompositionURL string `json:"compositionURL"`
			Selector       string `json:"selector,omitzero"`
		}{forwarding.CompositionURL, forwarding.Selector},
		Status: []int{http.StatusCreated},
	}, ErrRoomNotFound, ErrConflict)
}
