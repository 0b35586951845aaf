package jellyfishtest_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// flowEvent is a REST call to a running server 0.5.0 or a notification that came
// of it or of what the step names.
type flowEvent struct {
	Flow   string
	HTTP   string
	Status int
	Step   string
	Type   string
	Hex    string
}

// flow replays a recorded flow: the test does again what was done, and every
// notification must be the recorded one, in the recorded order.
type flow struct {
	*testing.T
	server   *jellyfishtest.Server
	watcher  *rawClient
	recorded []flowEvent
	ids      map[string]string // This server's ids by the recorded ones.

	room, peer, component, token string // Of what was created last.
	socket                       *peerClient

	receiver inbox
	webhooks map[string]recordedWebhook // By body, nil if the flow has none.
	posted   int
}

// replayFlow runs the steps of a recorded flow in a synctest bubble. In the end
// the recording must be used up.
func replayFlow(t *testing.T, name string, steps func(f *flow)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		receiver := newInbox()
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true, Receivers: map[string]http.Handler{"127.0.0.1:35179": receiver},
		})
		f := &flow{
			T: t, server: server, watcher: subscribe(t, server),
			recorded: flowEvents(t, name), ids: make(map[string]string),
			receiver: receiver,
		}
		steps(f)
		if len(f.recorded) > 0 {
			t.Errorf("%d recorded events were not replayed: %+v", len(f.recorded), f.recorded)
		}
		f.watcher.expectNothing(10 * time.Second)
	})
}

func flowEvents(t *testing.T, name string) []flowEvent {
	t.Helper()
	data, err := os.ReadFile("testdata/flows.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var events []flowEvent
	for line := range bytes.Lines(data) {
		var e flowEvent
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Flow == name {
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		t.Fatalf("there is no flow %s", name)
	}
	return events
}

func (f *flow) next() flowEvent {
	f.Helper()
	if len(f.recorded) == 0 {
		f.Fatal("the recording is at its end")
	}
	e := f.recorded[0]
	f.recorded = f.recorded[1:]
	return e
}

// call makes the recorded REST call, with the body that it had.
func (f *flow) call(body string) map[string]any {
	f.Helper()
	e := f.next()
	var method, path string
	if _, err := fmt.Sscan(e.HTTP, &method, &path); err != nil {
		f.Fatalf("recorded is %+v, not a call", e)
	}
	path = identifiersIn.ReplaceAllStringFunc(path, func(id string) string { return f.ids[id] })
	return must(f.T, f.server, e.Status, method, path, body)
}

// identifiersIn finds ids in a path or a message: those of rooms, peers and
// components, and those of the tracks that components start with.
var identifiersIn = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|[0-9A-F]{16}`)

// expect takes n notifications and compares them with the recorded ones byte for
// byte, this server's ids in place of the recorded ones.
func (f *flow) expect(n int) {
	f.Helper()
	for range n {
		f.expectEvent(f.next())
	}
}

func (f *flow) expectEvent(e flowEvent) {
	f.Helper()
	want, err := hex.DecodeString(e.Hex)
	if err != nil || e.Hex == "" {
		f.Fatalf("recorded is %+v, not a notification", e)
	}
	first, got, err := f.watcher.receive()
	if err != nil || first != binaryData {
		f.Fatalf("got frame %x and error %v, want %s", first, err, e.Type)
	}
	theirs, ours := identifiersIn.FindAll(want, -1), identifiersIn.FindAll(got, -1)
	for i := range min(len(theirs), len(ours)) {
		if id := string(theirs[i]); f.ids[id] == "" {
			f.ids[id] = string(ours[i])
		}
	}
	want = identifiersIn.ReplaceAllFunc(want, func(id []byte) []byte { return []byte(f.ids[string(id)]) })
	if !bytes.Equal(got, want) {
		f.Fatalf("%s (%s):\ngot  %q\nwant %q", e.Type, e.Step, got, want)
	}
	if f.webhooks != nil {
		f.webhooks[e.Hex].expect(f.T, f.receiver, string(want))
		f.posted++
	}
}

// createRoom makes the recorded call and takes its notification.
func (f *flow) createRoom(config string) {
	f.Helper()
	f.room = f.call(config)["room"].(map[string]any)["id"].(string)
	f.expect(1)
}

func (f *flow) addPeer() {
	f.Helper()
	data := f.call(`{"type":"webrtc"}`)
	f.peer, f.token = data["peer"].(map[string]any)["id"].(string), data["token"].(string)
	f.expect(1)
}

// connect connects the peer that was added last.
func (f *flow) connect() {
	f.Helper()
	f.socket = connectPeer(f.T, f.server, f.token)
	f.expect(1)
}

// join sends the first media event and takes its notification and its answer.
func (f *flow) join(data string) {
	f.Helper()
	f.socket.tell(`{"type":"connect","data":` + data + `}`)
	f.expect(1)
	f.socket.receive()
}

// addComponent makes the recorded call, whose answer has an id that the
// recording names only in notifications.
func (f *flow) addComponent(body string) {
	f.Helper()
	f.component = f.call(body)["id"].(string)
}

func (f *flow) addTrack(owner, id string, kind decode.TrackType, metadata decode.Metadata) {
	f.Helper()
	track := decode.Track{ID: id, Type: kind, Metadata: metadata}
	f.ok(f.server.AddTrack(f.room, owner, track))
	f.expect(1)
}

func (f *flow) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}
