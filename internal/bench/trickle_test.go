package main

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// In a bubble the clock is exact, and so is the rate.
func TestTrickleStampsEachMessageWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		start := time.Now()
		go trickle{messages: 5, perSecond: 50}.sendTo(&client{conn: far})
		frame := make([]byte, len(stampedFrame()))
		for i := range 5 {
			if _, err := io.ReadFull(near, frame); err != nil {
				t.Fatal(err)
			}
			due := start.Add(time.Duration(i) * 20 * time.Millisecond)
			if stamp := stampOf(t, frame); !stamp.Equal(due) || !time.Now().Equal(due) {
				t.Errorf("message %d: stamp %v at %v, want both %v", i, stamp, time.Now(), due)
			}
		}
	})
}

// stampOf decodes a frame that came from trickle.
func stampOf(t *testing.T, frame []byte) time.Time {
	t.Helper()
	var message pb.ServerMessage
	if err := proto.Unmarshal(frame[2:], &message); err != nil { // After the frame's header.
		t.Fatal(err)
	}
	stamp, err := parseStamp(message.GetPeerConnected().GetPeerId())
	if err != nil {
		t.Fatal(err)
	}
	return stamp
}
