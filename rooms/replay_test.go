package rooms_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// exchange is one line of the recording of a running server 0.5.0.
type exchange struct {
	Note          string `json:"note"`
	Method        string `json:"method"`
	Path          string `json:"path"`
	Authorization string `json:"authorization"`
	Body          string `json:"body"`
	Status        int    `json:"status"`
	ContentType   string `json:"response_content_type"`
	Answer        string `json:"response_body"`
}

func recorded(t *testing.T) []exchange {
	t.Helper()
	file, err := os.Open("testdata/rest.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var list []exchange
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e exchange
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	if err := lines.Err(); err != nil || len(list) < 150 {
		t.Fatalf("read %d exchanges: %v", len(list), err)
	}
	return list
}

// replayed is a server that expects one recorded request at a time, and responds as
// recorded.
type replayed struct {
	t    *testing.T
	mu   sync.Mutex
	next *exchange
}

func (r *replayed) expect(e *exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = e
}

// answered reports whether the expected request arrived.
func (r *replayed) answered() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next == nil
}

func (r *replayed) ServeHTTP(w http.ResponseWriter, got *http.Request) {
	r.mu.Lock()
	want := r.next
	r.next = nil
	r.mu.Unlock()
	if want == nil {
		r.t.Errorf("unexpected %s %s", got.Method, got.URL)
		return
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		r.t.Error(err)
	}
	if got.Method != want.Method || got.URL.EscapedPath() != want.Path || got.Header.Get("Authorization") != want.Authorization {
		r.t.Errorf("%s: got %s %s", want.Note, got.Method, got.URL)
	}
	if diff := cmp.Diff(sentJSON(r.t, want.Body), sentJSON(r.t, string(body))); diff != "" {
		r.t.Errorf("%s: other body than recorded (-recorded +sent):\n%s", want.Note, diff)
	}
	if want.ContentType != "" {
		w.Header().Set("Content-Type", want.ContentType)
	}
	w.WriteHeader(want.Status)
	_, _ = io.WriteString(w, want.Answer)
}

// sentJSON parses a request's body. What a recorded request has in addition to the
// client's is a default.
func sentJSON(t *testing.T, text string) any {
	if text == "" {
		return nil
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Errorf("body %q: %v", text, err)
	}
	if object, ok := value.(map[string]any); ok && object["type"] != nil {
		if object["options"] == nil {
			object["options"] = map[string]any{}
		}
		if object["type"] == "webrtc" {
			delete(object["options"].(map[string]any), "enableSimulcast")
		}
	}
	return value
}

// The client sends every recorded request that its types can express, and reads every
// response to them: a success gives the same JSON again, a failure the same status and
// text.
func TestReplay(t *testing.T) {
	t.Parallel()
	replay := &replayed{t: t}
	server := httptest.NewServer(replay)
	t.Cleanup(server.Close)
	var unsaid []string
	for _, e := range recorded(t) {
		token, ok := strings.CutPrefix(e.Authorization, "Bearer ")
		if !ok || e.Method == http.MethodHead || e.Method == http.MethodOptions {
			continue // The client always sends its token.
		}
		call := callFor(e)
		if call == nil {
			unsaid = append(unsaid, e.Note)
			continue
		}
		client := newClient(t, rooms.Config{ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret(token)})
		replay.expect(&e)
		result, err := call(t.Context(), client)
		if !replay.answered() {
			t.Errorf("%s: sent nothing: %v", e.Note, err)
			continue
		}
		if e.Status >= 400 {
			compareError(t, e, err)
		} else {
			compareResult(t, e, result, err)
		}
		client.CloseIdleConnections()
	}
	if diff := cmp.Diff(unsayable, unsaid); diff != "" {
		t.Errorf("other requests than expected can't be made (-want +got):\n%s", diff)
	}
}

// The client finds status and text of every recorded error response, even of those to
// requests that it can't make.
func TestReplayErrors(t *testing.T) {
	t.Parallel()
	for _, e := range recorded(t) {
		if e.Status < 400 {
			continue
		}
		client := serve(t, answering(e.Status, e.Answer))
		_, err := client.Get(t.Context(), "room-1")
		compareError(t, e, err)
		client.CloseIdleConnections()
	}
}

func compareError(t *testing.T, e exchange, err error) {
	t.Helper()
	var failure *rooms.Error
	if !errors.As(err, &failure) {
		t.Errorf("%s: error %v", e.Note, err)
		return
	}
	var answer struct {
		Errors any `json:"errors"`
	}
	if err := json.Unmarshal([]byte(e.Answer), &answer); err != nil {
		t.Fatal(err)
	}
	want, ok := answer.Errors.(string)
	if !ok {
		want = answer.Errors.(map[string]any)["detail"].(string)
	}
	want = strings.TrimRight(want, "\x01 ")
	if failure.Status != e.Status || failure.Message != want {
		t.Errorf("%s: error %d %q, want %d %q", e.Note, failure.Status, failure.Message, e.Status, want)
	}
	if sentinel := sentinelFor(e.Status, want); failure.Err != sentinel {
		t.Errorf("%s: %v is %v, want %v", e.Note, failure, failure.Err, sentinel)
	}
}

func sentinelFor(status int, text string) error {
	for _, known := range []struct {
		begin, end string
		err        error
	}{
		{"Room", "does not exist", rooms.ErrRoomNotFound},
		{"Peer", "does not exist", rooms.ErrPeerNotFound},
		{"Component", "does not exist", rooms.ErrComponentNotFound},
		{"Recording", "not found", rooms.ErrRecordingNotFound},
		{"File", "not found", rooms.ErrInvalid},
		{"Reached", "", rooms.ErrLimitReached},
		{"", "already exists", rooms.ErrAlreadyExists},
		{"", "token", rooms.ErrUnauthorized},
	} {
		if strings.HasPrefix(text, known.begin) && strings.HasSuffix(text, known.end) {
			return known.err
		}
	}
	if status == http.StatusBadRequest {
		return rooms.ErrInvalid
	}
	return nil
}

func compareResult(t *testing.T, e exchange, result any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", e.Note, err)
		return
	}
	if result == nil {
		return
	}
	var answer struct {
		Data any `json:"data"`
	}
	if err := json.Unmarshal([]byte(e.Answer), &answer); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(asWritten(result))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(withoutNulls(answer.Data), withoutNulls(got)); diff != "" {
		t.Errorf("%s: (-recorded +parsed)\n%s", e.Note, diff)
	}
}

// asWritten returns the result of a call in the form that the server wrote.
func asWritten(result any) any {
	switch r := result.(type) {
	case rooms.Room:
		return rooms.WireRoomOf(r)
	case []rooms.Room:
		list := []rooms.WireRoom{}
		for _, room := range r {
			list = append(list, rooms.WireRoomOf(room))
		}
		return list
	case rooms.Created:
		return map[string]any{"room": rooms.WireRoomOf(r.Room), "jellyfish_address": r.Address}
	case rooms.AddedPeer:
		return map[string]any{"peer": rooms.WirePeerOf(r.Peer), "token": r.Token.Reveal(), "peer_websocket_url": r.WebSocketURL}
	case rooms.Component:
		return rooms.WireComponentOf(r)
	case rooms.Health:
		d := r.Distribution
		health := map[string]any{"status": r.Status, "uptime": r.Uptime / time.Second, "distribution": map[string]any{
			"enabled": d.Enabled, "nodeStatus": d.NodeStatus, "nodesInCluster": d.NodesInCluster}}
		if r.Version != "" {
			health["version"], health["gitCommit"] = r.Version, r.GitCommit
		}
		return health
	}
	return result
}

// withoutNulls removes what an older server might leave out, at any depth.
func withoutNulls(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if inner == nil {
				delete(value, key)
			} else {
				value[key] = withoutNulls(inner)
			}
		}
	case []any:
		for i, inner := range value {
			value[i] = withoutNulls(inner)
		}
	}
	return value
}

type call func(context.Context, *rooms.Client) (any, error)

// callFor returns the call that makes the recorded request; nil if there is none
// because the client's types can't express it.
func callFor(e exchange) call {
	parts := strings.Split(strings.TrimPrefix(e.Path, "/"), "/")
	shape := e.Method + " " + parts[0]
	for i, part := range parts[1:] {
		if parts[0] == "room" && i%2 == 1 || part == "subscribe" || part == "call" {
			shape += " " + part
		} else {
			shape += " *"
		}
	}
	at := func(i int) string { return parts[i] }
	switch shape {
	case "GET health":
		return func(ctx context.Context, c *rooms.Client) (any, error) { return c.Health(ctx) }
	case "GET room":
		return func(ctx context.Context, c *rooms.Client) (any, error) { return c.List(ctx) }
	case "POST room":
		return createFor(e)
	case "GET room *":
		if at(1) == "" {
			return nil // An empty id.
		}
		return func(ctx context.Context, c *rooms.Client) (any, error) { return c.Get(ctx, at(1)) }
	case "DELETE room *":
		return func(ctx context.Context, c *rooms.Client) (any, error) { return nil, c.Delete(ctx, at(1)) }
	case "POST room * peer":
		return addPeerFor(e, at(1))
	case "DELETE room * peer *":
		return func(ctx context.Context, c *rooms.Client) (any, error) { return nil, c.DeletePeer(ctx, at(1), at(3)) }
	case "POST room * component":
		options := componentOptions[e.Note]
		if options == nil {
			return nil
		}
		return func(ctx context.Context, c *rooms.Client) (any, error) { return c.AddComponent(ctx, at(1), options) }
	case "DELETE room * component *":
		return func(ctx context.Context, c *rooms.Client) (any, error) {
			return nil, c.DeleteComponent(ctx, at(1), at(3))
		}
	case "POST room * component * subscribe":
		var body struct{ Origins []string }
		if json.Unmarshal([]byte(e.Body), &body) != nil || body.Origins == nil {
			return nil
		}
		return func(ctx context.Context, c *rooms.Client) (any, error) {
			return nil, c.Subscribe(ctx, at(1), at(3), body.Origins...)
		}
	case "POST sip * * call":
		var body struct{ PhoneNumber string }
		if json.Unmarshal([]byte(e.Body), &body) != nil || body.PhoneNumber == "" {
			return nil
		}
		return func(ctx context.Context, c *rooms.Client) (any, error) {
			return nil, c.Dial(ctx, at(1), at(2), body.PhoneNumber)
		}
	case "DELETE sip * * call":
		return func(ctx context.Context, c *rooms.Client) (any, error) { return nil, c.HangUp(ctx, at(1), at(2)) }
	case "GET recording":
		return func(ctx context.Context, c *rooms.Client) (any, error) { return c.Recordings(ctx) }
	case "DELETE recording *":
		if at(1) == ".." {
			return nil
		}
		id := strings.ReplaceAll(at(1), "%2F", "/")
		return func(ctx context.Context, c *rooms.Client) (any, error) { return nil, c.DeleteRecording(ctx, id) }
	}
	return nil
}

// createFor returns nil for what a RoomConfig can't express or doesn't send.
func createFor(e exchange) call {
	var sent rooms.WireConfig
	if json.Unmarshal([]byte(e.Body), &sent) != nil {
		return nil
	}
	config := sent.Config()
	again, err := json.Marshal(rooms.WireConfigOf(config))
	if err != nil || !sameJSON(again, []byte(e.Body)) ||
		config.MaxPeers != nil && *config.MaxPeers < 0 || config.PeerlessPurgeTimeout < 0 {
		return nil
	}
	return func(ctx context.Context, c *rooms.Client) (any, error) {
		return c.Create(ctx, config)
	}
}

func sameJSON(a, b []byte) bool {
	var left, right any
	return json.Unmarshal(a, &left) == nil && json.Unmarshal(b, &right) == nil && cmp.Equal(left, right)
}

func addPeerFor(e exchange, roomID string) call {
	switch e.Body {
	case `{"type": "webrtc"}`, `{"type": "webrtc", "options": {}}`, `{"type": "webrtc", "options": {"enableSimulcast": true}}`:
	default:
		return nil
	}
	return func(ctx context.Context, c *rooms.Client) (any, error) {
		added, err := c.AddPeer(ctx, roomID, rooms.PeerOptions{})
		// Only the scheme is chosen by the client.
		added.WebSocketURL = strings.TrimPrefix(added.WebSocketURL, "ws://")
		return added, err
	}
}

var (
	someS3  = rooms.S3Credentials{AccessKeyID: rooms.NewSecret("k"), SecretAccessKey: rooms.NewSecret("s"), Region: "eu", Bucket: "b"}
	someSIP = rooms.SIPCredentials{Address: "my-sip.net", Username: "u", Password: rooms.NewSecret("p")}
)

// componentOptions are those of the recorded requests, by note.
var componentOptions = map[string]rooms.ComponentOptions{
	"hls default":            rooms.HLSOptions{},
	"hls second":             rooms.HLSOptions{},
	"hls on codec-less room": rooms.HLSOptions{},
	"hls on vp8":             rooms.HLSOptions{},
	"hls all options": rooms.HLSOptions{
		LowLatency: true, Persistent: true, TargetWindowDuration: 10 * time.Second,
		SubscribeMode: rooms.SubscribeManual, S3: someS3,
	},
	"hls bad subscribeMode": rooms.HLSOptions{SubscribeMode: "x"},
	"rtsp":                  rooms.RTSPOptions{SourceURI: rooms.NewSecret("rtsp://127.0.0.1:554/s")},
	"rtsp all": &rooms.RTSPOptions{
		SourceURI: rooms.NewSecret("rtsp://127.0.0.1:554/s"), RTPPort: 20001, ReconnectDelay: rooms.Ptr(time.Millisecond),
		KeepAliveInterval: rooms.Ptr(time.Duration(0)), DisablePierceNAT: true,
	},
	"rtsp vp8":             rooms.RTSPOptions{SourceURI: rooms.NewSecret("x")},
	"rtsp no codec":        rooms.RTSPOptions{SourceURI: rooms.NewSecret("x")},
	"file video":           rooms.FileOptions{FilePath: "video.h264"},
	"file video framerate": rooms.FileOptions{FilePath: "video.h264", Framerate: 20},
	"file audio":           rooms.FileOptions{FilePath: "audio.ogg"},
	"file missing":         rooms.FileOptions{FilePath: "nope.h264"},
	"file traversal":       rooms.FileOptions{FilePath: "../../x"},
	"file ext":             rooms.FileOptions{FilePath: "a.txt"},
	"sip":                  rooms.SIPOptions{RegistrarCredentials: someSIP},
	"recording with creds": rooms.RecordingOptions{Credentials: someS3, PathPrefix: "pp"},
	"recording second":     rooms.RecordingOptions{Credentials: someS3},
	"recording no creds":   rooms.RecordingOptions{},
	"recording no options": rooms.RecordingOptions{},
	"recording vp8":        rooms.RecordingOptions{Credentials: someS3},
	"recording no codec":   rooms.RecordingOptions{Credentials: someS3},
	"recording manual":     rooms.RecordingOptions{Credentials: someS3, SubscribeMode: rooms.SubscribeManual},
	"missing room":         rooms.HLSOptions{},
}

// unsayable are the notes of the recorded requests that the client can't make.
var unsayable = []string{
	// It has no such endpoint, or spells the path differently.
	"unknown route", "wrong method", "trailing slash", "openapi.json in prod",
	// A body is always sent, as a JSON object with the right types and without unset
	// options.
	"create no body", "create empty object text", "create id number", "create empty id", "maxPeers string",
	// Negative numbers are refused.
	"maxPeers negative",
	"maxPeers float", "maxPeers list", "maxPeers object", "videoCodec null", "webhook number", "webhook empty",
	// Zero means that no timeout is set.
	"purge 0", "purge neg", "purge string", "peerDisconnected 0", "peerDisconnected float",
	"unknown key ignored", "malformed json", "json array body", "json string body",
	"wrong content-type text/plain", "no content-type", "form body",
	"peer options null", "peer options list", "peer options string", "peer bad type", "peer no type", "peer no body",
	"peer simulcast wrong type", "peer unknown option", "peer type number", "peer bad type AND missing room",
	"hls bad lowLatency",
	// Incomplete or contradictory options are refused.
	"hls bad s3", "hls options null", "rtsp no uri", "rtsp no options", "rtsp bad port", "file audio framerate",
	"file no path", "file bad framerate str", "file framerate 0", "file framerate -1", "file framerate 1.5",
	"file path number", "sip no creds", "sip no options", "sip partial creds", "sip creds wrong type",
	"recording partial creds", "bad type", "no type", "type null", "options list", "options string",
	"subscribe no origins", "subscribe origins string", "subscribe origins null", "dial no number", "dial number int",
	// So is an id that a URL can't carry.
	"recording delete ..", "recordings slash", "subscribe-like: hls options number",
}
