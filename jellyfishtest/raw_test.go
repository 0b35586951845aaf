package jellyfishtest_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Messages of the handshake (Jellyfish protocol, section 7.1).
const (
	authRequest            = "3a0d0a0b646576656c6f706d656e74"
	wrongAuthRequest       = "3a070a0577726f6e67"
	authenticated          = "3200"
	subscribeNotifications = "42020801"
	subscribeMetrics       = "42020802"
	notificationsConfirmed = "4a020801"
	metricsConfirmed       = "4a020802"
	emptyReport            = "62040a027b7d"
)

// First bytes of unfragmented frames.
const (
	text       = 0x81
	binaryData = 0x82
	closed     = 0x88
	ping       = 0x89
	pong       = 0x8a
)

// Close frames of the server, as payloads in hex.
var (
	invalidToken       = closePayload(1000, "invalid token")
	invalidAuthRequest = closePayload(1000, "invalid auth request")
	notAllowed         = closePayload(1003, "operation not allowed")
	crashed            = closePayload(1011, "")
	normal             = closePayload(1000, "")
)

func closePayload(code uint16, reason string) string {
	return hex.EncodeToString(append(binary.BigEndian.AppendUint16(nil, code), reason...))
}

// rawClient is a client that sends and sees every byte.
type rawClient struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

// inBubble runs f in a synctest bubble with a server in memory.
func inBubble(t *testing.T, f func(t *testing.T, server *jellyfishtest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true}))
	})
}

// dial connects below WebSocket. The client is closed when the test ends.
func dial(t *testing.T, server *jellyfishtest.Server) *rawClient {
	t.Helper()
	transport := server.HTTPClient().Transport.(*http.Transport)
	c, err := transport.DialContext(t.Context(), "tcp", server.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &rawClient{t: t, Conn: c, in: bufio.NewReader(c)}
}

// request sends a request for the notification socket with extra header lines
// and returns the response, whose body isn't read.
func (c *rawClient) request(lines ...string) *http.Response {
	c.t.Helper()
	c.sendRequest(lines...)
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return response
}

func (c *rawClient) sendRequest(lines ...string) {
	c.t.Helper()
	head := []string{
		"GET /socket/server/websocket HTTP/1.1",
		"Host: 127.0.0.1:5002",
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
		"Sec-WebSocket-Version: 13",
	}
	head = append(head, lines...)
	c.write([]byte(strings.Join(head, "\r\n") + "\r\n\r\n"))
}

func (c *rawClient) write(p []byte) {
	c.t.Helper()
	if _, err := c.Write(p); err != nil {
		c.t.Fatal(err)
	}
}

// connect returns a client whose connection is upgraded.
func connect(t *testing.T, server *jellyfishtest.Server) *rawClient {
	t.Helper()
	c := dial(t, server)
	if response := c.request(); response.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("the upgrade was answered with %s", response.Status)
	}
	return c
}

// login returns a client that is authenticated.
func login(t *testing.T, server *jellyfishtest.Server) *rawClient {
	t.Helper()
	c := connect(t, server)
	c.send(binaryData, authRequest)
	c.expect(binaryData, authenticated)
	return c
}

// subscribe returns a client that is subscribed to notifications.
func subscribe(t *testing.T, server *jellyfishtest.Server) *rawClient {
	t.Helper()
	c := login(t, server)
	c.send(binaryData, subscribeNotifications)
	c.expect(binaryData, notificationsConfirmed)
	return c
}

// masked returns a client's frame; the mask is zero.
func masked(first byte, payloadHex string) []byte {
	payload, err := hex.DecodeString(payloadHex)
	if err != nil || len(payload) > 125 {
		panic("a test's payload is no hex or too long")
	}
	return append([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

func (c *rawClient) send(first byte, payloadHex string) {
	c.t.Helper()
	c.write(masked(first, payloadHex))
}

// receive returns the server's next frame: its first byte and its payload.
func (c *rawClient) receive() (first byte, payload []byte, err error) {
	head := make([]byte, 2, 10)
	if _, err := io.ReadFull(c.in, head); err != nil {
		return 0, nil, err
	}
	size := int(head[1])
	switch head[1] {
	case 126:
		extended := make([]byte, 2)
		_, err = io.ReadFull(c.in, extended)
		size = int(binary.BigEndian.Uint16(extended))
	case 127:
		extended := make([]byte, 8)
		_, err = io.ReadFull(c.in, extended)
		size = int(binary.BigEndian.Uint64(extended))
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(c.in, payload)
	return head[0], payload, err
}

// expect fails the test unless the server's next frame is the given one.
func (c *rawClient) expect(first byte, payloadHex string) {
	c.t.Helper()
	got, payload, err := c.receive()
	if err != nil {
		c.t.Fatalf("waiting for frame %x %s: %v", first, payloadHex, err)
	}
	if got != first || hex.EncodeToString(payload) != payloadHex {
		c.t.Fatalf("got frame %x %x, want %x %s", got, payload, first, payloadHex)
	}
}

// expectClose fails the test unless the server closes with the given payload and
// cuts the connection at once, without waiting for the client.
func (c *rawClient) expectClose(payloadHex string) {
	c.t.Helper()
	c.expect(closed, payloadHex)
	c.expectEnd()
}

// expectEnd fails the test unless the server's stream ends here.
func (c *rawClient) expectEnd() {
	c.t.Helper()
	if b, err := c.in.ReadByte(); err != io.EOF {
		c.t.Fatalf("got byte %x and error %v, want the end of the stream", b, err)
	}
}

// expectNothing fails the test if anything comes within d, or the stream ends.
func (c *rawClient) expectNothing(d time.Duration) {
	c.t.Helper()
	if what := c.within(d); what != "" {
		c.t.Fatalf("got %s, want nothing for %v", what, d)
	}
}

// within says what comes within d, empty for nothing.
func (c *rawClient) within(d time.Duration) string {
	_ = c.SetReadDeadline(time.Now().Add(d))
	defer c.SetReadDeadline(time.Time{})
	b, err := c.in.Peek(1)
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return ""
	case err != nil:
		return fmt.Sprintf("error %q", err)
	}
	return fmt.Sprintf("byte %x", b)
}
