package rooms

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

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

// Format prints the options without their secrets, whatever the verb.
func (o HLSOptions) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.HLSOptions[LowLatency=%v Persistent=%v TargetWindowDuration=%v SubscribeMode=%v S3=%v]", o.LowLatency, o.Persistent, o.TargetWindowDuration, o.SubscribeMode, o.S3)
}

// LogValue returns the options without their secrets.
func (o HLSOptions) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

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
		TargetWindowDuration *number       `json:"targetWindowDuration,omitzero"`
		SubscribeMode        SubscribeMode `json:"subscribeMode,omitzero"`
		S3                   S3Credentials `json:"s3,omitzero"`
	}{o.LowLatency, o.Persistent, units(o.TargetWindowDuration, time.Second), o.SubscribeMode, o.S3}, o.S3.secrets()}, nil
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

type sentHLSProperties struct {
	Playable             bool          `json:"playable"`
	LowLatency           bool          `json:"lowLatency"`
	Persistent           bool          `json:"persistent"`
	TargetWindowDuration *number       `json:"targetWindowDuration"`
	SubscribeMode        SubscribeMode `json:"subscribeMode"`
}

// MarshalJSON returns the properties as the server writes them.
func (p HLSProperties) MarshalJSON() ([]byte, error) {
	return json.Marshal(sentHLSProperties{
		p.Playable, p.LowLatency, p.Persistent, units(p.TargetWindowDuration, time.Second), p.SubscribeMode,
	})
}

// UnmarshalJSON reads the properties as the server writes them.
func (p *HLSProperties) UnmarshalJSON(text []byte) error {
	var sent sentHLSProperties
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	*p = HLSProperties{
		sent.Playable, sent.LowLatency, sent.Persistent, sent.TargetWindowDuration.orZero(time.Second), sent.SubscribeMode,
	}
	return nil
}
