package jellyfishtest_test

import (
	"errors"
	"testing"

	"github.com/coder/websocket"
	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// peerClient is a peer's end of the peer socket.
type peerClient struct {
	*testing.T
	conn *websocket.Conn
}

// dialPeer connects to the peer socket.
func dialPeer(t *testing.T, server *jellyfishtest.Server) *peerClient {
	t.Helper()
	url := "ws://" + server.Address() + "/socket/peer/websocket"
	c, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPClient: server.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return &peerClient{t, c}
}

// connectPeer connects to the peer socket and is authenticated when it returns.
func connectPeer(t *testing.T, server *jellyfishtest.Server, token string) *peerClient {
	t.Helper()
	p := dialPeer(t, server)
	p.authenticate(token)
	if got := p.receive(); got.GetAuthenticated() == nil {
		t.Fatalf("got %v, want to be authenticated", got)
	}
	return p
}

func (p *peerClient) authenticate(token string) {
	p.Helper()
	p.send(&proto.PeerMessage{Content: &proto.PeerMessage_AuthRequest{
		AuthRequest: &proto.PeerAuthRequest{Token: token},
	}})
}

// tell sends a media event.
func (p *peerClient) tell(event string) {
	p.Helper()
	p.send(&proto.PeerMessage{Content: &proto.PeerMessage_MediaEvent{
		MediaEvent: &proto.MediaEvent{Data: event},
	}})
}

func (p *peerClient) send(m *proto.PeerMessage) {
	p.Helper()
	payload, err := protobuf.Marshal(m)
	if err != nil {
		p.Fatal(err)
	}
	p.write(websocket.MessageBinary, payload)
}

func (p *peerClient) write(kind websocket.MessageType, payload []byte) {
	p.Helper()
	if err := p.conn.Write(p.Context(), kind, payload); err != nil {
		p.Fatal(err)
	}
}

func (p *peerClient) receive() *proto.PeerMessage {
	p.Helper()
	_, payload, err := p.conn.Read(p.Context())
	if err != nil {
		p.Fatal(err)
	}
	var m proto.PeerMessage
	if err := protobuf.Unmarshal(payload, &m); err != nil {
		p.Fatal(err)
	}
	return &m
}

// expectClose fails the test unless the server closes with a code and a reason
// after messages that may still come.
func (p *peerClient) expectClose(code websocket.StatusCode, reason string) {
	p.Helper()
	for {
		_, _, err := p.conn.Read(p.Context())
		if err == nil {
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != code || closed.Reason != reason {
			p.Fatalf("got %v, want close %d %q", err, code, reason)
		}
		return
	}
}

// leave closes the connection as a client does.
func (p *peerClient) leave() {
	p.Helper()
	_ = p.conn.Close(websocket.StatusNormalClosure, "")
}
