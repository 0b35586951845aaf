package jellyfishtest

import (
	"fmt"
	"maps"
	"path"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// playlist is what the server has to show of a stream.
const playlist = "#EXTM3U\n"

// files are the files of a recording, by name.
type files map[string]string

// AddRecording adds a recording with the given files, of which players open
// index.m3u8. It replaces one with the same id. It fails if the id is empty or
// contains a path.
func (s *Server) AddRecording(id string, content map[string]string) error {
	if clean, inside := insidePath(id); !inside || clean != id {
		return fmt.Errorf("jellyfishtest: add recording %q: the id can't be that of a recording", id)
	}
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	s.rooms.recordings[id] = maps.Clone(content)
	return nil
}

// keepStream does with an HLS component's stream what is done when its room has
// ended: it is uploaded, and a persistent one becomes a recording. What was never
// playable isn't kept.
func (r *room) keepStream(c *component) {
	if c.properties["playable"] != true {
		return
	}
	if c.properties["persistent"] == true {
		r.recordings[r.id] = files{"index.m3u8": playlist}
	}
	switch {
	case c.uploads && r.failUploads:
		r.emit(decode.HLSUploadCrashed{RoomID: r.id})
	case c.uploads:
		r.emit(decode.HLSUploaded{RoomID: r.id})
	}
}

func (s *Server) serveRecordings(*request) *answer {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	ids := sortedKeys(s.rooms.recordings)
	if ids == nil {
		ids = []string{}
	}
	return data(200, ids)
}

func (s *Server) serveDeleteRecording(q *request) *answer {
	return s.inRecording(q, "Invalid recording id, got: ", "Recording not found", func(id string) *answer {
		delete(s.rooms.recordings, id)
		return &answer{status: 204}
	})
}

func (s *Server) serveRecordingFile(q *request) *answer {
	return s.inRecording(q, "Invalid recording, got: ", fileNotFound, func(id string) *answer {
		return serveFile(s.rooms.recordings[id], q.path["file"], "Invalid filename, got: ")
	})
}

// serveHLSFile serves the stream of a room that has a playable one.
func (s *Server) serveHLSFile(q *request) *answer {
	a := refusal(404, fileNotFound)
	s.rooms.with(q.path["room"], func(r *room) {
		c := r.componentOf("hls")
		if c == nil {
			return
		}
		var stream files
		if c.properties["playable"] == true {
			stream = files{"index.m3u8": playlist}
		}
		a = serveFile(stream, q.path["file"], "Invalid filename, got ")
	})
	return a
}

const fileNotFound = "File not found"

func serveFile(from files, name, invalid string) *answer {
	clean, inside := insidePath(name)
	if !inside {
		return refusal(400, invalid+name)
	}
	content, ok := from[clean]
	if !ok {
		return refusal(404, fileNotFound)
	}
	a := plain(200, content)
	if strings.HasSuffix(name, ".m3u8") {
		a.contentType = playlistContent
	}
	return a
}

// inRecording answers a request that is about a recording.
func (s *Server) inRecording(q *request, invalid, missing string, serve func(id string) *answer) *answer {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	id, inside := insidePath(q.path["id"])
	if !inside {
		return refusal(400, invalid+q.path["id"])
	}
	if _, ok := s.rooms.recordings[path.Clean(id)]; !ok {
		return refusal(404, missing)
	}
	return serve(id)
}

// MakePlayable makes the stream of a room's HLS component playable, as it becomes in
// a Jellyfish server when there is enough video. From then on there is a playlist at
// /hls/ROOM/index.m3u8. When the room ends, the stream is uploaded if S3 credentials
// were given, and kept as a recording if it is persistent. It fails if there is no
// such room or component.
func (s *Server) MakePlayable(roomID string) error {
	return s.inExistingRoom("make playable", roomID, func(r *room) error {
		c := r.componentOf("hls")
		if c == nil {
			return fmt.Errorf("room %s has no HLS component", roomID)
		}
		c.properties["playable"] = true
		r.emit(decode.HLSPlayable{RoomID: r.id, ComponentID: c.owner.ID})
		return nil
	})
}

// FailUploads makes uploads of streams to S3 fail from now on, or ends that.
func (s *Server) FailUploads(on bool) {
	s.rooms.mu.Lock()
	defer s.rooms.mu.Unlock()
	s.rooms.failUploads = on
}

// insidePath returns a path without its dots. It returns false for one that
// leads out of the directory that it is relative to, or to that itself.
func insidePath(name string) (clean string, inside bool) {
	clean = strings.TrimPrefix(path.Join("/base", name), "/base/")
	return clean, !strings.HasPrefix(clean, "/")
}
