package jellyfishtest

import (
	"fmt"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// CrashRoom ends a room as if its process was killed: subscribers hear of the
// room's crash and of nothing else, its peers' sockets are closed. The error says
// that there is no such room.
func (s *Server) CrashRoom(roomID string) error {
	return s.inExistingRoom("crash room", roomID, func(r *room) error {
		r.crash()
		return nil
	})
}

// CrashPeer removes a peer as if its media endpoint crashed. The reason may be
// empty, which stands for an unknown one. The error says that the room or the
// peer isn't there, or that the reason isn't UTF-8.
func (s *Server) CrashPeer(roomID, peerID, reason string) error {
	if !utf8.ValidString(reason) {
		return fmt.Errorf("jellyfishtest: crash peer %s: reason %q is not UTF-8", peerID, reason)
	}
	return s.inExistingPeer("crash peer", roomID, peerID, func(r *room, p *peer) error {
		r.crashPeer(p, reason)
		return nil
	})
}

// CrashComponent removes a component as if it crashed. The error says that the
// room or the component isn't there.
func (s *Server) CrashComponent(roomID, componentID string) error {
	return s.inExistingComponent("crash component", roomID, componentID, (*room).crashComponent)
}

// FinishComponent removes a component that has come to its end, like a file that
// was played: only the end of its tracks tells of it. The error says that the
// room or the component isn't there.
func (s *Server) FinishComponent(roomID, componentID string) error {
	return s.inExistingComponent("finish component", roomID, componentID, (*room).removeComponent)
}

// MakePlayable makes the stream of a room's HLS component playable, as it
// becomes in a Jellyfish server when there is enough video. From then on there
// is a playlist at /hls/ROOM/index.m3u8. When the room ends, the stream is
// uploaded if S3 credentials were given, and kept as a recording if it is
// persistent. The error says that there is no such room or no such component.
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

func (s *Server) inExistingRoom(operation, roomID string, f func(*room) error) error {
	err := fmt.Errorf("room %s does not exist", roomID)
	s.rooms.with(roomID, func(r *room) { err = f(r) })
	if err != nil {
		return fmt.Errorf("jellyfishtest: %s: %w", operation, err)
	}
	return nil
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
