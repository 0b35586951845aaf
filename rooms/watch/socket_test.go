package watch

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// connectSocket connects a peer through the peer socket, as its client does.
func (p *program) connectSocket() string {
	room, node, peer, ok := p.somePeer(rooms.StatusDisconnected)
	token := p.tokens[peer.ID]
	if !ok || token == "" {
		return ""
	}
	conn, err := wsconn.Dial(p.Context(), wsconn.Config{
		Endpoints:  []wsconn.Endpoint{{Name: "peer", URL: "ws://" + p.servers[node].Address() + "/socket/peer/websocket"}},
		Token:      func(context.Context) (string, error) { return token, nil },
		HTTPClient: p.servers[node].HTTPClient(),
		Handshake: func(socket *wsconn.Socket, token string) error {
			request, _ := proto.Marshal(&pb.PeerMessage{Content: &pb.PeerMessage_AuthRequest{AuthRequest: &pb.PeerAuthRequest{Token: token}}})
			if err := socket.Send(request); err != nil {
				return err
			}
			_, err := socket.Receive()
			return err
		},
	})
	if err != nil {
		p.say("peer %s of %s doesn't connect: %v", peer.ID, room.ID, err)
		return "" // A delay was longer than the peer's life.
	}
	event, _ := proto.Marshal(&pb.PeerMessage{Content: &pb.PeerMessage_MediaEvent{
		MediaEvent: &pb.MediaEvent{Data: `{"type":"connect","data":{"metadata":{"by":"socket"}}}`},
	}})
	_ = conn.Send(event) // It is lost if the connection is.
	go func() {
		defer conn.Close()
		for {
			if _, err := conn.Receive(); err != nil {
				return
			}
		}
	}()
	stays := time.Duration(p.random.IntN(60)) * time.Second
	time.AfterFunc(stays, conn.Close)
	return fmt.Sprintf("connect peer %s by its socket for %v", peer.ID, stays)
}
