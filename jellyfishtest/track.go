package jellyfishtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// endpoint is what a peer and a component have in common: it publishes tracks.
type endpoint struct {
	owner  decode.Owner
	tracks map[string]decode.Track
}

func newEndpoint(kind decode.OwnerType, id string) endpoint {
	return endpoint{owner: decode.Owner{Type: kind, ID: id}, tracks: make(map[string]decode.Track)}
}

// sortedTracks returns the endpoint's tracks by id, the order in which the
// server lists and removes them.
func (e *endpoint) sortedTracks() []decode.Track {
	tracks := make([]decode.Track, 0, len(e.tracks))
	for _, t := range e.tracks {
		tracks = append(tracks, t)
	}
	slices.SortFunc(tracks, func(a, b decode.Track) int { return strings.Compare(a.ID, b.ID) })
	return tracks
}

func (r *room) addTrack(e *endpoint, t decode.Track) {
	e.tracks[t.ID] = t
	r.emit(decode.TrackAdded{RoomID: r.id, Owner: e.owner, Track: t})
	r.forward(e)
}

// removeTracks removes all tracks of an endpoint that goes.
func (r *room) removeTracks(e *endpoint) {
	for _, t := range e.sortedTracks() {
		r.emit(decode.TrackRemoved{RoomID: r.id, Owner: e.owner, Track: t})
	}
	clear(e.tracks)
	r.endForwarding(e)
}

// AddTrack publishes a track of a connected peer or of a component, which in a
// Jellyfish server is the result of the peer's offer. Metadata is JSON, null by
// default. It fails if there is no such room or owner, if the peer isn't connected or
// already has the track, if the id isn't UTF-8, or if the metadata isn't JSON.
func (s *Server) AddTrack(roomID, ownerID string, track decode.Track) error {
	if !utf8.ValidString(track.ID) {
		return fmt.Errorf("jellyfishtest: add track: id %q is not UTF-8", track.ID)
	}
	metadata, err := normalJSON(string(track.Metadata))
	if err != nil {
		return fmt.Errorf("jellyfishtest: add track %s: metadata: %w", track.ID, err)
	}
	track.Metadata = metadata
	return s.rooms.withEndpoint("add track", roomID, ownerID, func(r *room, e *endpoint) error {
		if p := r.peers[ownerID]; p != nil && !p.isConnected() {
			return fmt.Errorf("peer %s is not connected", ownerID)
		}
		if _, ok := e.tracks[track.ID]; ok {
			return fmt.Errorf("track %s exists", track.ID)
		}
		r.addTrack(e, track)
		return nil
	})
}

// UpdateTrack changes a track's metadata, which is JSON. If it is the same as before,
// nobody is notified, as in a Jellyfish server. It fails if there is no such room,
// owner or track, or if the metadata isn't JSON.
func (s *Server) UpdateTrack(roomID, ownerID, trackID string, metadata decode.Metadata) error {
	metadata, err := normalJSON(string(metadata))
	if err != nil {
		return fmt.Errorf("jellyfishtest: update track %s: metadata: %w", trackID, err)
	}
	return s.rooms.withEndpoint("update track", roomID, ownerID, func(r *room, e *endpoint) error {
		return r.updateTrack(e, trackID, metadata)
	})
}

func (r *room) updateTrack(e *endpoint, trackID string, metadata decode.Metadata) error {
	t, ok := e.tracks[trackID]
	if !ok {
		return fmt.Errorf("track %s does not exist", trackID)
	}
	if t.Metadata == metadata {
		return nil
	}
	t.Metadata = metadata
	e.tracks[trackID] = t
	r.emit(decode.TrackMetadataUpdated{RoomID: r.id, Owner: e.owner, Track: t})
	return nil
}

// RemoveTrack ends a track. It fails if there is no such room, owner or track.
func (s *Server) RemoveTrack(roomID, ownerID, trackID string) error {
	return s.rooms.withEndpoint("remove track", roomID, ownerID, func(r *room, e *endpoint) error {
		return r.removeTrack(e, trackID)
	})
}

func (r *room) removeTrack(e *endpoint, id string) error {
	t, ok := e.tracks[id]
	if !ok {
		return fmt.Errorf("track %s does not exist", id)
	}
	delete(e.tracks, id)
	r.emit(decode.TrackRemoved{RoomID: r.id, Owner: e.owner, Track: t})
	if len(e.tracks) == 0 {
		r.endForwarding(e)
	} else {
		r.forward(e)
	}
	return nil
}

// normalJSON returns JSON text as the server writes it: without spaces and with
// sorted keys. Empty text stands for null.
func normalJSON(text string) (decode.Metadata, error) {
	if text == "" {
		return "null", nil
	}
	value, err := parseJSON([]byte(text))
	if err != nil {
		return "", err
	}
	return decode.Metadata(compactJSON(value)), nil
}

// compactJSON returns a value as JSON text. Values that come of JSON have one.
func compactJSON(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
}

type trackAnswer struct {
	ID       string           `json:"id"`
	Metadata decode.Metadata  `json:"metadata"`
	Type     decode.TrackType `json:"type"`
}

func (e *endpoint) trackAnswers() []trackAnswer {
	answers := []trackAnswer{}
	for _, t := range e.sortedTracks() {
		answers = append(answers, trackAnswer{t.ID, t.Metadata, t.Type})
	}
	return answers
}
