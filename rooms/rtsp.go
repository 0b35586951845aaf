package rooms

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// RTSPOptions asks for a component that publishes an RTSP stream into a room.
// From server 0.5.0 on the room needs [VideoCodecH264].
type RTSPOptions struct {
	// SourceURI is the URI of the stream, such as rtsp://camera:554/stream. It is
	// required. It is a Secret since it may contain a password.
	SourceURI Secret
	// RTPPort is the server's UDP port for the stream; 0 means 20000.
	RTPPort int
	// ReconnectDelay is how long the server waits before it reconnects, in whole
	// milliseconds; nil means 15 s. See [Ptr].
	ReconnectDelay *time.Duration
	// KeepAliveInterval is how often the server sends a keep-alive, in whole
	// milliseconds; nil means every 15 s. See [Ptr].
	KeepAliveInterval *time.Duration
	// DisablePierceNAT prevents the server from sending packets to open a path
	// through a NAT.
	DisablePierceNAT bool
}

func (o RTSPOptions) component() (componentRequest, error) {
	if err := o.SourceURI.Check(); err != nil {
		return componentRequest{}, &input.Error{Field: "RTSPOptions.SourceURI", Err: err}
	}
	if o.RTPPort < 0 || o.RTPPort > 65535 {
		return componentRequest{}, input.New("RTSPOptions.RTPPort", "must be a port, from 1 to 65535")
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
		pierce = Ptr(false)
	}
	return componentRequest{ComponentRTSP, struct {
		SourceURI         string `json:"sourceUri"`
		RTPPort           int    `json:"rtpPort,omitzero"`
		ReconnectDelay    *int64 `json:"reconnectDelay,omitzero"`
		KeepAliveInterval *int64 `json:"keepAliveInterval,omitzero"`
		PierceNAT         *bool  `json:"pierceNat,omitzero"`
	}{o.SourceURI.Reveal(), o.RTPPort, reconnect, keepAlive, pierce}, rest.URLSecrets(o.SourceURI.Reveal())}, nil
}

// milliseconds returns nil, so that the field is left out, if d is nil.
func milliseconds(field string, d *time.Duration) (*int64, error) {
	if d == nil {
		return nil, nil
	}
	return Ptr(int64(*d / time.Millisecond)), checkUnits(field, *d, time.Millisecond)
}

// RTSPProperties are the properties of an RTSP component. Servers before 0.3.0 send
// none.
type RTSPProperties struct {
	SourceURI         Secret
	RTPPort           int
	ReconnectDelay    time.Duration
	KeepAliveInterval time.Duration
	PierceNAT         bool
}

func (RTSPProperties) properties() {}

func (r *reader) rtsp(p *RTSPProperties) {
	switch string(r.Key()) {
	case "sourceuri":
		p.SourceURI = r.Secret()
	case "rtpport":
		p.RTPPort = r.Count()
	case "reconnectdelay":
		p.ReconnectDelay = r.Duration(time.Millisecond)
	case "keepaliveinterval":
		p.KeepAliveInterval = r.Duration(time.Millisecond)
	case "piercenat":
		p.PierceNAT = r.Bool()
	default:
		r.Skip()
	}
}
