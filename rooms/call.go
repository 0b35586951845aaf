package rooms

import (
	"context"

	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// do makes a call. Its errors are an *InputError or an *Error.
func (c *Client) do(ctx context.Context, call rest.Call) error {
	return c.rest.Do(ctx, c.address, call)
}

// reading adapts a method of reader to a call.
func reading(read func(*reader) bool) func(*rest.Reader) bool {
	return func(r *rest.Reader) bool { return read(&reader{Reader: r}) }
}

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
	path, err := rest.Expand(pattern, ids...)
	if err != nil {
		return "", err
	}
	return c.address.HTTP(path), nil
}
