package rooms

import (
	"context"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// VideoCodec is a codec that a room enforces.
type VideoCodec string

// The codecs that a server knows. HLS and Recording components need a room with
// H264, from server 0.5.0 on RTSP components too.
const (
	VideoCodecH264 VideoCodec = "h264"
	VideoCodecVP8  VideoCodec = "vp8"
)

// RoomConfig is how to make a room, and how one is made. The zero value is a
// room with a generated id, for any number of peers, that lasts until it is
// deleted.
type RoomConfig struct {
	// RoomID is the room's id: letters, digits and hyphens, from server 0.6.2 on
	// underscores too. Servers 0.3.0 to 0.4.2 accept any text, earlier ones
	// generate all ids, as later ones do if it is empty.
	RoomID string
	// MaxPeers is how many peers the room takes, connected or not; nil means any
	// number. See [Ptr].
	MaxPeers *int
	// VideoCodec is the one codec of video in the room; empty means any.
	VideoCodec VideoCodec
	// WebhookURL is where the server posts the room's notifications; the zero value
	// means nowhere. It needs a path, at least a slash. It is a secret since who
	// knows it can post notifications as well. (Server 0.3.0 and later.)
	WebhookURL Secret
	// PeerlessPurgeTimeout is after how long without a connected peer the room
	// ends, in whole seconds; 0 means never. (Server 0.4.0 and later.)
	PeerlessPurgeTimeout time.Duration
	// PeerDisconnectedTimeout is after how long a peer that isn't connected is
	// removed, in whole seconds; 0 means never. (Server 0.5.0 and later.)
	PeerDisconnectedTimeout time.Duration
}

func (c RoomConfig) check() error {
	if c.MaxPeers != nil && *c.MaxPeers < 0 {
		return input.New("RoomConfig.MaxPeers", "must not be negative")
	}
	if !c.WebhookURL.IsZero() {
		if err := c.WebhookURL.Check(); err != nil {
			return &input.Error{Field: "RoomConfig.WebhookURL", Err: err}
		}
	}
	if err := checkUnits("RoomConfig.PeerlessPurgeTimeout", c.PeerlessPurgeTimeout, time.Second); err != nil {
		return err
	}
	return checkUnits("RoomConfig.PeerDisconnectedTimeout", c.PeerDisconnectedTimeout, time.Second)
}

// sent returns the configuration as the server reads it.
func (c RoomConfig) sent() any {
	return struct {
		RoomID                  string     `json:"roomId,omitzero"`
		MaxPeers                *int       `json:"maxPeers,omitzero"`
		VideoCodec              VideoCodec `json:"videoCodec,omitzero"`
		WebhookURL              string     `json:"webhookUrl,omitzero"`
		PeerlessPurgeTimeout    *int64     `json:"peerlessPurgeTimeout,omitzero"`
		PeerDisconnectedTimeout *int64     `json:"peerDisconnectedTimeout,omitzero"`
	}{
		c.RoomID, c.MaxPeers, c.VideoCodec, c.WebhookURL.Reveal(),
		units(c.PeerlessPurgeTimeout, time.Second), units(c.PeerDisconnectedTimeout, time.Second),
	}
}

// Room is a room and who is in it.
type Room struct {
	ID         string
	Config     RoomConfig
	Peers      []Peer
	Components []Component
	// Problems are what of the server's answer about the room couldn't be read, a
	// line for each with its place, such as "peers[2].status: want a text": the
	// first 8 at most, nil if there is none. It was left at its zero value; a peer
	// or a component without an id, and a track that is none, were left out.
	Problems []string
}

// Created is a new room and where to find it.
type Created struct {
	Room Room
	// Address is that of the node that holds the room, as the server is
	// configured to give it, without a scheme; it is made for [Client.At]. It is
	// the address that was asked if the server gave none.
	Address string
}

// created reads the data of an answer, of any server version.
func (r *reader) created() (Created, bool) {
	var c Created
	var alone Room // As servers before 0.2.0 answer.
	var older string
	found := false
	r.Root()
	if !r.Object() {
		return c, false
	}
	for r.Field() {
		switch string(r.Key()) {
		case "room":
			c.Room, found = r.room()
		case "fishjam_address":
			c.Address = r.Text()
		case "jellyfish_address": // Before 0.6.0.
			older = r.Text()
		default:
			r.roomField(&alone)
		}
	}
	if c.Address == "" {
		c.Address = older
	}
	if !found {
		c.Room, found = r.ended(alone)
	}
	return c, found
}

// Create makes a room: POST /room. A cluster may put it on another node than was
// asked, which [Created].Address names. Subscribers may be told of the room
// before Create returns.
//
// Its errors are [ErrAlreadyExists] for a RoomID that is in use on that node,
// [ErrInvalid] for what the server doesn't accept, and [ErrUnauthorized].
func (c *Client) Create(ctx context.Context, config RoomConfig) (Created, error) {
	if err := config.check(); err != nil {
		return Created{}, err
	}
	var created Created
	err := c.do(ctx, call{
		method:  http.MethodPost,
		path:    "/room",
		body:    config.sent(),
		secrets: passwords(config.WebhookURL),
		status:  []int{http.StatusCreated},
		read:    func(r *reader) (ok bool) { created, ok = r.created(); return ok },
	})
	if err != nil {
		return Created{}, err
	}
	if created.Address == "" {
		created.Address = c.Address()
	}
	return created, nil
}

// List returns the rooms of the node that is asked: GET /room. Other nodes of a
// cluster have others. A room of which a part can't be read is listed with its
// [Room].Problems; one without an id is left out and counted in [Stats].
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that is more
// than [Config].ReadLimit allows.
func (c *Client) List(ctx context.Context) ([]Room, error) {
	var list []Room
	err := c.do(ctx, call{
		method: http.MethodGet,
		path:   "/room",
		status: []int{http.StatusOK},
		read:   func(r *reader) bool { list = r.rooms(); return list != nil },
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Get returns a room: GET /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) Get(ctx context.Context, roomID string) (Room, error) {
	var room Room
	err := c.do(ctx, call{
		method: http.MethodGet,
		path:   "/room/{roomID}",
		ids:    []string{roomID},
		status: []int{http.StatusOK},
		read:   func(r *reader) (ok bool) { room, ok = r.room(); return ok },
	})
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// Delete ends a room, with all its peers and components: DELETE /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) Delete(ctx context.Context, roomID string) error {
	return c.do(ctx, call{
		method: http.MethodDelete,
		path:   "/room/{roomID}",
		ids:    []string{roomID},
		status: []int{http.StatusNoContent},
	})
}
