package jellyfishtest

import (
	"slices"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// component is a component of a room.
type component struct {
	endpoint
	kind       string
	properties map[string]any
	uploads    bool // of an HLS component: whether S3 credentials were given
}

// addComponent adds a component. A result that isn't nil is the answer to one
// that can't be added; crashed says that the room doesn't survive the attempt.
func (r *room) addComponent(kind string, options map[string]any) (c *component, refused *answer, crashed bool) {
	if refused := r.refuseComponent(kind); refused != nil {
		return nil, refused, false
	}
	properties, problem := r.properties(kind, options)
	if problem != nil {
		return nil, problem, false
	}
	if kind == "hls" && !validS3(options) {
		return nil, nil, true // the process that uploads can't be started
	}
	c = &component{
		endpoint:   newEndpoint(decode.OwnerComponent, r.ids.uuid()),
		kind:       kind,
		properties: properties,
		uploads:    options["s3"] != nil,
	}
	r.components[c.owner.ID] = c
	if kind == "hls" {
		r.streams = append(r.streams, c)
	}
	return c, nil, false
}

// refuseComponent applies the room's rules: HLS, recording and RTSP are for
// rooms that enforce H.264, and of the former two there can be only one.
func (r *room) refuseComponent(kind string) *answer {
	single := kind == "hls" || kind == "recording"
	if (single || kind == "rtsp") && (r.config.VideoCodec == nil || *r.config.VideoCodec != "h264") {
		return refusal(400, "Incompatible video codec enforced in room "+r.id)
	}
	if single && r.componentOf(kind) != nil {
		return refusal(400, "Reached "+kind+" components limit for component in room "+r.id)
	}
	return nil
}

// componentOf returns a component of a kind, nil without.
func (r *room) componentOf(kind string) *component {
	for _, c := range r.components {
		if c.kind == kind {
			return c
		}
	}
	return nil
}

// startTracks publishes what a component has to publish from its start: a file
// has one track.
func (r *room) startTracks(c *component) {
	if c.kind != "file" {
		return
	}
	track := decode.Track{ID: r.ids.track(), Type: decode.TrackTypeVideo, Metadata: "null"}
	if strings.HasSuffix(c.properties["filePath"].(string), ".ogg") {
		track.Type = decode.TrackTypeAudio
	}
	r.addTrack(&c.endpoint, track)
}

// removeComponent removes a component, of which only its tracks tell.
func (r *room) removeComponent(c *component) {
	delete(r.components, c.owner.ID)
	r.removeTracks(&c.endpoint)
}

func (r *room) crashComponent(c *component) {
	r.removeComponent(c)
	r.emit(decode.ComponentCrashed{RoomID: r.id, ComponentID: c.owner.ID})
}

// hasFile tells whether a path names one of the files that components can play,
// and whether it lies where those are.
func (rs *rooms) hasFile(path string) (exists, inside bool) {
	path, inside = insidePath(path)
	return slices.Contains(rs.server.config.Files, path), inside
}
