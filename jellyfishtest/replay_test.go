package jellyfishtest_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// recorded is an event of a connection to a running server 0.5.0: the client
// sends or receives a frame, or the server's stream ends.
type recorded struct {
	Conn    string
	T       float64 // seconds since the connection was begun
	Event   string
	Opcode  byte
	Payload string
}

// TestReplay repeats recorded connections: same frames in, same frames out, at
// the same times give or take a second, which is the latitude that a metrics
// report has.
func TestReplay(t *testing.T) {
	for name, events := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
				replay(t, server, events)
			})
		})
	}
}

// recordings reads testdata, by connection.
func recordings(t *testing.T) map[string][]recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/websocket.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	connections := make(map[string][]recorded)
	for line := range bytes.Lines(data) {
		var e recorded
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		connections[e.Conn] = append(connections[e.Conn], e)
	}
	if len(connections) != 29 {
		t.Fatalf("got %d connections, want 29", len(connections))
	}
	return connections
}

func replay(t *testing.T, server *jellyfishtest.Server, events []recorded) {
	start := time.Now()
	c := connect(t, server)
	for i, e := range events {
		at := time.Duration(e.T * float64(time.Second))
		switch e.Event {
		case "send":
			time.Sleep(time.Until(start.Add(at)))
			first := 0x80 | e.Opcode
			if i+1 < len(events) && events[i+1].Event == "send" && events[i+1].Opcode == 0 {
				first = e.Opcode // a fragment follows
			}
			c.send(first, e.Payload)
		case "receive":
			cause(t, server, e)
			c.expect(0x80|e.Opcode, e.Payload)
		case "end":
			c.expectEnd()
		default:
			t.Fatalf("unknown event %q", e.Event)
		}
		if off := time.Since(start) - at; off.Abs() > time.Second {
			t.Errorf("event %d happened after %v, recorded after %v", i, time.Since(start), at)
		}
	}
}

// cause makes the server send what a room would have made it send.
func cause(t *testing.T, server *jellyfishtest.Server, e recorded) {
	t.Helper()
	message, err := hex.DecodeString(e.Payload)
	if err != nil {
		t.Fatal(err)
	}
	notifications, err := decode.Append(nil, message)
	if e.Opcode != 2 || err != nil || len(notifications) == 0 || notifications[0].Kind() == decode.KindMetricsReport {
		return // the server sends it by itself
	}
	number, _, n := protowire.ConsumeTag(message)
	payload, _ := protowire.ConsumeBytes(message[n:])
	send(t, server, decode.Unknown{Number: int32(number), Payload: string(payload)})
}
