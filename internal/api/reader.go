package api

import (
	"math"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

// Reader reads the data of an answer. What can't be read of a list's element, such
// as a room, is its problems; an element without an id is left out.
type Reader struct {
	*jsonread.Reader
	LeftOut uint64 // How many elements had no id.
	odd     uint64 // How many others had problems.
	first   string // The first problem of them.

	tracks []decode.Track // Where lists are collected.
}

// Elements reads a list of what has problems of its own, nil if there is no list.
// The function returns false for an element to leave out, which is named in the log.
func Elements[T any](r *Reader, name string, read func() (T, bool)) []T {
	if !r.Array() {
		return nil
	}
	list := []T{}
	for r.Element() {
		element, ok := read()
		if ok {
			list = jsonread.Append(r.Reader, list, element)
			continue
		}
		r.LeftOut++
		if r.first == "" {
			r.first = name + " without an id"
		}
	}
	r.Root() // The problems have been reported.
	return list
}

// Ended returns the problems of what has been read since Root; false if it has no
// id.
func (r *Reader) Ended(name, id string) (problems []string, ok bool) {
	if id == "" {
		r.Problem(name + " has no id")
		return nil, false
	}
	problems = r.Problems()
	if len(problems) > 0 {
		r.odd++
		if r.first == "" {
			r.first = problems[0]
		}
	}
	return problems, true
}

// Tracks reads a list of tracks.
func (r *Reader) Tracks() []decode.Track { return jsonread.List(r.Reader, &r.tracks, readTrack) }

// readTrack reads a track; false if there is none.
func readTrack(r *jsonread.Reader) (decode.Track, bool) {
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

// Secret reads a text that must not be printed.
func (r *Reader) Secret() secret.Secret {
	text := r.Text()
	if text == "" || !r.Charge(32) { // What a Secret takes besides its text.
		return secret.Secret{}
	}
	return secret.New(text)
}

// Whole reads a whole number, 0 if there is none.
func (r *Reader) Whole() int {
	n, _ := r.Int()
	return Bounded(n)
}

// Bounded returns n as an int, the nearest there is where that has 32 bits.
func Bounded(n int64) int { return int(max(math.MinInt, min(n, math.MaxInt))) }
