package jellyfishtest

import (
	"net/http"
	"sync"
	"time"

	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// peerPath is where the peer socket is.
const peerPath = "/socket/peer/websocket"

// authenticatedPeer is the message that confirms a peer's token.
var authenticatedPeer = []byte{0x0a, 0x00}

// participant is a peer's end of the peer socket, as the server keeps it.
type participant struct {
	*socket

	// Of the reading goroutine alone.
	token         peerToken
	authenticated bool

	pinging  sync.Mutex
	nextPing time.Time // zero until authenticated
}

// servePeer answers a request for the peer socket and, once it is upgraded,
// serves it until it ends.
func (s *Server) servePeer(w http.ResponseWriter, r *http.Request) {
	var p *participant
	in := s.upgrade(w, r, func(payload []byte) { p.send(frame(opPong, payload)) })
	if in == nil {
		return
	}
	defer s.goroutines.Done() // counted in by countGoroutine
	s.log.Info("New incoming peer WebSocket connection, accepting")
	p = &participant{socket: newSocket(connBelow(in.wire.Conn), in.wire.Conn)}
	written := p.start(p.tick)
	p.read(in, p.message)
	if p.authenticated {
		s.rooms.disconnect(p.token, p.socket)
	}
	<-written
	in.release()
}

// message handles a message of the peer. The error is the closing that answers
// one that isn't allowed.
func (p *participant) message(text bool, data []byte) error {
	if text && p.authenticated {
		return nil
	}
	var m proto.PeerMessage
	if text || protobuf.Unmarshal(data, &m) != nil {
		return closing{code: 1011} // the server's handler crashes
	}
	if !p.authenticated {
		return p.authenticate(&m)
	}
	if event, ok := m.GetContent().(*proto.PeerMessage_MediaEvent); ok {
		p.server.rooms.mediaEvent(p.token, p.socket, event.MediaEvent.GetData())
	}
	return nil
}

func (p *participant) authenticate(m *proto.PeerMessage) error {
	request, ok := m.GetContent().(*proto.PeerMessage_AuthRequest)
	if !ok {
		return closing{1000, "unauthenticated"}
	}
	token, err := p.server.rooms.connect(request.AuthRequest.GetToken(), p.socket)
	if err != nil {
		return err
	}
	p.token, p.authenticated = token, true
	p.pinging.Lock()
	p.nextPing = time.Now().Add(pingInterval)
	p.pinging.Unlock()
	p.poke()
	return nil
}

// tick queues the ping that is due, and returns when the next one will be.
func (p *participant) tick(now time.Time) time.Time {
	p.pinging.Lock()
	defer p.pinging.Unlock()
	if !p.nextPing.IsZero() && !p.nextPing.After(now) {
		p.send(frame(opPing, nil))
		p.nextPing = now.Add(pingInterval)
	}
	return p.nextPing
}
