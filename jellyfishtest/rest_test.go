package jellyfishtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// exchange sends a request as it is given and returns the answer with its body.
func exchange(t *testing.T, server *jellyfishtest.Server, request *http.Request) (*http.Response, string) {
	t.Helper()
	response, err := server.HTTPClient().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func newRequest(t *testing.T, server *jellyfishtest.Server, method, path, body string) *http.Request {
	t.Helper()
	scheme := "http://"
	if server.Certificate() != nil {
		scheme = "https://"
	}
	request, err := http.NewRequestWithContext(t.Context(), method, scheme+server.Address()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// call makes a REST call with the token and returns status and body.
func call(t *testing.T, server *jellyfishtest.Server, method, path, body string) (int, string) {
	t.Helper()
	request := newRequest(t, server, method, path, body)
	request.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, text := exchange(t, server, request)
	return response.StatusCode, text
}

// must makes a REST call that must be answered with a status, and returns the
// answer's data.
func must(t *testing.T, server *jellyfishtest.Server, status int, method, path, body string) map[string]any {
	t.Helper()
	got, text := call(t, server, method, path, body)
	if got != status {
		t.Fatalf("%s %s %s: got status %d and %s, want %d", method, path, body, got, text, status)
	}
	var answer struct{ Data map[string]any }
	if strings.HasPrefix(text, `{"data":{`) {
		if err := json.Unmarshal([]byte(text), &answer); err != nil {
			t.Fatal(err)
		}
	}
	return answer.Data
}

// createRoom creates a room and returns its id.
func createRoom(t *testing.T, server *jellyfishtest.Server, config string) string {
	t.Helper()
	room := must(t, server, 201, "POST", "/room", config)["room"].(map[string]any)
	return room["id"].(string)
}

// addPeer adds a peer and returns its id and its token.
func addPeer(t *testing.T, server *jellyfishtest.Server, roomID string) (id, token string) {
	t.Helper()
	data := must(t, server, 201, "POST", "/room/"+roomID+"/peer", `{"type":"webrtc"}`)
	return data["peer"].(map[string]any)["id"].(string), data["token"].(string)
}

// addComponent adds a component and returns its id.
func addComponent(t *testing.T, server *jellyfishtest.Server, roomID, body string) string {
	t.Helper()
	return must(t, server, 201, "POST", "/room/"+roomID+"/component", body)["id"].(string)
}

// Jellyfish protocol, sections 4.1 and 9.
func TestRESTFramework(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	bearer := "Bearer " + jellyfishtest.Token
	tests := []struct {
		name, method, path string
		header             http.Header
		body               string
		status             int
		want               string
	}{
		{"unknown route before the token", "GET", "/nope", nil, "", 404, `{"errors":{"detail":"Not Found"}}`},
		{"malformed JSON before the route", "POST", "/nope", http.Header{"Content-Type": {"application/json"}}, "{", 400, `{"errors":{"detail":"Bad Request"}}`},
		{"not acceptable before the token", "GET", "/room", http.Header{"Accept": {"text/html"}}, "", 406, `{"errors":{"detail":"Not Acceptable"}}`},
		{"two tokens", "GET", "/room", http.Header{"Authorization": {bearer, bearer}}, "", 401, `{"errors":"Missing token"}`},
		{"JSON among others", "GET", "/room", http.Header{"Authorization": {bearer}, "Accept": {"text/html, application/json;q=0.9"}}, "", 200, `{"data":[]}`},
		{"anything", "GET", "/room", http.Header{"Authorization": {bearer}, "Accept": {"text/html, */*"}}, "", 200, `{"data":[]}`},
		{"JSON goes on", "POST", "/room", http.Header{"Authorization": {bearer}, "Content-Type": {"application/json"}}, "{} {}", 400, `{"errors":{"detail":"Bad Request"}}`},
		{"too large", "POST", "/room", http.Header{"Authorization": {bearer}}, strings.Repeat(" ", 8_000_001), 413, `{"errors":{"detail":"Request Entity Too Large"}}`},
		{"query is text", "POST", "/room?maxPeers=10", http.Header{"Authorization": {bearer}}, "", 400, `{"errors":"Expected maxPeers to be a number, got: 10"}`},
		{"body before query", "POST", "/room?maxPeers=10", http.Header{"Authorization": {bearer}, "Content-Type": {"application/json; charset=utf-8"}}, `{"maxPeers":"x"}`, 400, `{"errors":"Expected maxPeers to be a number, got: x"}`},
		{"open content", "GET", "/hls/x/index.m3u8", http.Header{"Accept": {"text/html"}}, "", 404, `{"errors":"File not found"}`},
		{"escaped id", "GET", "/room/a%20b%2Fc", http.Header{"Authorization": {bearer}}, "", 404, `{"errors":"Room a b/c does not exist"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request := newRequest(t, server, test.method, test.path, test.body)
			request.Header = test.header
			response, body := exchange(t, server, request)
			if response.StatusCode != test.status || body != test.want {
				t.Errorf("got %d and %s, want %d and %s", response.StatusCode, body, test.status, test.want)
			}
		})
	}
}

func TestCallsAreRecorded(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	call(t, server, "POST", "/room?x=1", `{"roomId":"a b"}`)
	call(t, server, "GET", "/room/a%2Fb", "")
	calls := server.Calls()
	if len(calls) != 2 {
		t.Fatalf("got %d calls, want 2", len(calls))
	}
	first, second := calls[0], calls[1]
	if first.Method != "POST" || first.Path != "/room?x=1" || string(first.Body) != `{"roomId":"a b"}` ||
		first.Header.Get("Authorization") != "Bearer "+jellyfishtest.Token {
		t.Errorf("got %+v", first)
	}
	if second.Method != "GET" || second.Path != "/room/a%2Fb" || len(second.Body) != 0 {
		t.Errorf("got %+v", second)
	}
}

func TestSequentialIDs(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, SequentialIDs: true})
	if id := createRoom(t, server, ""); id != "00000000-0000-4000-8000-000000000001" {
		t.Errorf("the first room is %s", id)
	}
	if id, _ := addPeer(t, server, "00000000-0000-4000-8000-000000000001"); id != "00000000-0000-4000-8000-000000000002" {
		t.Errorf("the first peer is %s", id)
	}
	random := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	if a, b := createRoom(t, random, ""), createRoom(t, random, ""); a == b || len(a) != 36 || a[14] != '4' {
		t.Errorf("got ids %s and %s, want two UUIDs", a, b)
	}
}

// Jellyfish protocol, section 1.7: rooms are held in memory only.
func TestStopForgetsRooms(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	id := createRoom(t, server, `{"peerlessPurgeTimeout":1}`)
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	must(t, server, 404, "GET", "/room/"+id, "")
}

func TestRESTOverTLS(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{TLS: true})
	data := must(t, server, 201, "POST", "/room", "")
	if address := data["jellyfish_address"]; address != server.Address() {
		t.Errorf("the room is at %v, want %s", address, server.Address())
	}
}
