package wsconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

const (
	smallBuffer = 4 << 10
	// A buffer that grew past this for one message is not kept for the next.
	largestKeptBuffer = 64 << 10
)

// socket is one WebSocket connection, and the only user of the WebSocket
// library. Its contexts are never cancelled: the library pays for a context
// that can be, on each message, and a socket is ended by cutting the connection
// beneath it.
type socket struct {
	ws    *websocket.Conn
	pulse *pulse
	buf   []byte // Reused by each read.
}

func openSocket(ctx context.Context, url string, transport *tappedTransport, cfg Config) (*socket, error) {
	frameSeen := transport.pulse.frameSeen
	ws, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport: transport,
			Jar:       cfg.HTTPClient.Jar,
			// The token must not follow a redirect to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPHeader:     cfg.Header,
		OnPingReceived: func(context.Context, []byte) bool { frameSeen(); return true },
		OnPongReceived: func(context.Context, []byte) { frameSeen() },
	})
	if err != nil {
		return nil, upgradeError(response, err)
	}
	ws.SetReadLimit(cfg.ReadLimit)
	return &socket{ws: ws, pulse: transport.pulse}, nil
}

func upgradeError(response *http.Response, err error) error {
	if response == nil || response.StatusCode == http.StatusSwitchingProtocols {
		return dialCause(err)
	}
	refused := &StatusError{Code: response.StatusCode, Status: response.Status}
	if response.StatusCode == http.StatusUnauthorized {
		return Reject(refused)
	}
	return refused
}

// read returns the next message, valid until the next read.
func (s *socket) read() (Message, error) {
	kind, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return Message{}, readError(err)
	}
	s.pulse.inMessage = true
	if cap(s.buf) > largestKeptBuffer {
		s.buf = nil
	}
	s.buf = s.buf[:0]
	for {
		if len(s.buf) == cap(s.buf) {
			s.buf = append(make([]byte, 0, max(smallBuffer, 2*cap(s.buf))), s.buf...)
		}
		n, err := r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return Message{}, readError(err)
		}
	}
	s.pulse.frameSeen()
	s.pulse.inMessage = false
	return Message{Data: s.buf, Text: kind == websocket.MessageText}, nil
}

func (s *socket) write(message []byte) error {
	return s.ws.Write(context.Background(), websocket.MessageBinary, message)
}

// ping returns when the answer is there or the connection has ended.
func (s *socket) ping() error {
	return s.ws.Ping(context.Background())
}

// release gives back what the library holds. The connection must be cut.
func (s *socket) release() {
	_ = s.ws.CloseNow()
}

func readError(err error) error {
	var closed websocket.CloseError
	switch {
	case errors.As(err, &closed):
		return &CloseError{Code: int(closed.Code), Reason: closed.Reason}
	case errors.Is(err, websocket.ErrMessageTooBig):
		return ErrMessageTooBig
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("connection ended without a close frame: %w", io.ErrUnexpectedEOF)
	}
	return err
}

// redact keeps a token out of a text that the server chose.
func redact(text, token string) string {
	if token == "" {
		return text
	}
	return strings.ReplaceAll(text, token, "[redacted]")
}
