package rooms_test

import (
	"errors"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// The wordings of all versions (Jellyfish protocol, sections 4.3 to 4.6).
func TestSentinels(t *testing.T) {
	t.Parallel()
	sentinels := []error{
		rooms.ErrRoomNotFound, rooms.ErrPeerNotFound, rooms.ErrComponentNotFound, rooms.ErrRecordingNotFound,
		rooms.ErrUnauthorized, rooms.ErrLimitReached, rooms.ErrAlreadyExists, rooms.ErrInvalid, nil,
	}
	for _, test := range []struct {
		status int
		text   string
		want   error
	}{
		{401, "Missing token", rooms.ErrUnauthorized},
		{401, "Invalid token", rooms.ErrUnauthorized},
		{401, "", rooms.ErrUnauthorized},
		{404, "Room room-x does not exist", rooms.ErrRoomNotFound},
		{404, "Room Peer x does not exist", rooms.ErrRoomNotFound},
		{404, "Peer p does not exist", rooms.ErrPeerNotFound},
		{404, "Component c does not exist", rooms.ErrComponentNotFound},
		{400, "Component c does not exist", rooms.ErrComponentNotFound},   // Subscribe and dial.
		{400, "HLS component does not exist", rooms.ErrComponentNotFound}, // 0.3.0 to 0.4.2.
		{404, "Recording not found", rooms.ErrRecordingNotFound},
		{404, "Unable to obtain recordings", nil},
		{404, "File not found", rooms.ErrInvalid},
		{404, "Not Found", nil},
		{404, "", nil},
		{503, "Reached webrtc peers limit in room r", rooms.ErrLimitReached}, // 0.6.0 and later.
		{503, "Reached peer limit in room r", rooms.ErrLimitReached},         // Up to 0.5.0.
		{503, "Unable to reach Fishjam instance holding room r", nil},
		{503, "Service Unavailable", nil},
		{400, "Reached hls components limit in room r", rooms.ErrLimitReached},               // 0.6.0 and later.
		{400, "Reached hls components limit for component in room r", rooms.ErrLimitReached}, // 0.5.0.
		{400, "Reached components limit for component HLS in room r", rooms.ErrLimitReached}, // 0.3.0 to 0.4.2.
		{400, "Reached components limit in room r", rooms.ErrLimitReached},                   // 0.2.x.
		{400, `Cannot add room with id "r" - room already exists`, rooms.ErrAlreadyExists},
		{400, `Cannot add room with id "room already exists" - roomId may contain only alphanumeric characters and hyphens`, rooms.ErrInvalid},
		{400, "Expected maxPeers to be a number, got: nan", rooms.ErrInvalid},
		{400, "maxPeers must be a number", rooms.ErrInvalid}, // 0.2.x.
		{400, "Components of type hls are disabled on this Fishjam", rooms.ErrInvalid},
		{400, "Component c is not a SIP component", rooms.ErrInvalid},
		{400, "Component c option `subscribe_mode` is set to :auto", rooms.ErrInvalid},
		{400, "Invalid recording id, got: ../x", rooms.ErrInvalid},
		{400, "", rooms.ErrInvalid},
		{413, "Request Entity Too Large", rooms.ErrInvalid},
		{406, "Not Acceptable", nil},
		{500, "Internal Server Error", nil},
	} {
		client := serve(t, answering(test.status, `{"errors":`+quote(test.text)+`}`))
		_, err := client.Get(t.Context(), "r")
		for _, sentinel := range sentinels {
			if sentinel != nil && errors.Is(err, sentinel) != (sentinel == test.want) {
				t.Errorf("%d %q: Is(%v) is %t", test.status, test.text, sentinel, !(sentinel == test.want))
			}
		}
		var failure *rooms.Error
		if !errors.As(err, &failure) || failure.Status != test.status || failure.Message != test.text {
			t.Errorf("%d %q: error %v", test.status, test.text, err)
		}
		client.CloseIdleConnections()
	}
}
