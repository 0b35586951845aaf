package rooms

import "time"

// SubscribeMode tells whose tracks an HLS or a Recording component takes.
type SubscribeMode string

// The subscribe modes.
const (
	// SubscribeAuto means everyone's. It is the default.
	SubscribeAuto SubscribeMode = "auto"
	// SubscribeManual means those that [Client.Subscribe] names.
	SubscribeManual SubscribeMode = "manual"
)

// HLSOptions asks for a component that makes an HLS stream of a room, to be
// found at [Client.HLSURL]. The room needs [VideoCodecH264], and can have one
// such component. Options beside LowLatency are for servers 0.3.0 and later.
type HLSOptions struct {
	// LowLatency makes it an LL-HLS stream. (Server 0.2.0 and later.)
	LowLatency bool
	// Persistent keeps the stream as a recording after its end.
	Persistent bool
	// TargetWindowDuration is how much of the stream can be seen at a time, in
	// whole seconds; 0 means all of it.
	TargetWindowDuration time.Duration
	// SubscribeMode is SubscribeAuto if it is empty.
	SubscribeMode SubscribeMode
	// S3 is where the stream is uploaded to at its end; the zero value means
	// nowhere.
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

// HLSProperties are those of an HLS component. The server doesn't tell whether
// the stream is uploaded.
type HLSProperties struct {
	// Playable tells that there is something to play: false until
	// decode.HLSPlayable.
	Playable             bool
	LowLatency           bool
	Persistent           bool
	TargetWindowDuration time.Duration // 0 if all of the stream can be seen.
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
		p.TargetWindowDuration = r.duration(time.Second)
	case "subscribemode":
		p.SubscribeMode = SubscribeMode(r.Word())
	default:
		r.Skip()
	}
}
