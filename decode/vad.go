package decode

import "strconv"

// VADStatus tells whether somebody speaks on a track.
type VADStatus int32

// The voice activity states.
const (
	VADUnspecified VADStatus = 0
	VADSilence     VADStatus = 1
	VADSpeech      VADStatus = 2
)

// String returns the state's name, or its number where it has none.
func (s VADStatus) String() string {
	switch s {
	case VADUnspecified:
		return "unspecified"
	case VADSilence:
		return "silence"
	case VADSpeech:
		return "speech"
	}
	return "vad status(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText returns the state's name, so that it is the name in JSON.
func (s VADStatus) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// VAD tells that voice activity on a peer's track changed. (Fishjam only.)
type VAD struct {
	RoomID  string    `json:"room_id"`
	PeerID  string    `json:"peer_id"`
	TrackID string    `json:"track_id"`
	Status  VADStatus `json:"status"`
}

// Kind returns [KindVAD].
func (VAD) Kind() Kind { return KindVAD }
