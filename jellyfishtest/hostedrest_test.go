package jellyfishtest_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

var (
	hostedID    = regexp.MustCompile(`00000000-0000-4000-8000-0{11}([0-9a-f])(-6e6f646540686f7374)?`)
	tokenMember = regexp.MustCompile(`"token":"[^"]+"`)
)

// callHosted makes a REST call to a server with sequential ids. The first is a room's, id1
// here and in what is returned; each token is T.
func callHosted(t *testing.T, server *jellyfishtest.Server, method, path, body string) (int, string) {
	t.Helper()
	path = regexp.MustCompile(`\bid([1-9])\b`).ReplaceAllString(path, "00000000-0000-4000-8000-00000000000$1")
	path = strings.Replace(path, "000000000001", "000000000001-6e6f646540686f7374", 1)
	status, text := call(t, server, method, path, body)
	return status, tokenMember.ReplaceAllString(hostedID.ReplaceAllString(text, "id$1"), `"token":"T"`)
}

// The responses in the form of Fishjam's OpenAPI 0.31, byte for byte.
func TestHostedResponses(t *testing.T) {
	const config = `"config":{"roomType":"conference","maxPeers":0,"videoCodec":"h264","public":false,"batchWebhookNotifications":false,"webhookUrl":null}`
	peer := func(kind, mode, server string) string {
		return `"type":"` + kind + `","status":"disconnected","tracks":[],"metadata":{"peer":{},"server":` + server + `},` +
			`"subscribeMode":"` + mode + `","subscriptions":{"peers":[],"tracks":[]}}`
	}
	server, _ := runHosted(t, jellyfishtest.Config{SequentialIDs: true})
	for _, step := range []struct {
		method, path, body string
		status             int
		response           string
	}{
		{"GET", "/room", "", 200, `{"data":[]}`},
		{"POST", "/room", "", 201, `{"data":{"room":{"id":"id1",` + config + `,"peers":[],"compositionInfo":null}}}`},
		{"GET", "/room/id1", "", 200, `{"data":{"id":"id1",` + config + `,"peers":[],"compositionInfo":null}}`},
		{"POST", "/room/id1/peer", `{"type":"webrtc","options":{"metadata":{"n":"Ada"},"subscribeMode":"manual"}}`, 201,
			`{"data":{"peer":{"id":"id2",` + peer("webrtc", "manual", `{"n":"Ada"}`) +
				`,"peer_websocket_url":"wss://fishjam.io:443/api/v1/connect/0123abcd/socket/peer/websocket","token":"T"}}`},
		{"POST", "/room/id1/peer", `{"type":"agent"}`, 201, `{"data":{"peer":{"id":"id4",` + peer("agent", "auto", `{}`) +
			`,"peer_websocket_url":"wss://fishjam.io:443/api/v1/connect/0123abcd/socket/peer/websocket","token":"T"}}`},
		{"POST", "/room/id1/peer/id2/refresh_token", "", 201, `{"data":{"token":"T"}}`},
		{"POST", "/room/id1/peer/id2/subscribe_peer?peer_id=none", "", 404, `{"errors":"Peer none does not exist"}`},
		{"POST", "/room/id1/peer/id2/subscribe_tracks", `{"track_ids":["t1"]}`, 200, ""},
		{"POST", "/room/id1/track_forwardings", `{"compositionURL":"https://c/1"}`, 201, ""},
		{"POST", "/room/id1/track_forwardings", `{"compositionURL":"https://c/1"}`, 201, ""},
		{"POST", "/room/id1/track_forwardings", `{"compositionURL":"https://c/2"}`, 409, `{"errors":"Room id1 forwards its tracks to another composition"}`},
		{"DELETE", "/room/id1/peer/id4", "", 204, ""},
		{"DELETE", "/room/id1/peer/id4", "", 404, `{"errors":"Peer id4 does not exist"}`},
		{"GET", "/room/id1", "", 200, `{"data":{"id":"id1",` + config + `,"peers":[{"id":"id2",` +
			strings.Replace(peer("webrtc", "manual", `{"n":"Ada"}`), `"tracks":[]}}`, `"tracks":["t1"]}}`, 1) +
			`],"compositionInfo":{"compositionUrl":"https://c/1","forwardings":[]}}}`},
		{"POST", "/room/id1/viewer", "", 404, `{"errors":"Room id1 does not exist"}`},
		{"DELETE", "/room/id1", "", 204, ""},

		{"POST", "/livestream", `{"public":true,"audioOnly":null}`, 201, `{"data":{"id":"id7","public":true,"audioOnly":false,"streamers":[],"viewers":[]}}`},
		{"GET", "/livestream/none", "", 404, `{"errors":"Stream none does not exist"}`},
		{"DELETE", "/livestream/none", "", 204, ""},

		{"POST", "/recordings", `{"source":{"compositionURL":"https://c/1","outputId":"o"},"metadata":{"a":1}}`, 201,
			`{"data":{"id":"id8","source":{"compositionURL":"https://c/1","outputId":"o"},"status":"active","metadata":{"a":1},"files":[]}}`},
		{"DELETE", "/recordings/id8", "", 400, `{"errors":"Recording is active"}`},
		{"POST", "/recordings/id8/stop", "", 200,
			`{"data":{"id":"id8","source":{"compositionURL":"https://c/1","outputId":"o"},"status":"active","metadata":{"a":1},"files":[]}}`},
		{"GET", "/recordings?status=finished&metadata%5Ba%5D=1", "", 200, `{"data":[]}`},
		{"GET", "/recordings?status=finished", "", 200,
			`{"data":[{"id":"id8","source":{"compositionURL":"https://c/1","outputId":"o"},"status":"finished","metadata":{"a":1},"files":[]}]}`},
		{"DELETE", "/recordings/id8", "", 204, ""},
		{"DELETE", "/recordings/id8", "", 204, ""},
		{"GET", "/recordings/id8", "", 404, `{"errors":"Recording not found"}`},
	} {
		status, response := callHosted(t, server, step.method, step.path, step.body)
		if status != step.status || response != step.response {
			t.Errorf("%s %s %s: %d\n%s\nwant %d\n%s", step.method, step.path, step.body, status, response, step.status, step.response)
		}
	}
	// Tokens of livestreams and of MoQ are in no envelope.
	for _, kind := range []string{"streamer", "viewer"} {
		status, response := callHosted(t, server, "POST", "/room/id7-6e6f646540686f7374/"+kind, "")
		if status != 201 || response != `{"token":"T"}` {
			t.Errorf("a %s's token: %d %s", kind, status, response)
		}
	}
	status, response := callHosted(t, server, "POST", "/moq/access", `{"publishPath":"a"}`)
	if !regexp.MustCompile(`^{"connection_url":"https://relay\.fishjam\.io/0123abcd\?jwt=[^."]+\.[^."]+\.[^."]+","token":"T"}$`).MatchString(response) || status != 200 {
		t.Errorf("POST /moq/access: %d %s", status, response)
	}
}

// What Fishjam's closed schemas don't have is refused, until the server is told to
// ignore it. Names are taken as they are written.
func TestHostedRefusals(t *testing.T) {
	const source = `"source":{"compositionURL":"https://c/1","outputId":"o"}`
	unknown := [][2]string{
		{"/room", `{"roomId":"mine"}`},
		{"/room", `{"RoomType":"conference"}`},
		{"/room/id1/peer", `{"type":"webrtc","options":{"enableSimulcast":true}}`},
		{"/room/id1/peer", `{"type":"agent","options":{"output":{"channels":1}}}`},
		{"/room/id1/peer/id2/subscribe_tracks", `{"tracks":[]}`},
		{"/room/id1/track_forwardings", `{"compositionURL":"https://c/1","compositionUrl":"https://c/1"}`},
		{"/livestream", `{"roomType":"livestream"}`},
		{"/recordings", `{` + source + `,"name":"x"}`},
		{"/recordings", `{"source":{"compositionURL":"https://c/1","outputId":"o","codec":"x"}}`},
		{"/moq/access", `{"publishPath":"a","path":"a"}`},
	}
	server, _ := runHosted(t, jellyfishtest.Config{SequentialIDs: true})
	callHosted(t, server, "POST", "/room", "")
	callHosted(t, server, "POST", "/room/id1/peer", `{"type":"webrtc"}`)
	for _, request := range slices.Concat(unknown, [][2]string{
		{"/room", `[]`},
		{"/room", `{"roomType":"other"}`},
		{"/room", `{"videoCodec":"av1"}`},
		{"/room", `{"maxPeers":-1}`},
		{"/room", `{"maxPeers":"1"}`},
		{"/room", `{"webhookUrl":"https://a.test"}`},
		{"/livestream", `{"webhookUrl":"ftp://a.test/"}`},
		{"/room/id1/peer", `{}`},
		{"/room/id1/peer", `{"type":"hls","options":{}}`},
		{"/room/id1/peer", `{"type":"webrtc","options":1}`},
		{"/room/id1/peer", `{"type":"webrtc","options":{"output":{}}}`},
		{"/room/id1/peer", `{"type":"webrtc","options":{"metadata":[]}}`},
		{"/room/id1/peer", `{"type":"webrtc","options":{"subscribeMode":"all"}}`},
		{"/room/id1/peer", `{"type":"agent","options":{"metadata":{}}}`},
		{"/room/id1/peer", `{"type":"agent","options":{"output":{"audioSampleRate":48000}}}`},
		{"/room/id1/peer", `{"type":"vapi","options":{"apiKey":"k"}}`},
		{"/room/id1/peer", `{"type":"vapi","options":{"apiKey":"k","callId":"a_b"}}`},
		{"/room/id1/peer/id2/subscribe_peer", ``},
		{"/room/id1/track_forwardings", ``},
		{"/room/id1/track_forwardings", `{"selector":"s"}`},
		{"/recordings", ``},
		{"/recordings", `{"source":1}`},
		{"/recordings", `{"source":{"compositionURL":"c","outputId":"o"}}`},
		{"/recordings", `{"source":{"compositionURL":"https://c/1"}}`},
		{"/recordings", `{"source":{"compositionURL":"https://c/1","outputId":"o","scaleRatio":0}}`},
		{"/recordings", `{"source":{"compositionURL":"https://c/1","resolution":{"width":640,"height":360}}}`},
		{"/recordings", `{` + source + `,"metadata":"text"}`},
		{"/moq/access", ``},
	}) {
		if status, response := callHosted(t, server, "POST", request[0], request[1]); status != 400 || !strings.HasPrefix(response, `{"errors":"`) {
			t.Errorf("POST %s %s: %d %s, want a refusal", request[0], request[1], status, response)
		}
	}
	server.IgnoreUnknownFields(true)
	for _, request := range unknown {
		if status, response := callHosted(t, server, "POST", request[0], request[1]); status != 200 && status != 201 {
			t.Errorf("POST %s %s: %d %s, want success", request[0], request[1], status, response)
		}
	}
}

// A template comes with its configuration in one form, and only so.
func TestHostedTemplates(t *testing.T) {
	const config = `{"source":{"compositionURL":"https://c/1","resolution":{"width":640,"height":360}}}`
	part := func(name, text string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + text + "\r\n"
	}
	server, _ := runHosted(t, jellyfishtest.Config{})
	for _, test := range []struct {
		body   string
		status int
	}{
		{part("config", config) + part("template", "x") + "--b--\r\n", 201},
		{part("template", "x") + part("config", config) + "--b--\r\n", 201},
		{part("config", config) + part("template", strings.Repeat("x", 1<<20)) + "--b--\r\n", 201},
		{part("config", config) + part("template", strings.Repeat("x", 1<<20+1)) + "--b--\r\n", 400},
		{part("config", config) + part("template", "") + "--b--\r\n", 400},
		{part("config", config) + "--b--\r\n", 400},
		{part("template", "x") + "--b--\r\n", 400},
		{part("config", strings.Replace(config, "640", "641", 1)) + part("template", "x") + "--b--\r\n", 400},
		{part("config", strings.Replace(config, `"resolution"`, `"outputId":"o","resolution"`, 1)) + part("template", "x") + "--b--\r\n", 400},
		{part("config", config)[:20], 400},
		{part("config", config), 400},
	} {
		form := newRequest(t, server, "POST", "/recordings", test.body)
		form.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
		form.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		if response, _ := exchange(t, server, form); response.StatusCode != test.status {
			t.Errorf("a form of %d bytes, %.150q: %s, want %d", len(test.body), test.body, response.Status, test.status)
		}
	}
}

// The header of a deprecated client is in every response until that ends.
func TestHostedDeprecation(t *testing.T) {
	server, _ := runHosted(t, jellyfishtest.Config{})
	for _, test := range []struct{ status, message, header string }{
		{"deprecated", "use 2.0", `{"message":"use 2.0","status":"deprecated"}`},
		{"", "", ""},
	} {
		server.SetDeprecation(test.status, test.message)
		for path, status := range map[string]int{"/room": 401, "/validate": 404} { // There is no token.
			response, _ := exchange(t, server, newRequest(t, server, "GET", path, ""))
			if got := response.Header.Get("X-Fishjam-Api-Deprecated"); got != test.header || response.StatusCode != status {
				t.Errorf("GET %s: %s with the header %s, want %d with %s", path, response.Status, got, status, test.header)
			}
		}
	}
}

// Messages of the handshake may come without waiting for the answers. There are no
// metrics to subscribe to.
func TestHostedHandshake(t *testing.T) {
	server, _ := runHosted(t, jellyfishtest.Config{})
	c := dialWebSocket(t, server)
	for _, message := range []string{authRequest, subscribeNotifications, subscribeMetrics} {
		ask(t, c, message)
	}
	expectMessage(t, c, authenticated)
	expectMessage(t, c, notificationsConfirmed)
	if got, err := c.read(t.Context()); websocket.CloseStatus(err) != websocket.StatusInternalError {
		t.Errorf("metrics: received %x, %v, want the connection closed", got, err)
	}
	c = dialWebSocket(t, server)
	ask(t, c, wrongAuthRequest)
	_, err := c.read(t.Context())
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Reason != "invalid token" {
		t.Errorf("a wrong token: %v", err)
	}
}
