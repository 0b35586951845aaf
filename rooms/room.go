package rooms

import (
	"context"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// VideoCodec is a codec that a room enforces.
type VideoCodec string

// The codecs that servers support. HLS and Recording components need a room with
// H264, and so do RTSP components from server 0.5.0 on.
const (
	VideoCodecH264 VideoCodec = "h264"
	VideoCodecVP8  VideoCodec = "vp8"
)

// RoomConfig is the configuration of a room. The zero value is a room with a
// generated id, for any number of peers, that lasts until it is deleted.
type RoomConfig struct {
	// RoomID is the room's id: letters, digits and hyphens, from server 0.6.2 on
	// underscores too. If it is empty, the server generates one. Servers 0.3.0 to
	// 0.4.2 accept any text, and earlier ones generate all ids.
	RoomID string
	// MaxPeers is the maximum number of peers, connected or not; nil means no
	// limit. See [Ptr].
	MaxPeers *int
	// VideoCodec is the only video codec allowed in the room; empty means any.
	VideoCodec VideoCodec
	// WebhookURL is where the server posts the room's notifications; the zero value
	// means nowhere. It needs a path, at least a slash. It is a Secret since anyone
	// who knows it can post notifications as well. (Server 0.3.0 and later.)
	WebhookURL Secret
	// PeerlessPurgeTimeout is the time without a connected peer after which the
	// room is deleted, in whole seconds; 0 means never. (Server 0.4.0 and later.)
	PeerlessPurgeTimeout time.Duration
	// PeerDisconnectedTimeout is the time after which a disconnected peer is
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

// sent returns the configuration in the form that the server reads.
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

// Room is a room with its peers and components.
type Room struct {
	ID         string
	Config     RoomConfig
	Peers      []Peer
	Components []Component
	// Problems lists the values of the server's response that couldn't be read, one
	// line each with its path, such as "peers[2].status: want a text"; at most the
	// first 8, and nil if there are none. Such values are left at zero. Peers and
	// components without an id, and tracks that aren't objects, are left out.
	Problems []string
}

// Created is a new room and the node that holds it.
type Created struct {
	Room Room
	// Address is the address of the node that holds the room, as configured on the
	// server, without a scheme; pass it to [Client.At]. If the server sent none, it
	// is the Client's own address.
	Address string
}

// created reads the data of a response of any server version.
func (r *reader) created() (Created, bool) {
	var c Created
	var alone Room // The response of servers before 0.2.0.
	var older string
	found := false
	if !r.Begin() {
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

// Create creates a room: POST /room. A cluster may put it on another node, which
// [Created].Address names. Subscribers may be notified of the room before Create
// returns.
//
// Its errors are [ErrAlreadyExists] for a RoomID that is in use on that node,
// [ErrInvalid] for a configuration that the server doesn't accept, and
// [ErrUnauthorized].
func (c *Client) Create(ctx context.Context, config RoomConfig) (Created, error) {
	if err := config.check(); err != nil {
		return Created{}, err
	}
	var created Created
	err := c.do(ctx, rest.Call{
		Method:  http.MethodPost,
		Path:    "/room",
		Body:    config.sent(),
		Secrets: rest.URLSecrets(config.WebhookURL.Reveal()),
		Status:  []int{http.StatusCreated},
		Read:    reading(func(r *reader) (ok bool) { created, ok = r.created(); return ok }),
	})
	if err != nil {
		return Created{}, err
	}
	if created.Address == "" {
		created.Address = c.Address()
	}
	return created, nil
}

// List returns the rooms of the node: GET /room. Other nodes of a cluster hold others.
// A room of which a part can't be read is listed with its [Room].Problems; a room
// without an id is left out and counted in [Stats].
//
// Its errors are [ErrUnauthorized], and [ErrTooLarge] for a list that exceeds
// [Config].ReadLimit.
func (c *Client) List(ctx context.Context) ([]Room, error) {
	var list []Room
	err := c.do(ctx, rest.Call{
		Method: http.MethodGet,
		Path:   "/room",
		Status: []int{http.StatusOK},
		Read:   reading(func(r *reader) bool { list = r.rooms(); return list != nil }),
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
	err := c.do(ctx, rest.Call{
		Method: http.MethodGet,
		Path:   "/room/{roomID}",
		IDs:    []string{roomID},
		Status: []int{http.StatusOK},
		Read:   reading(func(r *reader) (ok bool) { room, ok = r.room(); return ok }),
	})
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// Delete deletes a room, with all its peers and components: DELETE /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) Delete(ctx context.Context, roomID string) error {
	return c.do(ctx, rest.Call{
		Method: http.MethodDelete,
		Path:   "/room/{roomID}",
		IDs:    []string{roomID},
		Status: []int{http.StatusNoContent},
	})
}
