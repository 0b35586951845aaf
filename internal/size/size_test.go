package size_test

import (
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/size"
)

func TestSizeIsThatOfTheTexts(t *testing.T) {
	t.Parallel()
	small := size.Of(decode.TrackAdded{RoomID: "room"})
	large := size.Of(decode.TrackAdded{RoomID: "room", Owner: decode.Owner{ID: "peer"}, Track: decode.Track{ID: "track", Metadata: `{"a":1}`}})
	if large-small != len("peer")+len("track")+len(`{"a":1}`) || small < len("room") {
		t.Errorf("a notification has %d bytes, one with three more texts %d", small, large)
	}
}
