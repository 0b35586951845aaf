package rooms

import (
	"net/url"
	"strings"

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

// passwords returns the parts of a URL that must not appear in an error: its user
// name and password, as they are and unescaped, and its query.
func passwords(link Secret) []string {
	_, rest, found := strings.Cut(link.Reveal(), "://")
	if !found {
		rest = link.Reveal()
	}
	_, query, _ := strings.Cut(rest, "?")
	// Malformed URLs too, since a password may be what spoils one.
	info := rest[:max(0, strings.LastIndexByte(rest, '@'))]
	_, password, found := strings.Cut(info, ":")
	if !found {
		password = info
	}
	secrets := []string{info, password, query}
	if plain, err := url.PathUnescape(password); err == nil {
		secrets = append(secrets, plain)
	}
	return secrets
}
