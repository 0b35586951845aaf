package fishjam

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
