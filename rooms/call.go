package rooms

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// call is what a method of [Client] sends, and what it expects.
type call struct {
	method string
	path   string   // With {names} where ids go.
	ids    []string // In the order of the path.
	body   any      // Sent as JSON; nil means no body.
	// secrets are what of the body must not show in an error.
	secrets []string
	status  []int // The statuses that mean success.
	// read reads the answer's data; nil if it doesn't matter. It returns false if
	// there is nothing to return to the caller.
	read func(*reader) bool
}

// do makes the call. Its errors are an *InputError or an *Error.
func (c *Client) do(ctx context.Context, call call) error {
	path, err := expand(call.path, call.ids...)
	if err != nil {
		return err
	}
	request := rest.Request{
		Method:  call.method,
		Address: c.address,
		Path:    path,
		Secrets: call.secrets,
		Status:  call.status,
		Meaning: meaning,
	}
	if call.body != nil {
		if request.Body, err = json.Marshal(call.body); err != nil {
			return &input.Error{Field: "options", Err: err}
		}
	}
	var r reader
	if call.read != nil {
		request.Data = func(json *jsonread.Reader) bool {
			r = reader{Reader: json}
			return call.read(&r)
		}
	}
	if err := c.rest.Do(ctx, request); err != nil {
		return err
	}
	if r.Reader != nil {
		c.report(ctx, path, &r)
	}
	return nil
}

// report counts and logs what couldn't be read of an answer.
func (c *Client) report(ctx context.Context, path string, r *reader) {
	c.counters.odd.Add(r.odd)
	c.counters.leftOut.Add(r.leftOut)
	if problems := r.Problems(); len(problems) > 0 && r.first == "" {
		r.first = problems[0] // Of something that is no room.
	}
	if r.first != "" {
		c.logger.WarnContext(ctx, "part of an answer couldn't be read",
			"address", c.Address(), "path", path, "odd_rooms", r.odd, "rooms_left_out", r.leftOut, "first_problem", r.first)
	}
}

// expand puts ids in place of the {names} of a pattern. Ids are escaped; those
// that no URL can carry are refused.
func expand(pattern string, ids ...string) (string, error) {
	var path strings.Builder
	for _, id := range ids {
		before, rest, _ := strings.Cut(pattern, "{")
		name, after, _ := strings.Cut(rest, "}")
		switch id {
		case "":
			return "", input.New(name, "must not be empty")
		case ".", "..":
			return "", input.New(name, "must not be a relative path")
		}
		path.WriteString(before + url.PathEscape(id))
		pattern = after
	}
	return path.String() + pattern, nil
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

// passwords returns what of a URL must not show in an error: its user name and
// password, as they are and unescaped, and its query.
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
