package rooms

import (
	"encoding/json"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// tracks reads tracks as the server writes them.
type tracks []decode.Track

func (t *tracks) UnmarshalJSON(text []byte) error {
	var sent []struct {
		ID       string          `json:"id"`
		Type     string          `json:"type"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(text, &sent); err != nil || sent == nil {
		return err
	}
	*t = make(tracks, len(sent))
	for i, s := range sent {
		(*t)[i] = decode.Track{ID: s.ID, Type: trackType(s.Type), Metadata: decode.Metadata(s.Metadata)}
	}
	return nil
}

func trackType(name string) decode.TrackType {
	switch name {
	case "video":
		return decode.TrackTypeVideo
	case "audio":
		return decode.TrackTypeAudio
	}
	return decode.TrackTypeUnspecified
}
