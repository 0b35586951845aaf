package decode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// PeerType is the type of a peer. Fishjam sends it; Jellyfish servers leave it at
// [PeerTypeUnspecified]. Values newer than this library are passed through unchanged.
type PeerType int32

// The peer types.
const (
	PeerTypeUnspecified PeerType = 0
	PeerTypeWebRTC      PeerType = 1
	PeerTypeAgent       PeerType = 2
	PeerTypeVAPI        PeerType = 3
)

// TrackType is the media type of a track. Values newer than this library are passed
// through unchanged.
type TrackType int32

// The track types.
const (
	TrackTypeUnspecified TrackType = 0
	TrackTypeVideo       TrackType = 1
	TrackTypeAudio       TrackType = 2
)

// OwnerType is the type of an [Owner].
type OwnerType int8

// The owner types. OwnerUnspecified means that the server named no owner.
const (
	OwnerUnspecified OwnerType = 0
	OwnerPeer        OwnerType = 1
	OwnerComponent   OwnerType = 2
)

// VADStatus says whether someone is speaking on a track. Values newer than this
// library are passed through unchanged.
type VADStatus int32

// The voice activity states.
const (
	VADUnspecified VADStatus = 0
	VADSilence     VADStatus = 1
	VADSpeech      VADStatus = 2
)

// RecordingStatus is the state of a Fishjam recording. Values newer than this library
// are passed through unchanged.
type RecordingStatus int32

// The recording states.
const (
	RecordingUnspecified RecordingStatus = 0
	RecordingActive      RecordingStatus = 1
	RecordingFinished    RecordingStatus = 2
	RecordingAvailable   RecordingStatus = 3
	RecordingFailed      RecordingStatus = 4
)

// enum describes an enum. The name of its zero value is "unspecified".
type enum[E integer] struct {
	noun  string   // For a value without a name.
	names []string // By value.
}

type integer interface{ ~int8 | ~int32 }

// The enums. Read-only.
var (
	peerTypes         = enum[PeerType]{"peer type", []string{"unspecified", "webrtc", "agent", "vapi"}}
	trackTypes        = enum[TrackType]{"track type", []string{"unspecified", "video", "audio"}}
	ownerTypes        = enum[OwnerType]{"owner type", []string{"unspecified", "peer", "component"}}
	vadStatuses       = enum[VADStatus]{"vad status", []string{"unspecified", "silence", "speech"}}
	recordingStatuses = enum[RecordingStatus]{"recording status", []string{"unspecified", "active", "finished", "available", "failed"}}
)

// name returns the value's name, or the noun and its number if it has none.
func (e enum[E]) name(value E) string {
	if value >= 0 && int(value) < len(e.names) {
		return e.names[value]
	}
	return numbered(e.noun, value)
}

// parse reads what name returns.
func (e enum[E]) parse(text []byte, value *E) error {
	if i := slices.Index(e.names, string(text)); i >= 0 {
		*value = E(i)
		return nil
	}
	return parseNumbered(e.noun, string(text), value)
}

// numbered returns the text for a value without a name, such as "kind(99)".
func numbered[E integer](noun string, value E) string {
	return noun + "(" + strconv.FormatInt(int64(value), 10) + ")"
}

// parseNumbered reads what numbered returns.
func parseNumbered[E integer](noun, text string, value *E) error {
	if digits, ok := strings.CutPrefix(text, noun+"("); ok {
		if digits, ok = strings.CutSuffix(digits, ")"); ok {
			n, err := strconv.ParseInt(digits, 10, 32)
			if err == nil && int64(E(n)) == n {
				*value = E(n)
				return nil
			}
		}
	}
	return fmt.Errorf("decode: unknown %s %q", noun, redact.Cut(redact.Line(text), shownText))
}

// String returns the type's name, or its number if it has none.
func (t PeerType) String() string { return peerTypes.name(t) }

// MarshalText returns what String returns, so that it is the name in JSON.
func (t PeerType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText returns.
func (t *PeerType) UnmarshalText(text []byte) error { return peerTypes.parse(text, t) }

// String returns the type's name, or its number if it has none.
func (t TrackType) String() string { return trackTypes.name(t) }

// MarshalText returns what String returns, so that it is the name in JSON.
func (t TrackType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText returns.
func (t *TrackType) UnmarshalText(text []byte) error { return trackTypes.parse(text, t) }

// String returns the type's name, or its number if it has none.
func (t OwnerType) String() string { return ownerTypes.name(t) }

// MarshalText returns what String returns, so that it is the name in JSON.
func (t OwnerType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText returns.
func (t *OwnerType) UnmarshalText(text []byte) error { return ownerTypes.parse(text, t) }

// String returns the state's name, or its number if it has none.
func (s VADStatus) String() string { return vadStatuses.name(s) }

// MarshalText returns what String returns, so that it is the name in JSON.
func (s VADStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText returns.
func (s *VADStatus) UnmarshalText(text []byte) error { return vadStatuses.parse(text, s) }

// String returns the state's name, or its number if it has none.
func (s RecordingStatus) String() string { return recordingStatuses.name(s) }

// MarshalText returns what String returns, so that it is the name in JSON.
func (s RecordingStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText returns.
func (s *RecordingStatus) UnmarshalText(text []byte) error { return recordingStatuses.parse(text, s) }
