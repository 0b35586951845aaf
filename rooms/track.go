package rooms

import (
	"encoding/json"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// sentTrack is a track as the server writes it.
type sentTrack struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"`
	Metadata json.RawMessage `json:"metadata"`
}

func tracksOf(sent []sentTrack) []decode.Track {
	if sent == nil {
		return nil
	}
	tracks := make([]decode.Track, len(sent))
	for i, s := range sent {
		tracks[i] = decode.Track{ID: s.ID, Type: trackType(s.Type), Metadata: decode.Metadata(s.Metadata)}
	}
	return tracks
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
