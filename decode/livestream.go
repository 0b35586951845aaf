package decode

// StreamConnected tells that a livestream started. (Fishjam only, of servers
// between July and October 2025.)
type StreamConnected struct {
	StreamID string `json:"stream_id"`
}

// Kind returns [KindStreamConnected].
func (StreamConnected) Kind() Kind { return KindStreamConnected }

// StreamDisconnected tells that a livestream ended. (Fishjam only, as
// [StreamConnected].)
type StreamDisconnected struct {
	StreamID string `json:"stream_id"`
}

// Kind returns [KindStreamDisconnected].
func (StreamDisconnected) Kind() Kind { return KindStreamDisconnected }

// ViewerConnected tells that a viewer joined a livestream. (Fishjam only.)
type ViewerConnected struct {
	StreamID string `json:"stream_id"`
	ViewerID string `json:"viewer_id"`
}

// Kind returns [KindViewerConnected].
func (ViewerConnected) Kind() Kind { return KindViewerConnected }

// ViewerDisconnected tells that a viewer left a livestream. (Fishjam only.)
type ViewerDisconnected struct {
	StreamID string `json:"stream_id"`
	ViewerID string `json:"viewer_id"`
}

// Kind returns [KindViewerDisconnected].
func (ViewerDisconnected) Kind() Kind { return KindViewerDisconnected }

// StreamerConnected tells that a livestream's source connected. (Fishjam only.)
type StreamerConnected struct {
	StreamID   string `json:"stream_id"`
	StreamerID string `json:"streamer_id"`
}

// Kind returns [KindStreamerConnected].
func (StreamerConnected) Kind() Kind { return KindStreamerConnected }

// StreamerDisconnected tells that a livestream's source left. (Fishjam only.)
type StreamerDisconnected struct {
	StreamID   string `json:"stream_id"`
	StreamerID string `json:"streamer_id"`
}

// Kind returns [KindStreamerDisconnected].
func (StreamerDisconnected) Kind() Kind { return KindStreamerDisconnected }
