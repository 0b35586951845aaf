package decode

import "log/slog"

// StreamConnected is sent when a livestream started. (Fishjam only, of servers
// between July and October 2025.)
type StreamConnected struct {
	StreamID string `json:"stream_id"`
}

// Kind returns [KindStreamConnected].
func (StreamConnected) Kind() Kind                     { return KindStreamConnected }
func (n StreamConnected) String() string               { return line(n) }
func (n StreamConnected) LogValue() slog.Value         { return logValue(n) }
func (n StreamConnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }

// StreamDisconnected is sent when a livestream ended. (Fishjam only, as
// [StreamConnected].)
type StreamDisconnected struct {
	StreamID string `json:"stream_id"`
}

// Kind returns [KindStreamDisconnected].
func (StreamDisconnected) Kind() Kind                     { return KindStreamDisconnected }
func (n StreamDisconnected) String() string               { return line(n) }
func (n StreamDisconnected) LogValue() slog.Value         { return logValue(n) }
func (n StreamDisconnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }

// ViewerConnected is sent when a viewer joined a livestream. (Fishjam only.)
type ViewerConnected struct {
	StreamID string `json:"stream_id"`
	ViewerID string `json:"viewer_id"`
}

// Kind returns [KindViewerConnected].
func (ViewerConnected) Kind() Kind                     { return KindViewerConnected }
func (n ViewerConnected) String() string               { return line(n) }
func (n ViewerConnected) LogValue() slog.Value         { return logValue(n) }
func (n ViewerConnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }

// ViewerDisconnected is sent when a viewer left a livestream. (Fishjam only.)
type ViewerDisconnected struct {
	StreamID string `json:"stream_id"`
	ViewerID string `json:"viewer_id"`
}

// Kind returns [KindViewerDisconnected].
func (ViewerDisconnected) Kind() Kind                     { return KindViewerDisconnected }
func (n ViewerDisconnected) String() string               { return line(n) }
func (n ViewerDisconnected) LogValue() slog.Value         { return logValue(n) }
func (n ViewerDisconnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }

// StreamerConnected is sent when a livestream's source connected. (Fishjam only.)
type StreamerConnected struct {
	StreamID   string `json:"stream_id"`
	StreamerID string `json:"streamer_id"`
}

// Kind returns [KindStreamerConnected].
func (StreamerConnected) Kind() Kind                     { return KindStreamerConnected }
func (n StreamerConnected) String() string               { return line(n) }
func (n StreamerConnected) LogValue() slog.Value         { return logValue(n) }
func (n StreamerConnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }

// StreamerDisconnected is sent when a livestream's source disconnected. (Fishjam
// only.)
type StreamerDisconnected struct {
	StreamID   string `json:"stream_id"`
	StreamerID string `json:"streamer_id"`
}

// Kind returns [KindStreamerDisconnected].
func (StreamerDisconnected) Kind() Kind                     { return KindStreamerDisconnected }
func (n StreamerDisconnected) String() string               { return line(n) }
func (n StreamerDisconnected) LogValue() slog.Value         { return logValue(n) }
func (n StreamerDisconnected) MarshalJSON() ([]byte, error) { return marshalJSON(n) }

// RecordingStatusChanged is sent when a recording changed its state. (Fishjam
// only.)
type RecordingStatusChanged struct {
	RecordingID string          `json:"recording_id"`
	Status      RecordingStatus `json:"status"`
	Metadata    Metadata        `json:"metadata,omitempty"`
}

// Kind returns [KindRecordingStatusChanged].
func (RecordingStatusChanged) Kind() Kind                     { return KindRecordingStatusChanged }
func (n RecordingStatusChanged) String() string               { return line(n) }
func (n RecordingStatusChanged) LogValue() slog.Value         { return logValue(n) }
func (n RecordingStatusChanged) MarshalJSON() ([]byte, error) { return marshalJSON(n) }
