package rooms

import (
	"errors"
	"net/url"
	"strings"
)

// expand puts ids in place of the {names} of a pattern. Ids are escaped; those
// that no URL can carry are refused.
func expand(pattern string, ids ...string) (string, error) {
	var path strings.Builder
	for _, id := range ids {
		before, rest, _ := strings.Cut(pattern, "{")
		name, after, _ := strings.Cut(rest, "}")
		if err := checkID(id); err != nil {
			return "", &InputError{name, err}
		}
		path.WriteString(before + url.PathEscape(id))
		pattern = after
	}
	return path.String() + pattern, nil
}

func checkID(id string) error {
	switch id {
	case "":
		return errors.New("is empty")
	case ".", "..":
		return errors.New("is a relative path")
	}
	return nil
}

// MasterPlaylist is the name of the file that a player opens, of a live HLS
// stream and of a recording.
const MasterPlaylist = "index.m3u8"

// HLSURL returns the URL of a file of the room's HLS stream:
// GET /hls/{roomID}/{filename}, with [MasterPlaylist] as the file that players
// open. The node that holds the room serves it, to anyone: it asks for no token.
// Nothing is sent; the error is an [*InputError] about an empty argument.
func (c *Client) HLSURL(roomID, filename string) (string, error) {
	return c.url("/hls/{roomID}/{filename}", roomID, filename)
}

// RecordingURL returns the URL of a file of a recording:
// GET /recording/{recordingID}/{filename}, with [MasterPlaylist] as the file
// that players open. The node that has the recording serves it, to anyone: it
// asks for no token. Nothing is sent; the error is an [*InputError] about an
// empty argument. (Server 0.3.0 and later.)
func (c *Client) RecordingURL(recordingID, filename string) (string, error) {
	return c.url("/recording/{recordingID}/{filename}", recordingID, filename)
}

func (c *Client) url(pattern string, ids ...string) (string, error) {
	path, err := expand(pattern, ids...)
	if err != nil {
		return "", err
	}
	return c.address.HTTP(path), nil
}
