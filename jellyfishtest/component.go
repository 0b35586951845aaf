package jellyfishtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// component is a component of a room.
type component struct {
	endpoint
	kind       string
	properties map[string]any
	uploads    bool // Of an HLS component: whether S3 credentials were given.
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
		return nil, nil, true // The process that uploads can't be started.
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

// hasFile reports whether a path names one of the files that components can play,
// and whether it lies where those are.
func (rs *rooms) hasFile(path string) (exists, inside bool) {
	path, inside = insidePath(path)
	return slices.Contains(rs.server.config.Files, path), inside
}

// CrashComponent removes a component as if it crashed. It fails if there is no such
// room or component.
func (s *Server) CrashComponent(roomID, componentID string) error {
	return s.inExistingComponent("crash component", roomID, componentID, (*room).crashComponent)
}

// FinishComponent removes a component that has finished, such as a file that was
// played: the only notification is that of the end of its tracks. It fails if there
// is no such room or component.
func (s *Server) FinishComponent(roomID, componentID string) error {
	return s.inExistingComponent("finish component", roomID, componentID, (*room).removeComponent)
}

func (s *Server) inExistingComponent(operation, roomID, id string, f func(*room, *component)) error {
	return s.inExistingRoom(operation, roomID, func(r *room) error {
		c := r.components[id]
		if c == nil {
			return fmt.Errorf("component %s does not exist", id)
		}
		f(r, c)
		return nil
	})
}

func (s *Server) serveAddComponent(q *request) *answer {
	given, ok := q.params["type"]
	if !ok {
		return refusal(400, invalidBody)
	}
	kind, _ := given.(string)
	if _, known := componentOptions[kind]; !known {
		return refusal(400, "Invalid component type")
	}
	return s.inRoom(q, func(r *room) *answer {
		options, ok := q.options()
		if !ok {
			r.fail()
			return frameworkError(500)
		}
		c, refused, crashed := r.addComponent(kind, options)
		switch {
		case crashed:
			r.fail()
			return frameworkError(500)
		case refused != nil:
			return refused
		}
		a := data(201, c.answer())
		r.startTracks(c)
		return a
	})
}

func (s *Server) serveDeleteComponent(q *request) *answer {
	return s.inRoom(q, func(r *room) *answer {
		c := r.components[q.path["id"]]
		if c == nil {
			return refusal(404, "Component "+q.path["id"]+" does not exist")
		}
		r.removeComponent(c)
		return &answer{status: 204}
	})
}

// serveSubscribe subscribes a component to origins, at which the server doesn't
// look.
func (s *Server) serveSubscribe(q *request) *answer {
	if _, ok := q.params["origins"]; !ok {
		return refusal(400, invalidBody)
	}
	return s.inRoom(q, func(r *room) *answer {
		id := q.path["id"]
		c := r.components[id]
		if c == nil {
			return refusal(400, "Component "+id+" does not exist")
		}
		switch c.properties["subscribeMode"] {
		case "auto":
			return refusal(400, "Component "+id+" option `subscribe_mode` is set to :auto")
		case "manual":
			return plain(201, "Successfully subscribed for tracks")
		}
		return refusal(400, "Subscribe mode is supported only for HLS and Recording components")
	})
}

func (s *Server) serveDial(q *request) *answer {
	number, ok := q.params["phoneNumber"]
	if !ok {
		return refusal(400, invalidBody)
	}
	return s.inSIP(q, "is not a SIP component", func() *answer {
		text, ok := interpolate(number)
		if !ok {
			return frameworkError(500)
		}
		return plain(201, "Successfully schedule calling phone_number: "+text)
	})
}

func (s *Server) serveEndCall(q *request) *answer {
	return s.inSIP(q, "is not SIP component", func() *answer {
		return &answer{status: 204, contentType: jsonContent}
	})
}

// inSIP answers a request that is about a SIP component.
func (s *Server) inSIP(q *request, isNot string, serve func() *answer) *answer {
	return s.inRoom(q, func(r *room) *answer {
		id := q.path["id"]
		c := r.components[id]
		switch {
		case c == nil:
			return refusal(400, "Component "+id+" does not exist")
		case c.kind != "sip":
			return refusal(400, "Component "+id+" "+isNot)
		}
		return serve()
	})
}

type componentAnswer struct {
	ID         string         `json:"id"`
	Properties map[string]any `json:"properties"`
	Tracks     []trackAnswer  `json:"tracks"`
	Type       string         `json:"type"`
}

func (c *component) answer() componentAnswer {
	properties := make(map[string]any, len(c.properties))
	for name, value := range c.properties {
		properties[name] = value
	}
	return componentAnswer{c.owner.ID, properties, c.trackAnswers(), c.kind}
}
