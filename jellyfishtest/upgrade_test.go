package jellyfishtest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Jellyfish protocol, section 1.1 and a recorded handshake.
func TestUpgradeAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		response := dial(t, server).request()
		if response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("got status %s, want 101", response.Status)
		}
		response.Header.Del("Date")
		want := http.Header{
			"Cache-Control":        {"max-age=0, private, must-revalidate"},
			"Connection":           {"Upgrade"},
			"Sec-Websocket-Accept": {"BACScCJPNqyz+UBoqMH89VmURoA="},
			"Server":               {"Cowboy"},
			"Upgrade":              {"websocket"},
		}
		if diff := cmp.Diff(want, response.Header); diff != "" {
			t.Errorf("header (-want +got):\n%s", diff)
		}
	})
}

// Jellyfish protocol, section 9: offers of compression and subprotocols are
// ignored, and a Bearer header does not authenticate.
func TestUpgradeIgnoresOffersAndBearer(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := dial(t, server)
		response := c.request(
			"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
			"Sec-WebSocket-Protocol: jellyfish",
			"Authorization: Bearer "+jellyfishtest.Token,
		)
		if response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("got status %s, want 101", response.Status)
		}
		for _, name := range []string{"Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"} {
			if value := response.Header.Get(name); value != "" {
				t.Errorf("the server took up an offer: %s: %s", name, value)
			}
		}
		c.send(binaryData, subscribeNotifications)
		c.expectClose(invalidAuthRequest)
	})
}

// Jellyfish protocol, sections 1.1 and 9.
func TestRequestsThatAreNoUpgrade(t *testing.T) {
	const socket = "/socket/server/websocket"
	tests := []struct {
		name, method, path string
		header             http.Header
		want               int
	}{
		{"plain GET", http.MethodGet, socket, nil, http.StatusBadRequest},
		{"POST", http.MethodPost, socket, nil, http.StatusBadRequest},
		{"without a key", http.MethodGet, socket, http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		}, http.StatusBadRequest},
		{"above the socket", http.MethodGet, "/socket/server", nil, http.StatusNotFound},
		{"elsewhere", http.MethodGet, "/socket/other/websocket", nil, http.StatusNotFound},
	}
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, "http://"+server.Address()+test.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header = test.header
			response, err := server.HTTPClient().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != test.want {
				t.Errorf("got status %s, want %d", response.Status, test.want)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == http.StatusBadRequest && (len(body) > 0 || response.Header.Get("Upgrade") != "") {
				t.Errorf("got body %q and header %v, want neither body nor an offer", body, response.Header)
			}
		})
	}
}

// Jellyfish protocol, section 9: empty elements of a socket's path are ignored,
// escapes in it are not decoded. The JavaScript SDK asks for //socket/server/…
func TestSocketPaths(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	for _, socket := range []string{"server", "peer"} {
		for path, want := range map[string]int{
			"/socket/%s/websocket":         101,
			"//socket/%s/websocket":        101,
			"/socket//%s/websocket":        101,
			"/socket/%s/websocket/":        101,
			"///socket///%s///websocket//": 101,
			"/socket/%s/websocket/?a=b":    101,
			"/socket/%s/%%77ebsocket":      404,
			"/socket%%2F%s/websocket":      404,
			"/socket/%s":                   404,
			"/socket/%s/websocket/more":    404,
			"/Socket/%s/websocket":         404,
			"/x/../socket/%s/websocket":    404,
		} {
			c := dial(t, server)
			path = fmt.Sprintf(path, socket)
			c.write([]byte("GET " + path + " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"))
			response, err := http.ReadResponse(c.in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != want {
				t.Errorf("%s: got %s, want %d", path, response.Status, want)
			}
		}
	}
}

// Jellyfish protocol, sections 1.1 and 9: a foreign origin gets 403 and an empty
// body, unless the check is off.
func TestOrigin(t *testing.T) {
	tests := []struct {
		origin   string
		disabled bool
		want     int
	}{
		{"http://jellyfish.test:8080", false, http.StatusSwitchingProtocols},
		{"https://JELLYFISH.test", false, http.StatusSwitchingProtocols},
		{"http://evil.test", false, http.StatusForbidden},
		{"http://jellyfish.test.evil.test", false, http.StatusForbidden},
		{"null", false, http.StatusForbidden},
		{"http://%zz", false, http.StatusForbidden},
		{"http://evil.test", true, http.StatusSwitchingProtocols},
	}
	for _, test := range tests {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, DisableCheckOrigin: test.disabled})
		response := dial(t, server).request("Origin: " + test.origin)
		if response.StatusCode != test.want {
			t.Errorf("origin %s (check disabled: %t): got %s, want %d", test.origin, test.disabled, response.Status, test.want)
		}
		if response.StatusCode != http.StatusForbidden {
			continue
		}
		if body, err := io.ReadAll(response.Body); err != nil || len(body) > 0 {
			t.Errorf("origin %s: got body %q and error %v, want an empty body", test.origin, body, err)
		}
	}
}

func TestUpgradesAndReceivedAreRecorded(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := dial(t, server)
		c.request("X-Test: one")
		c.send(binaryData, authRequest)
		c.expect(binaryData, authenticated)
		c.send(binaryData, subscribeMetrics)
		c.expect(binaryData, metricsConfirmed)

		upgrades := server.Upgrades()
		if len(upgrades) != 1 {
			t.Fatalf("got %d upgrades, want 1", len(upgrades))
		}
		u := upgrades[0]
		if u.Header.Get("X-Test") != "one" || u.Host != "127.0.0.1:5002" || u.RemoteAddr != "pipe" {
			t.Errorf("got %+v", u)
		}
		want := [][]byte{[]byte("\x3a\x0d\x0a\x0bdevelopment"), []byte("\x42\x02\x08\x02")}
		if diff := cmp.Diff(want, server.Received()); diff != "" {
			t.Errorf("received (-want +got):\n%s", diff)
		}
	})
}
