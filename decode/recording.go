package decode

import "strconv"

// RecordingStatus is the state of a Fishjam recording.
type RecordingStatus int32

// The recording states.
const (
	RecordingUnspecified RecordingStatus = 0
	RecordingActive      RecordingStatus = 1
	RecordingFinished    RecordingStatus = 2
	RecordingAvailable   RecordingStatus = 3
	RecordingFailed      RecordingStatus = 4
)

// String returns the state's name, or its number where it has none.
func (s RecordingStatus) String() string {
	switch s {
	case RecordingUnspecified:
		return "unspecified"
	case RecordingActive:
		return "active"
	case RecordingFinished:
		return "finished"
	case RecordingAvailable:
		return "available"
	case RecordingFailed:
		return "failed"
	}
	return "recording status(" + strconv.Itoa(int(s)) + ")"
}

// MarshalText returns the state's name, so that it is the name in JSON.
func (s RecordingStatus) MarshalText() ([]byte, error) {
	return []byte(s.String()), nil
}

// RecordingStatusChanged tells that a recording changed its state. (Fishjam
// only.)
type RecordingStatusChanged struct {
	RecordingID string          `json:"recording_id"`
	Status      RecordingStatus `json:"status"`
	Metadata    Metadata        `json:"metadata"`
}

// Kind returns [KindRecordingStatusChanged].
func (RecordingStatusChanged) Kind() Kind { return KindRecordingStatusChanged }
