package main

import (
	"time"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// trickle is a round at a given rate, as the sender sees it. As with a server,
// each message is written by itself.
type trickle struct{ messages, perSecond int }

// sendTo sends what is due, and sleeps until more is, which usually takes a
// millisecond: some are sent late and in a row. Each bears the time at which it
// was sent.
func (t trickle) sendTo(c *client) {
	frame := stampedFrame()
	stamp := frame[len(frame)-stampLength:]
	start := time.Now()
	for sent := range t.messages {
		due := start.Add(time.Duration(sent) * time.Second / time.Duration(t.perSecond))
		time.Sleep(time.Until(due))
		appendStamp(stamp[:0], time.Now())
		if c.write(frame) != nil {
			return
		}
	}
}

// stampedFrame returns a PeerConnected that ends with a stamp, its peer's id.
func stampedFrame() []byte {
	return appendFrame(nil, opBinary, encode(&pb.ServerMessage{Content: &pb.ServerMessage_PeerConnected{
		PeerConnected: &pb.PeerConnected{RoomId: newIdentifiers().next(), PeerId: formatStamp(time.Now())},
	}}))
}
