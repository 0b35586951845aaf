package main

//lint:file-ignore SA1019 the deprecated path is the baseline

import (
	"context"

	"google.golang.org/protobuf/proto"
	"nhooyr.io/websocket"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// plainLoop is a program without the library, as one would write it at first. It
// promises nothing of what the library does: a lost connection, a slow consumer,
// an unknown message are not its concern.
type plainLoop struct {
	conn      *websocket.Conn
	release   func() bool // From the context.
	consumers []chan event
	err       error // Why the loop ended, once the channels are closed.
}

// event is its flat struct.
type event struct {
	kind    eventKind
	roomID  string
	peerID  string
	trackID string
	text    string
}

type eventKind int

const (
	otherEvent eventKind = iota
	peerConnectedEvent
	trackAddedEvent
	metricsEvent
	endEvent
)

func dialPlain(ctx context.Context, address string, consumers int, types ...pb.EventType) (*plainLoop, error) {
	conn, _, err := websocket.Dial(ctx, "ws://"+address+socketPath, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(16 << 20)
	if err := shakeHands(ctx, conn, types); err != nil {
		_ = conn.CloseNow()
		return nil, err
	}
	p := &plainLoop{
		conn:    conn,
		release: context.AfterFunc(ctx, func() { _ = conn.CloseNow() }),
	}
	for range consumers {
		p.consumers = append(p.consumers, make(chan event, 1024))
	}
	go p.read()
	return p, nil
}

// shakeHands sends everything at once and awaits an answer to each.
func shakeHands(ctx context.Context, conn *websocket.Conn, types []pb.EventType) error {
	requests := handshakeRequests(types...)
	for _, request := range requests {
		if err := conn.Write(ctx, websocket.MessageBinary, request); err != nil {
			return err
		}
	}
	for range requests {
		if _, _, err := conn.Read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// read is the loop. Its context can't be cancelled, which would cost it more.
func (p *plainLoop) read() {
	defer p.end()
	for {
		_, data, err := p.conn.Read(context.Background())
		if err != nil {
			p.err = err
			return
		}
		var message pb.ServerMessage
		if err := proto.Unmarshal(data, &message); err != nil {
			p.err = err
			return
		}
		e := flatten(&message)
		for _, consumer := range p.consumers {
			consumer <- e
		}
	}
}

func (p *plainLoop) end() {
	for _, consumer := range p.consumers {
		close(consumer)
	}
}

func flatten(message *pb.ServerMessage) event {
	switch content := message.Content.(type) {
	case *pb.ServerMessage_PeerConnected:
		m := content.PeerConnected
		return event{kind: peerConnectedEvent, roomID: m.RoomId, peerID: m.PeerId}
	case *pb.ServerMessage_TrackAdded:
		m := content.TrackAdded
		return event{
			kind: trackAddedEvent, roomID: m.RoomId, peerID: m.GetPeerId(),
			trackID: m.GetTrack().GetId(), text: m.GetTrack().GetMetadata(),
		}
	case *pb.ServerMessage_MetricsReport:
		return event{kind: metricsEvent, text: content.MetricsReport.Metrics}
	case *pb.ServerMessage_RoomDeleted:
		if content.RoomDeleted.RoomId == endRoom {
			return event{kind: endEvent}
		}
	}
	return event{}
}

// close ends the connection and returns when the loop has ended.
func (p *plainLoop) close() {
	p.release()
	_ = p.conn.CloseNow()
	for _, consumer := range p.consumers {
		for range consumer {
		}
	}
}
