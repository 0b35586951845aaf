package rooms

import "time"

// SubscribeMode selects whose tracks an HLS or a Recording component takes.
type SubscribeMode string

// The subscribe modes.
const (
	// SubscribeAuto means everyone's. It is the default.
	SubscribeAuto SubscribeMode = "auto"
	// SubscribeManual means those that [Client.Subscribe] names.
	SubscribeManual SubscribeMode = "manual"
)

// HLSOptions asks for a component that makes an HLS stream of a room, served at
// [Client.HLSURL]. The room needs [VideoCodecH264], and can have one such
// component. Options other than LowLatency need server 0.3.0 or later.
type HLSOptions struct {
	// LowLatency makes it an LL-HLS stream. (Server 0.2.0 and later.)
	LowLatency bool
	// Persistent keeps the stream as a recording after it has ended.
	Persistent bool
	// TargetWindowDuration is how much of the stream the playlist covers, in
	// whole seconds; 0 means all of it.
	TargetWindowDuration time.Duration
	// SubscribeMode defaults to SubscribeAuto.
	SubscribeMode SubscribeMode
	// S3 is where the stream is uploaded when it has ended; the zero value means
	// no upload.
	S3 S3Credentials
}

func (o HLSOptions) component() (componentRequest, error) {
	if err := checkUnits("HLSOptions.TargetWindowDuration", o.TargetWindowDuration, time.Second); err != nil {
		return componentRequest{}, err
	}
	if err := o.S3.check("HLSOptions.S3"); err != nil {
		return componentRequest{}, err
	}
	return componentRequest{ComponentHLS, struct {
		LowLatency           bool          `json:"lowLatency,omitzero"`
		Persistent           bool          `json:"persistent,omitzero"`
		TargetWindowDuration *int64        `json:"targetWindowDuration,omitzero"`
		SubscribeMode        SubscribeMode `json:"subscribeMode,omitzero"`
		S3                   sentS3        `json:"s3,omitzero"`
	}{o.LowLatency, o.Persistent, units(o.TargetWindowDuration, time.Second), o.SubscribeMode, o.S3.sent()}, o.S3.secrets()}, nil
}

// HLSProperties are the properties of an HLS component. The server doesn't report
// whether the stream is uploaded.
type HLSProperties struct {
	// Playable reports whether there is something to play: it becomes true with
	// decode.HLSPlayable.
	Playable             bool
	LowLatency           bool
	Persistent           bool
	TargetWindowDuration time.Duration // 0 if the playlist covers the whole stream.
	SubscribeMode        SubscribeMode
}

func (HLSProperties) properties() {}

func (r *reader) hls(p *HLSProperties) {
	switch string(r.Key()) {
	case "playable":
		p.Playable = r.Bool()
	case "lowlatency":
		p.LowLatency = r.Bool()
	case "persistent":
		p.Persistent = r.Bool()
	case "targetwindowduration":
		p.TargetWindowDuration = r.Duration(time.Second)
	case "subscribemode":
		p.SubscribeMode = SubscribeMode(r.Word())
	default:
		r.Skip()
	}
}

// MasterPlaylist is the name of the file that a player opens, of a live HLS
// stream and of a recording.
const MasterPlaylist = "index.m3u8"

// HLSURL returns the URL of a file of the room's HLS stream:
// GET /hls/{roomID}/{filename}, with [MasterPlaylist] as the file that players
// open. The node that holds the room serves it to anyone, without a token. Nothing
// is sent; the error is an [*InputError] for an empty argument.
func (c *Client) HLSURL(roomID, filename string) (string, error) {
	return c.url("/hls/{roomID}/{filename}", roomID, filename)
}
