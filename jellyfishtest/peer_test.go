package jellyfishtest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Jellyfish protocol, section 9, and recorded connections.
func TestPeerSocketRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, "")
		_, old := addPeer(t, server, room)
		time.Sleep(24*time.Hour + time.Second)
		_, good := addPeer(t, server, room)

		tests := []struct {
			name   string
			act    func(p *peerClient)
			code   websocket.StatusCode
			reason string
		}{
			{"wrong token", func(p *peerClient) { p.authenticate("nope") }, 1000, "invalid token"},
			{"empty token", func(p *peerClient) { p.authenticate("") }, 1000, "invalid token"},
			{"changed token", func(p *peerClient) { p.authenticate(good + "x") }, 1000, "invalid token"},
			{"old token", func(p *peerClient) { p.authenticate(old) }, 1000, "expired token"},
			{"media event first", func(p *peerClient) { p.tell(`{"type":"connect"}`) }, 1000, "unauthenticated"},
			{"garbage", func(p *peerClient) { p.write(websocket.MessageBinary, []byte{0xff, 0xff}) }, 1011, ""},
			{"text first", func(p *peerClient) { p.write(websocket.MessageText, []byte("hi")) }, 1011, ""},
		}
		for _, test := range tests {
			p := dialPeer(t, server)
			test.act(p)
			t.Log(test.name)
			p.expectClose(test.code, test.reason)
		}
	})
}

// Jellyfish protocol, section 9: what a token is good for is looked up when a
// peer connects.
func TestPeerSocketLooksUp(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, "")
		id, token := addPeer(t, server, room)
		first := connectPeer(t, server, token)
		expect := func(reason string) {
			t.Helper()
			p := dialPeer(t, server)
			p.authenticate(token)
			p.expectClose(1000, reason)
		}
		expect("peer already connected")
		must(t, server, 204, "DELETE", "/room/"+room+"/peer/"+id, "")
		first.expectClose(1000, "Peer removed")
		expect("peer not found")
		must(t, server, 204, "DELETE", "/room/"+room, "")
		expect("room not found")
	})
}

// Recorded: text and a second authentication are ignored once a peer is
// authenticated, and so is a media event that nobody understands. Garbage is not.
func TestPeerSocketIgnores(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		watcher := subscribe(t, server)
		room := createRoom(t, server, "")
		_, token := addPeer(t, server, room)
		p := connectPeer(t, server, token)
		p.write(websocket.MessageText, []byte("text"))
		p.authenticate("again")
		for _, event := range []string{
			"", "{", `{"type":"connect","data":5}`, `{"type":"dance"}`,
			`{"type":"connect"}`, `{"type":"connect","data":{}}`, `{"type":"connect","data":null}`,
			`{"type":"updateEndpointMetadata","data":{"metadata":1}}`, // Before it connected.
			`{"type":"updateTrackMetadata","data":{"trackId":"none","trackMetadata":1}}`,
		} {
			p.tell(event)
		}
		p.tell(`{"type":"connect","data":{"metadata":null}}`)
		p.tell(`{"type":"connect","data":{"metadata":"second"}}`)
		p.write(websocket.MessageBinary, []byte{0xff, 0xff})
		p.expectClose(1011, "")
		watcher.expectKinds(decode.KindRoomCreated, decode.KindPeerAdded, decode.KindPeerConnected,
			decode.KindPeerMetadataUpdated, decode.KindPeerDisconnected)
	})
}

// Jellyfish protocol, section 9: the first connect is always notified, the same
// metadata again, or none, never is.
func TestSameMetadataIsSilent(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, "")
		id, token := addPeer(t, server, room)
		p := connectPeer(t, server, token)
		p.tell(`{"type":"connect","data":{"metadata":null}}`)
		p.receive()
		if err := server.AddTrack(room, id, decode.Track{ID: "t1"}); err != nil {
			t.Fatal(err)
		}
		watcher := subscribe(t, server)
		for _, event := range []string{
			`{"type":"updateEndpointMetadata","data":{"metadata":null}}`,
			`{"type":"updateEndpointMetadata","data":{}}`,
			`{"type":"updateEndpointMetadata"}`,
			`{"type":"updateTrackMetadata","data":{"trackId":"t1","trackMetadata":null}}`,
			`{"type":"updateTrackMetadata","data":{"trackId":"t1"}}`,
		} {
			p.tell(event)
			watcher.expectNothing(time.Second)
		}
		for _, event := range []string{
			`{"type":"updateEndpointMetadata","data":{"metadata":{"b":1,"a":[]}}}`,
			`{"type":"updateEndpointMetadata","data":{"metadata":{ "a":[], "b":1 }}}`, // Spelt otherwise.
			`{"type":"updateEndpointMetadata","data":{"metadata":{"a":[],"b":2}}}`,
			`{"type":"updateTrackMetadata","data":{"trackId":"t1","trackMetadata":1}}`,
			`{"type":"updateTrackMetadata","data":{"trackId":"t1","trackMetadata":1}}`,
		} {
			p.tell(event)
		}
		watcher.expectKinds(decode.KindPeerMetadataUpdated, decode.KindPeerMetadataUpdated, decode.KindTrackMetadataUpdated)
		watcher.expectNothing(time.Second)
	})
}

// expectKinds fails the test unless the next notifications are of these kinds.
func (c *rawClient) expectKinds(kinds ...decode.Kind) {
	c.t.Helper()
	var got []decode.Kind
	for range kinds {
		_, payload, err := c.receive()
		if err != nil {
			c.t.Fatal(err)
		}
		notifications, err := decode.Append(nil, payload)
		if err != nil || len(notifications) != 1 {
			c.t.Fatalf("got %d notifications and error %v", len(notifications), err)
		}
		got = append(got, notifications[0].Kind())
	}
	if diff := cmp.Diff(kinds, got); diff != "" {
		c.t.Fatalf("kinds (-want +got):\n%s", diff)
	}
}

// A peer that connects is told who is there, and its metadata is in the room.
func TestPeerJoins(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		room := createRoom(t, server, "")
		alice, token := addPeer(t, server, room)
		first := connectPeer(t, server, token)
		first.tell(`{"type":"connect","data":{"metadata":{"name":"<Alice> & co"}}}`)
		first.receive()
		bob, token := addPeer(t, server, room)
		second := connectPeer(t, server, token)
		second.tell(`{"type":"connect","data":{"metadata":null}}`)
		want := `{"data":{"id":"` + bob + `","otherEndpoints":[{"id":"` + alice + `","metadata":{"name":"<Alice> & co"},` +
			`"trackIdToMetadata":{},"tracks":{},"type":"webrtc"}]},"type":"connected"}`
		if got := second.receive().GetMediaEvent().GetData(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		_, text := call(t, server, "GET", "/room/"+room, "")
		if want := `{"id":"` + alice + `","metadata":{"name":"<Alice> & co"},"status":"connected","tracks":[],"type":"webrtc"}`; !strings.Contains(text, want) {
			t.Errorf("got room %s, want %s in it", text, want)
		}
	})
}

// Jellyfish protocol, section 1.5, holds for the peer socket too.
func TestPeerSocketKeepalive(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		_, token := addPeer(t, server, createRoom(t, server, ""))
		start := time.Now()
		pings := 0
		c, _, err := websocket.Dial(t.Context(), "ws://"+server.Address()+"/socket/peer/websocket", &websocket.DialOptions{
			HTTPClient: server.HTTPClient(),
			OnPingReceived: func(context.Context, []byte) bool {
				pings++
				return pings < 3 // Then it is quiet.
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.CloseNow()
		p := &peerClient{t, c}
		p.authenticate(token)
		p.expectClose(1000, "")
		if got := time.Since(start); pings != 4 || got != 120*time.Second {
			t.Errorf("closed after %d pings and %v, want 4 and 2m", pings, got)
		}
	})
}

func TestPeerSocketUpgrade(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	for _, test := range []struct {
		origin string
		want   int
	}{{"", http.StatusBadRequest}, {"http://evil.test", http.StatusForbidden}} {
		request := newRequest(t, server, "GET", "/socket/peer/websocket", "")
		request.Header.Set("Origin", test.origin)
		response, body := exchange(t, server, request)
		if response.StatusCode != test.want || body != "" {
			t.Errorf("origin %q: got %s and body %q, want %d", test.origin, response.Status, body, test.want)
		}
	}
}

// Jellyfish protocol, section 1.8: a report lists the connected peers, and only
// them, within a second of their connecting.
func TestMetricsListConnectedPeers(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := login(t, server)
		c.send(binaryData, subscribeMetrics)
		c.expect(binaryData, metricsConfirmed)
		c.expect(binaryData, emptyReport)
		room := createRoom(t, server, "")
		id, token := addPeer(t, server, room)
		c.expect(binaryData, emptyReport)
		p := connectPeer(t, server, token)
		if err := server.AddTrack(room, id, decode.Track{ID: "t1", Type: decode.TrackTypeVideo, Metadata: `{"a":1}`}); err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 2; n++ {
			peer := c.receiveReport(room, id)
			if got := peer["ice.packets_received"]; got != float64(4*n) {
				t.Errorf("report %d: got %v packets, want %d", n, got, 4*n)
			}
			if _, ok := peer["ice.packets_received-per-second"]; ok != (n > 1) {
				t.Errorf("report %d: derivative there: %t", n, ok)
			}
			if _, ok := peer["track_id=t1:"]; !ok {
				t.Errorf("report %d lacks the track: %v", n, peer)
			}
		}
		p.leave()
		synctest.Wait()
		c.expect(binaryData, emptyReport)
	})
}

// receiveReport returns the metrics of a peer in the next report.
func (c *rawClient) receiveReport(room, peer string) map[string]any {
	c.t.Helper()
	_, payload, err := c.receive()
	if err != nil {
		c.t.Fatal(err)
	}
	notifications, err := decode.Append(nil, payload)
	if err != nil || len(notifications) != 1 {
		c.t.Fatalf("got %d notifications and error %v", len(notifications), err)
	}
	report, ok := notifications[0].(decode.MetricsReport)
	if !ok {
		c.t.Fatalf("got %T, want a report", notifications[0])
	}
	var rooms map[string]map[string]map[string]any
	if err := json.Unmarshal([]byte(report.JSON), &rooms); err != nil {
		c.t.Fatalf("%s: %v", report.JSON, err)
	}
	metrics := rooms["room_id="+room]["endpoint_id="+peer]
	if metrics == nil {
		c.t.Fatalf("report %s lacks peer %s", report.JSON, peer)
	}
	return metrics
}

// A peer that a test connects is notified like one whose client connected (Jellyfish
// protocol, section 2.1, peer life-cycle sequences).
func TestConnectPeer(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	room := createRoom(t, server, "")
	peer, token := addPeer(t, server, room)
	watcher := subscribe(t, server)
	for _, err := range []error{
		server.ConnectPeer(room, peer, `{"name": "ada"}`),
		server.AddTrack(room, peer, decode.Track{ID: "t", Type: decode.TrackTypeAudio}),
		server.DisconnectPeer(room, peer),
		server.ConnectPeer(room, peer, ""),
		server.DisconnectPeer(room, peer),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	watcher.expectKinds(
		decode.KindPeerConnected, decode.KindPeerMetadataUpdated, decode.KindTrackAdded,
		decode.KindPeerDisconnected, decode.KindTrackRemoved,
		decode.KindPeerConnected, decode.KindPeerMetadataUpdated, decode.KindPeerDisconnected)

	// A client and a test can take turns.
	client := connectPeer(t, server, token)
	if err := server.ConnectPeer(room, peer, ""); err == nil {
		t.Error("a peer that is connected was connected again")
	}
	if err := server.DisconnectPeer(room, peer); err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.conn.Read(t.Context()); err == nil {
		t.Error("the client is still connected")
	}
	watcher.expectKinds(decode.KindPeerConnected, decode.KindPeerDisconnected)
	for _, err := range []error{
		server.DisconnectPeer(room, peer),
		server.ConnectPeer(room, peer, "{"),
		server.ConnectPeer(room, "nobody", ""),
		server.ConnectPeer("nowhere", peer, ""),
	} {
		if err == nil {
			t.Error("what can't be was done")
		}
	}
}
