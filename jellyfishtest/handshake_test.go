package jellyfishtest_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Jellyfish protocol, sections 1.3, 1.4 and 1.6: what answers each message that
// isn't the one expected.
func TestMessagesThatEndTheConnection(t *testing.T) {
	tests := []struct {
		name       string
		login      bool // Whether the client authenticates first.
		first      byte
		payload    string
		wantReason string // The close frame's payload.
	}{
		{"wrong token", false, binaryData, wrongAuthRequest, invalidToken},
		{"empty token", false, binaryData, "3a00", invalidToken},
		{"subscribe first", false, binaryData, subscribeNotifications, invalidAuthRequest},
		{"server's message first", false, binaryData, authenticated, invalidAuthRequest},
		{"empty binary first", false, binaryData, "", invalidAuthRequest},
		{"unknown message first", false, binaryData, "9a060378797a", invalidAuthRequest},
		{"garbage first", false, binaryData, "ffffffff", crashed},
		{"truncated message first", false, binaryData, "3a0d0a0b6465", crashed},
		{"text first", false, text, "68656c6c6f", notAllowed},
		{"text that isn't UTF-8 first", false, text, "ff", closePayload(1007, "")},

		{"second auth request", true, binaryData, authRequest, notAllowed},
		{"server's message", true, binaryData, "52030a0172", notAllowed},
		{"empty binary", true, binaryData, "", notAllowed},
		{"unknown message", true, binaryData, "9a060378797a", notAllowed},
		{"garbage", true, binaryData, "ffffffff", crashed},
		{"text", true, text, "68656c6c6f", notAllowed},
		{"text that isn't UTF-8", true, text, "c328", closePayload(1007, "")},
		{"event type 0", true, binaryData, "4200", crashed},
		{"event type 0, written out", true, binaryData, "42020800", crashed},
		{"event type 5", true, binaryData, "42020805", crashed},

		{"bad opcode", true, 0x83, "78", closePayload(1002, "")},
		{"reserved bit", true, 0xc2, authRequest, closePayload(1002, "")},
		{"continuation of nothing", true, 0x80, "78", closePayload(1002, "")},
		{"fragmented ping", true, 0x09, "", closePayload(1002, "")},
		{"close code of one byte", true, closed, "03", closePayload(1002, "")},

		{"close 1000 with a reason", true, closed, closePayload(1000, "bye"), normal},
		{"close 1001", true, closed, closePayload(1001, ""), closePayload(1001, "")},
		{"close 4321", true, closed, closePayload(4321, "own"), closePayload(4321, "")},
		{"close without a code", true, closed, "", ""},
		{"close before authentication", false, closed, normal, normal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
				c := connect(t, server)
				if test.login {
					c.send(binaryData, authRequest)
					c.expect(binaryData, authenticated)
				}
				c.send(test.first, test.payload)
				c.expectClose(test.wantReason)
				if n := server.Connections(); n != 0 {
					t.Errorf("%d connections are left", n)
				}
			})
		})
	}
}

func TestUnmaskedFrameIsAProtocolError(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := login(t, server)
		c.write([]byte{binaryData, 0})
		c.expectClose(closePayload(1002, ""))
	})
}

// Jellyfish protocol, section 1.4.
func TestSubscribingTwiceIsAnsweredAndIdempotent(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := subscribe(t, server)
		c.send(binaryData, subscribeNotifications)
		c.expect(binaryData, notificationsConfirmed)
		send(t, server, decode.RoomCreated{RoomID: "room-1"})
		c.expect(binaryData, "52080a06726f6f6d2d31")
		c.expectNothing(time.Second)
	})
}

func TestNothingWithoutSubscription(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		silent := login(t, server)
		metrics := login(t, server)
		metrics.send(binaryData, subscribeMetrics)
		metrics.expect(binaryData, metricsConfirmed)
		stranger := connect(t, server)

		send(t, server, decode.RoomCreated{RoomID: "room-1"}, decode.MetricsReport{JSON: "{}"})
		metrics.expect(binaryData, emptyReport)
		metrics.expectNothing(time.Second / 2)
		silent.expectNothing(2 * time.Second)
		stranger.expectNothing(2 * time.Second)
	})
}

// Jellyfish protocol, section 1.4: requests may be pipelined, here together with
// the upgrade.
func TestPipelinedRequests(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		var all []byte
		for _, request := range []string{authRequest, subscribeNotifications, subscribeMetrics} {
			all = append(all, masked(binaryData, request)...)
		}
		c.write(all)
		for _, reply := range []string{authenticated, notificationsConfirmed, metricsConfirmed} {
			c.expect(binaryData, reply)
		}
		c.expect(binaryData, emptyReport)
	})
}

func TestFragmentedRequestWithPingBetween(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		c.send(0x02, "3a0d0a0b64")
		c.send(ping, "616263")
		c.expect(pong, "616263")
		c.send(0x80, "6576656c6f706d656e74")
		c.expect(binaryData, authenticated)
	})
}

func TestMaskedRequest(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		request := masked(binaryData, authRequest)
		for i := range request[6:] {
			request[2+i%4] = byte(0x11 * (i%4 + 1))
			request[6+i] ^= byte(0x11 * (i%4 + 1))
		}
		c.write(request)
		c.expect(binaryData, authenticated)
	})
}

func TestSetToken(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		old := subscribe(t, server)
		server.SetToken("wrong")

		c := connect(t, server)
		c.send(binaryData, authRequest)
		c.expectClose(invalidToken)
		c = connect(t, server)
		c.send(binaryData, wrongAuthRequest)
		c.expect(binaryData, authenticated)

		send(t, server, decode.RoomCreated{RoomID: "room-1"})
		old.expect(binaryData, "52080a06726f6f6d2d31")
	})
}

func TestConfiguredToken(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Token: "wrong"})
	c := connect(t, server)
	c.send(binaryData, wrongAuthRequest)
	c.expect(binaryData, authenticated)
}

// Jellyfish protocol, section 9: the two log lines of a good connection.
func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true,
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
				ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					if a.Key == slog.TimeKey {
						return slog.Attr{}
					}
					return a
				},
			})),
		})
		login(t, server)
		synctest.Wait()
		want := []string{
			`level=INFO msg="New incoming server WebSocket connection, accepting"`,
			`level=INFO msg="Server WS authenticated."`,
		}
		if got := strings.TrimSpace(log.String()); got != strings.Join(want, "\n") {
			t.Errorf("got log\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
	})
}

// send sends notifications that can be sent.
func send(t *testing.T, server *jellyfishtest.Server, ns ...decode.Notification) {
	t.Helper()
	if err := server.Send(ns...); err != nil {
		t.Fatal(err)
	}
}
