package wsconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
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
	ws     *websocket.Conn
	intake *intake
	pulse  *pulse
	buf    []byte // Reused by each read through the library.
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
	return &socket{ws: ws, intake: transport.intake, pulse: transport.pulse}, nil
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
	if cap(s.buf) > largestKeptBuffer {
		s.buf = nil // Now, for the next message may be long in coming.
	}
	if message, ok := s.intake.next(); ok {
		return Message{Data: message}, nil
	}
	kind, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return Message{}, socketError(err)
	}
	s.pulse.messageBegins()
	s.buf, err = appendAll(s.buf[:0], r)
	if err == nil && s.pulse.ended {
		// The library takes the end of the stream for the end of the message.
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Message{}, socketError(err)
	}
	s.pulse.messageEnds()
	return Message{Data: s.buf, Text: kind == websocket.MessageText}, nil
}

// appendAll appends what r has to buf.
func appendAll(buf []byte, r io.Reader) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, max(smallBuffer, 2*cap(buf))), buf...)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

func (s *socket) write(message []byte) error {
	err := s.ws.Write(context.Background(), websocket.MessageBinary, message)
	if err != nil {
		return socketError(err)
	}
	return nil
}

// ping returns when the answer is there or late, or the connection has ended.
func (s *socket) ping() {
	// The library gives a ping 5 s to be written. A context that ended before
	// that would end the connection too.
	ctx, cancel := context.WithTimeout(context.Background(), pongTimeout)
	defer cancel()
	_ = s.ws.Ping(ctx)
}

// release gives back what the library holds. The connection must be cut.
func (s *socket) release() {
	_ = s.ws.CloseNow()
}

// socketError translates the library's errors.
func socketError(err error) error {
	var closed websocket.CloseError
	var network *net.OpError
	switch {
	case errors.As(err, &closed):
		return &CloseError{Code: int(closed.Code), Reason: closed.Reason}
	case errors.Is(err, websocket.ErrMessageTooBig):
		return ErrMessageTooBig
	case errors.As(err, &network):
		return network
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("server ended the connection without a close frame: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, net.ErrClosed):
		// The library gives a control frame 5 s to be read once it has begun, and
		// 5 s to be written, and doesn't say which it was.
		return fmt.Errorf("%w: a ping, or the answer to one, took longer than 5s", ErrDead)
	}
	return withoutLayers(err)
}

// dialCause leaves out what the layers above a failed upgrade add to its error.
func dialCause(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return withoutLayers(err)
}

// withoutLayers leaves out what the library's layers say they failed to do.
func withoutLayers(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
		if !strings.HasPrefix(err.Error(), "failed to ") {
			break
		}
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
