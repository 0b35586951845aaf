package rest

import (
	"context"
	"math"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

// Reader reads the data of a response. Its elements, such as rooms, keep a list of
// what couldn't be read of them, and are left out if they have no id.
type Reader struct {
	*jsonread.Reader
	Stats
	first     string // The first problem of an element.
	tracks    jsonread.Chunks[decode.Track]
	readTrack func() (decode.Track, bool) // Made once: a list may have very many owners of tracks.
}

// Stats count elements of responses.
type Stats struct {
	Odd     uint64 // Those that had problems,
	LeftOut uint64 // and those that had no id.
}

// Stats returns what was counted in all responses.
func (c *Client) Stats() Stats { return Stats{c.odd.Load(), c.leftOut.Load()} }

// report counts and logs what couldn't be read of a response.
func (c *Client) report(ctx context.Context, call *Error, r *Reader) {
	c.odd.Add(r.Odd)
	c.leftOut.Add(r.LeftOut)
	if problems := r.Problems(); len(problems) > 0 && r.first == "" {
		r.first = problems[0] // Of something that is no element.
	}
	if r.first != "" {
		c.logger.WarnContext(ctx, "part of a response couldn't be read",
			"address", call.Address, "path", call.Path, "odd", r.Odd, "left_out", r.LeftOut, "first_problem", r.first)
	}
}

// Elements reads the list that a response consists of; nil if there is none. Noun
// names an element, as in "room".
func Elements[T any](r *Reader, noun string, read func() (T, bool)) []T {
	list := jsonread.List(r.Reader, new(jsonread.Chunks[T]), func() (T, bool) {
		element, ok := read()
		if !ok {
			r.LeftOut++
			r.keepFirst("a " + noun + " without an id")
		}
		return element, ok
	})
	if list != nil {
		r.Root() // The problems have been reported.
	}
	return list
}

// Begin begins to read an element: the paths of its problems begin at it. It
// returns false if there is no object.
func (r *Reader) Begin() bool {
	r.Root()
	return r.Object()
}

// Ended returns the problems of an element that has been read; false if it has no
// id.
func (r *Reader) Ended(noun, id string) ([]string, bool) {
	if id == "" {
		r.Problem(noun + " has no id")
		return nil, false
	}
	problems := r.Problems()
	if len(problems) > 0 {
		r.Odd++
		r.keepFirst(problems[0])
	}
	return problems, true
}

func (r *Reader) keepFirst(problem string) {
	if r.first == "" {
		r.first = problem
	}
}

// List reads a list within an element, as [jsonread.List] does.
func List[T any](r *Reader, spare *jsonread.Chunks[T], read func() (T, bool)) []T {
	return jsonread.List(r.Reader, spare, read)
}

// Texts reads a list of texts, without those that are empty.
func (r *Reader) Texts() []string {
	var spare jsonread.Chunks[string]
	return List(r, &spare, func() (string, bool) {
		text := r.Text()
		return text, text != ""
	})
}

// Secret reads a text that must not be printed.
func (r *Reader) Secret() secret.Secret {
	text := r.Text()
	if text == "" || !r.Charge(32) { // What a Secret takes besides its text.
		return secret.Secret{}
	}
	return secret.New(text)
}

// Count reads a whole number, 0 if there is none, and the nearest int to one out of
// range.
func (r *Reader) Count() int {
	n, _ := r.Int()
	return Bounded(n)
}

// Bounded returns n as an int, the nearest there is where that has 32 bits.
func Bounded(n int64) int { return int(max(math.MinInt, min(n, math.MaxInt))) }

// Duration reads a number of units. The server's have no bounds; one out of range is
// read as the nearest there is.
func (r *Reader) Duration(unit time.Duration) time.Duration {
	n, _ := r.Int()
	bound := math.MaxInt64 / int64(unit)
	return time.Duration(max(-bound, min(n, bound))) * unit
}

// AddedPeer reads what is returned for an added peer: the peer itself, by read, its
// token, and the URL that it connects to. It returns false if read does, or if there is
// no token.
func (r *Reader) AddedPeer(read func() bool) (token secret.Secret, url string, ok bool) {
	found := false
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "peer":
			found = read()
		case "token":
			token = r.Secret()
		case "peer_websocket_url":
			url = r.Text()
		default:
			r.Skip()
		}
	}
	if !found || token.IsZero() {
		r.Problem("peer has no id or no token")
		return token, url, false
	}
	return token, url, true
}

// Tracks reads a list of tracks.
func (r *Reader) Tracks() []decode.Track {
	if r.readTrack == nil {
		r.readTrack = r.track
	}
	return List(r, &r.tracks, r.readTrack)
}

// track reads a track; false if there is none.
func (r *Reader) track() (decode.Track, bool) {
	var t decode.Track
	if !r.Object() {
		r.Problem("no track")
		return t, false
	}
	for r.Field() {
		switch string(r.Key()) {
		case "id":
			t.ID = r.Text()
		case "type":
			t.Type = trackType(r.Word())
		case "metadata":
			t.Metadata = decode.Metadata(r.Raw())
		default:
			r.Skip()
		}
	}
	return t, true
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
