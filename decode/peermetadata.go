package decode

import "encoding/json"

// PeerMetadata is the metadata of a peer of hosted Fishjam, which has two parts. On a
// Jellyfish server a peer's metadata is what its client set, as a whole.
type PeerMetadata struct {
	// Peer is what the peer's client set: untrusted input.
	Peer Metadata
	// Server is what the backend set when it added the peer.
	Server Metadata
}

// PeerParts returns the two parts of a hosted peer's metadata, from
// [PeerMetadataUpdated] or from Fishjam's REST API. A part that is missing is empty.
// The error is that of metadata that isn't a JSON object; null and empty metadata have
// two empty parts.
func (m Metadata) PeerParts() (PeerMetadata, error) {
	var parts struct{ Peer, Server json.RawMessage }
	if err := m.Unmarshal(&parts); err != nil {
		return PeerMetadata{}, err
	}
	return PeerMetadata{Metadata(parts.Peer), Metadata(parts.Server)}, nil
}
