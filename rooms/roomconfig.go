package rooms

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
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
// deleted. It prints without the user name and password in its WebhookURL.
type RoomConfig struct {
	// RoomID is the room's id: letters, digits and hyphens, from server 0.6.2 on
	// underscores too. Servers 0.3.0 to 0.4.2 accept any text, earlier ones
	// generate all ids, as later ones do if it is empty.
	RoomID string
	// MaxPeers is how many peers the room takes, connected or not; nil means any
	// number. See [Set].
	MaxPeers *int
	// VideoCodec is the one codec of video in the room; empty means any.
	VideoCodec VideoCodec
	// WebhookURL is where the server posts the room's notifications; empty means
	// nowhere. It needs a path, at least a slash. (Server 0.3.0 and later.)
	WebhookURL string
	// PeerlessPurgeTimeout is after how long without a connected peer the room
	// ends, in whole seconds; 0 means never. (Server 0.4.0 and later.)
	PeerlessPurgeTimeout time.Duration
	// PeerDisconnectedTimeout is after how long a peer that isn't connected is
	// removed, in whole seconds; 0 means never. (Server 0.5.0 and later.)
	PeerDisconnectedTimeout time.Duration
}

// Format prints the configuration without the user name and password in its
// WebhookURL, whatever the verb.
func (c RoomConfig) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.RoomConfig%v", c.shown())
}

// LogValue returns the configuration without the user name and password in its
// WebhookURL.
func (c RoomConfig) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

func (c RoomConfig) shown() []slog.Attr {
	shown := []slog.Attr{
		slog.String("RoomID", c.RoomID),
		slog.String("VideoCodec", string(c.VideoCodec)),
		slog.String("WebhookURL", withoutUserInfo(c.WebhookURL)),
		slog.Duration("PeerlessPurgeTimeout", c.PeerlessPurgeTimeout),
		slog.Duration("PeerDisconnectedTimeout", c.PeerDisconnectedTimeout),
	}
	if c.MaxPeers != nil {
		shown = append(shown, slog.Int("MaxPeers", *c.MaxPeers))
	}
	return shown
}

func (c RoomConfig) check() error {
	if c.MaxPeers != nil && *c.MaxPeers < 0 {
		return &InputError{"RoomConfig.MaxPeers", errors.New("is negative")}
	}
	if err := checkUnits("RoomConfig.PeerlessPurgeTimeout", c.PeerlessPurgeTimeout, time.Second); err != nil {
		return err
	}
	return checkUnits("RoomConfig.PeerDisconnectedTimeout", c.PeerDisconnectedTimeout, time.Second)
}

// sentRoomConfig is a RoomConfig as the server writes and reads it.
type sentRoomConfig struct {
	RoomID                  string     `json:"roomId,omitzero"`
	MaxPeers                *number    `json:"maxPeers,omitzero"`
	VideoCodec              VideoCodec `json:"videoCodec,omitzero"`
	WebhookURL              string     `json:"webhookUrl,omitzero"`
	PeerlessPurgeTimeout    *number    `json:"peerlessPurgeTimeout,omitzero"`
	PeerDisconnectedTimeout *number    `json:"peerDisconnectedTimeout,omitzero"`
}

// MarshalJSON returns the configuration as the server reads it, complete.
func (c RoomConfig) MarshalJSON() ([]byte, error) {
	sent := sentRoomConfig{
		RoomID:                  c.RoomID,
		VideoCodec:              c.VideoCodec,
		WebhookURL:              c.WebhookURL,
		PeerlessPurgeTimeout:    units(c.PeerlessPurgeTimeout, time.Second),
		PeerDisconnectedTimeout: units(c.PeerDisconnectedTimeout, time.Second),
	}
	if c.MaxPeers != nil {
		sent.MaxPeers = Set(number(*c.MaxPeers))
	}
	return json.Marshal(sent)
}

// UnmarshalJSON reads the configuration as the server writes it.
func (c *RoomConfig) UnmarshalJSON(text []byte) error {
	var sent sentRoomConfig
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	*c = sent.config()
	return nil
}

func (s sentRoomConfig) config() RoomConfig {
	c := RoomConfig{
		RoomID:                  s.RoomID,
		VideoCodec:              s.VideoCodec,
		WebhookURL:              s.WebhookURL,
		PeerlessPurgeTimeout:    s.PeerlessPurgeTimeout.orZero(time.Second),
		PeerDisconnectedTimeout: s.PeerDisconnectedTimeout.orZero(time.Second),
	}
	if s.MaxPeers != nil {
		c.MaxPeers = Set(s.MaxPeers.int())
	}
	return c
}
