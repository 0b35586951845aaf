package rooms

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// RTSPOptions asks for a component that publishes an RTSP stream into a room.
// From server 0.5.0 on the room needs [VideoCodecH264]. It prints without the
// user name and password in its SourceURI, but is complete as JSON.
type RTSPOptions struct {
	// SourceURI is where the stream is found, as in rtsp://camera:554/stream. It
	// is required.
	SourceURI string
	// RTPPort is the server's UDP port for the stream; 0 means 20000.
	RTPPort int
	// ReconnectDelay is how long the server waits before it connects anew, in
	// whole milliseconds; nil means 15 s. See [Set].
	ReconnectDelay *time.Duration
	// KeepAliveInterval is how often the server says that it is still there, in
	// whole milliseconds; nil means every 15 s. See [Set].
	KeepAliveInterval *time.Duration
	// DisablePierceNAT keeps the server from sending packets that open its way
	// through a NAT.
	DisablePierceNAT bool
}

// Format prints the options without the user name and password in the URI,
// whatever the verb.
func (o RTSPOptions) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "rooms.RTSPOptions%v", o.shown()) }

// LogValue returns the options without the user name and password in the URI.
func (o RTSPOptions) LogValue() slog.Value { return slog.GroupValue(o.shown()...) }

func (o RTSPOptions) shown() []slog.Attr {
	shown := []slog.Attr{
		slog.String("SourceURI", withoutUserInfo(o.SourceURI)),
		slog.Int("RTPPort", o.RTPPort),
		slog.Bool("DisablePierceNAT", o.DisablePierceNAT),
	}
	if o.ReconnectDelay != nil {
		shown = append(shown, slog.Duration("ReconnectDelay", *o.ReconnectDelay))
	}
	if o.KeepAliveInterval != nil {
		shown = append(shown, slog.Duration("KeepAliveInterval", *o.KeepAliveInterval))
	}
	return shown
}

func (o RTSPOptions) component() (componentRequest, error) {
	if o.SourceURI == "" {
		return componentRequest{}, &InputError{"RTSPOptions.SourceURI", errors.New("is empty")}
	}
	if o.RTPPort < 0 || o.RTPPort > 65535 {
		return componentRequest{}, &InputError{"RTSPOptions.RTPPort", errors.New("is no port")}
	}
	reconnect, err := milliseconds("RTSPOptions.ReconnectDelay", o.ReconnectDelay)
	if err != nil {
		return componentRequest{}, err
	}
	keepAlive, err := milliseconds("RTSPOptions.KeepAliveInterval", o.KeepAliveInterval)
	if err != nil {
		return componentRequest{}, err
	}
	var pierce *bool
	if o.DisablePierceNAT {
		pierce = Set(false)
	}
	return componentRequest{ComponentRTSP, struct {
		SourceURI         string  `json:"sourceUri"`
		RTPPort           int     `json:"rtpPort,omitzero"`
		ReconnectDelay    *number `json:"reconnectDelay,omitzero"`
		KeepAliveInterval *number `json:"keepAliveInterval,omitzero"`
		PierceNAT         *bool   `json:"pierceNat,omitzero"`
	}{o.SourceURI, o.RTPPort, reconnect, keepAlive, pierce}, passwords(o.SourceURI)}, nil
}

// milliseconds returns nil, so that the field is left out, if d is nil.
func milliseconds(field string, d *time.Duration) (*number, error) {
	if d == nil {
		return nil, nil
	}
	return Set(number(*d / time.Millisecond)), checkUnits(field, *d, time.Millisecond)
}

// RTSPProperties are those of an RTSP component. Before server 0.3.0 none are
// sent. They print without the user name and password in the SourceURI, but are
// complete as JSON.
type RTSPProperties struct {
	SourceURI         string
	RTPPort           int
	ReconnectDelay    time.Duration
	KeepAliveInterval time.Duration
	PierceNAT         bool
}

func (RTSPProperties) properties() {}

// Format prints the properties without the user name and password in the URI,
// whatever the verb.
func (p RTSPProperties) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.RTSPProperties%v", p.shown())
}

// LogValue returns the properties without the user name and password in the URI.
func (p RTSPProperties) LogValue() slog.Value { return slog.GroupValue(p.shown()...) }

func (p RTSPProperties) shown() []slog.Attr {
	return []slog.Attr{
		slog.String("SourceURI", withoutUserInfo(p.SourceURI)),
		slog.Int("RTPPort", p.RTPPort),
		slog.Duration("ReconnectDelay", p.ReconnectDelay),
		slog.Duration("KeepAliveInterval", p.KeepAliveInterval),
		slog.Bool("PierceNAT", p.PierceNAT),
	}
}

type sentRTSPProperties struct {
	SourceURI         string `json:"sourceUri"`
	RTPPort           number `json:"rtpPort"`
	ReconnectDelay    number `json:"reconnectDelay"`
	KeepAliveInterval number `json:"keepAliveInterval"`
	PierceNAT         bool   `json:"pierceNat"`
}

// MarshalJSON returns the properties as the server writes them, complete.
func (p RTSPProperties) MarshalJSON() ([]byte, error) {
	return json.Marshal(sentRTSPProperties{
		SourceURI:         p.SourceURI,
		RTPPort:           number(p.RTPPort),
		ReconnectDelay:    number(p.ReconnectDelay / time.Millisecond),
		KeepAliveInterval: number(p.KeepAliveInterval / time.Millisecond),
		PierceNAT:         p.PierceNAT,
	})
}

// UnmarshalJSON reads the properties as the server writes them.
func (p *RTSPProperties) UnmarshalJSON(text []byte) error {
	var sent sentRTSPProperties
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	*p = RTSPProperties{
		SourceURI:         sent.SourceURI,
		RTPPort:           sent.RTPPort.int(),
		ReconnectDelay:    sent.ReconnectDelay.duration(time.Millisecond),
		KeepAliveInterval: sent.KeepAliveInterval.duration(time.Millisecond),
		PierceNAT:         sent.PierceNAT,
	}
	return nil
}
