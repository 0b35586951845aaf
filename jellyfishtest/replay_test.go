package jellyfishtest_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// recorded is an event of a connection to a running server 0.5.0: the client
// sends or receives a frame, or the server's stream ends.
type recorded struct {
	Conn    string
	T       float64 // Seconds since the connection was begun.
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
				first = e.Opcode // A fragment follows.
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
		return // The server sends it by itself.
	}
	number, _, n := protowire.ConsumeTag(message)
	payload, _ := protowire.ConsumeBytes(message[n:])
	send(t, server, decode.Unknown{Number: int32(number), Payload: string(payload)})
}

// recordedWebhook is a request that a running server sent: 0.3.0 in the flow
// webhook_json_v0.3.0, 0.5.0 in the others.
type recordedWebhook struct {
	Flow string
	Head string
	Body string // In hex.
}

func recordedWebhooks(t *testing.T, flow string) []recordedWebhook {
	t.Helper()
	data, err := os.ReadFile("testdata/webhook.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var webhooks []recordedWebhook
	for line := range bytes.Lines(data) {
		var w recordedWebhook
		if err := json.Unmarshal(line, &w); err != nil {
			t.Fatal(err)
		}
		if w.Flow == flow {
			webhooks = append(webhooks, w)
		}
	}
	if len(webhooks) == 0 {
		t.Fatalf("there is no flow %s", flow)
	}
	return webhooks
}

// expect takes the next request, which must be the recorded one with another
// body: same request line, same host, same headers and no others.
func (w recordedWebhook) expect(t *testing.T, in inbox, body string) {
	t.Helper()
	w.compare(t, in.take(t), body)
}

func (w recordedWebhook) compare(t *testing.T, got received, body string) {
	t.Helper()
	want, err := http.ReadRequest(bufio.NewReader(strings.NewReader(w.Head + "\r\n\r\n")))
	if err != nil {
		t.Fatalf("recorded is %q: %v", w.Head, err)
	}
	type head struct {
		Method, URI, Proto, Host string
		Header                   http.Header
		Body                     string
	}
	diff := cmp.Diff(
		head{want.Method, want.RequestURI, want.Proto, want.Host, want.Header, body},
		head{got.Method, got.RequestURI, got.Proto, got.Host, got.Header, got.body},
	)
	if diff != "" {
		t.Fatalf("webhook (-recorded +got):\n%s", diff)
	}
}

// withIDs returns the recorded body with this server's ids, which are added to
// ids as they are seen.
func (w recordedWebhook) withIDs(t *testing.T, got string, ids map[string]string) string {
	t.Helper()
	want, err := hex.DecodeString(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := identifiersIn.FindAllString(string(want), -1), identifiersIn.FindAllString(got, -1)
	for i := range min(len(theirs), len(ours)) {
		if ids[theirs[i]] == "" {
			ids[theirs[i]] = ours[i]
		}
	}
	return identifiersIn.ReplaceAllStringFunc(string(want), func(id string) string { return ids[id] })
}

// replayWebhooks lets the server do what happened when a flow was recorded, and
// compares the requests.
func replayWebhooks(t *testing.T, flow string, config jellyfishtest.Webhooks, happen func(*testing.T, *jellyfishtest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in := newInbox()
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true, Webhooks: config,
			Receivers: map[string]http.Handler{"127.0.0.1:40135": in, "127.0.0.1:41649": in},
		})
		happen(t, server)
		ids := make(map[string]string)
		for _, w := range recordedWebhooks(t, flow) {
			got := in.take(t)
			w.compare(t, got, w.withIDs(t, got.body, ids))
		}
		in.expectNothing(t)
	})
}

// Jellyfish protocol, sections 3.2 and 9.
func TestJSONWebhooksReplay(t *testing.T) {
	config := jellyfishtest.Webhooks{JSON: true}
	replayWebhooks(t, "webhook_json_v0.3.0", config, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, `{"webhookUrl":"http://127.0.0.1:40135/json"}`)
		_, token := addPeer(t, server, room)
		connectPeer(t, server, token).leave()
		synctest.Wait()
		long := strings.Repeat("r", 120)
		createRoom(t, server, `{"webhookUrl":"http://127.0.0.1:40135/json","roomId":"`+long+`"}`)
		must(t, server, 204, "DELETE", "/room/"+long, "")
	})
}

// Jellyfish protocol, section 9: user info becomes Basic authentication.
func TestWebhookUserReplay(t *testing.T) {
	replayWebhooks(t, "webhook_userinfo", jellyfishtest.Webhooks{}, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, `{"webhookUrl":"http://user:pw@127.0.0.1:41649/r?x=%20y"}`)
		must(t, server, 204, "DELETE", "/room/"+room, "")
	})
}
