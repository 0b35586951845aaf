package rooms

import (
	"github.com/jellyfish-dev/jellyfish-go/internal/api"
)

// MasterPlaylist is the name of the file that a player opens, of a live HLS
// stream and of a recording.
const MasterPlaylist = "index.m3u8"

// HLSURL returns the URL of a file of the room's HLS stream:
// GET /hls/{roomID}/{filename}, with [MasterPlaylist] as the file that players
// open. The node that holds the room serves it to anyone, without a token. Nothing
// is sent; the error is an [*InputError] for an empty argument.
func (c *Client) HLSURL(roomID, filename string) (string, error) {
	return c.url("/hls/{roomID}/{filename}", roomID, filename)
}

// RecordingURL returns the URL of a file of a recording:
// GET /recording/{recordingID}/{filename}, with [MasterPlaylist] as the file
// that players open. The node that has the recording serves it to anyone, without a
// token. Nothing is sent; the error is an [*InputError] for an empty argument.
// (Server 0.3.0 and later.)
func (c *Client) RecordingURL(recordingID, filename string) (string, error) {
	return c.url("/recording/{recordingID}/{filename}", recordingID, filename)
}

func (c *Client) url(pattern string, ids ...string) (string, error) {
	path, err := api.Path(pattern, ids...)
	if err != nil {
		return "", err
	}
	return c.address.HTTP(path), nil
}
