package wsconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

const (
	smallBuffer = 4 << 10
	// A buffer that grew beyond this for one message isn't kept for the next.
	largestKeptBuffer = 64 << 10
	// More than a connection ever sends after its handshake.
	outgoingBuffer = 16
)

// Message is one message from the server.
type Message struct {
	// Data is valid until Receive is called again.
	Data []byte
	// Text reports whether it was a text message rather than a binary one.
	Text bool
}

// Socket is one WebSocket connection, as passed to a [Handshake].
//
// The contexts that it passes to the WebSocket library are never cancelled, since a
// cancellable context has a cost on each message; a socket is ended by closing the
// network connection.
type Socket struct {
	endpoint Endpoint
	redactor redact.Redactor // For secrets in the server's texts.
	ws       *websocket.Conn
	frames   *frameReader
	activity *activity
	buf      []byte // Reused by each read through the library.

	outgoing chan []byte
	writers  sync.WaitGroup
	watchdog *watchdog
	release  func() bool // From the context that ends the socket; nil before it is live.

	closeReason string // The server's own text; reader goroutine only.

	mu      sync.Mutex
	cause   error         // Why we ended the socket, if we did.
	ended   chan struct{} // Closed when we end the socket.
	cutConn func()        // Cuts the underlying connection.
}

func openSocket(ctx context.Context, endpoint Endpoint, up *upgrade) (*Socket, error) {
	stop := context.AfterFunc(ctx, up.end)
	ws, err := dialWebSocket(ctx, endpoint.URL, up)
	if deadline, ok := ctx.Deadline(); err != nil && ok && !time.Now().Before(deadline) {
		<-ctx.Done() // A dial has its own timer, which may fire first.
	}
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		up.end()
		if ws != nil {
			_ = ws.CloseNow()
		}
		return nil, err
	}
	s := &Socket{
		endpoint: endpoint,
		redactor: up.redactor,
		ws:       ws,
		frames:   up.frames,
		activity: up.activity,
		outgoing: make(chan []byte, outgoingBuffer),
		ended:    make(chan struct{}),
		cutConn:  up.end,
	}
	s.watchdog = &watchdog{activity: s.activity, ping: s.ping, giveUp: s.cut}
	s.watchdog.start()
	return s, nil
}

// shakeHands ends with ctx.
func (s *Socket) shakeHands(ctx context.Context, handshake Handshake, token string) error {
	release := s.boundBy(ctx)
	defer release()
	if err := handshake(s, token); err != nil {
		return err
	}
	if !release() {
		// The time limit was reached while the last response was being read.
		return context.Cause(ctx)
	}
	return nil
}

// dialWebSocket makes an upgrade request, with up as its transport.
func dialWebSocket(ctx context.Context, url string, up *upgrade) (*websocket.Conn, error) {
	frameSeen := func() { up.activity.frameSeen() }
	ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport: up,
			Jar:       up.cfg.HTTPClient.Jar,
			// The token must not follow a redirect to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPHeader:     withoutHost(up.cfg.Header),
		Host:           up.cfg.Header.Get("Host"),
		OnPingReceived: func(context.Context, []byte) bool { frameSeen(); return true },
		OnPongReceived: func(context.Context, []byte) { frameSeen() },
	})
	if err != nil {
		return nil, up.failure(err)
	}
	ws.SetReadLimit(up.cfg.ReadLimit)
	return ws, nil
}

// Endpoint returns the name of the endpoint that the socket is connected to.
func (s *Socket) Endpoint() string { return s.endpoint.Name }

// Send writes one binary message. It is for use during the handshake only.
func (s *Socket) Send(message []byte) error {
	err := s.ws.Write(context.Background(), websocket.MessageBinary, message)
	if err != nil {
		return s.explain(err)
	}
	return nil
}

// Receive returns the next message, valid until the next call.
func (s *Socket) Receive() (Message, error) {
	if cap(s.buf) > largestKeptBuffer {
		s.buf = nil // Released now, since the next message may take long.
	}
	if message, ok := s.frames.next(); ok {
		return Message{Data: message}, nil
	}
	kind, r, err := s.ws.Reader(context.Background())
	if err != nil {
		return Message{}, s.explain(err)
	}
	s.activity.messageBegins()
	s.buf, err = appendAll(s.buf[:0], r)
	if err == nil && s.activity.ended {
		// The library takes the end of the stream for the end of the message.
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Message{}, s.explain(err)
	}
	s.activity.messageEnds()
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

// ClosedSaying reports whether the server closed the socket with a reason that contains
// text. Unlike in the error of Receive, the token isn't redacted from the reason.
func (s *Socket) ClosedSaying(text string) bool {
	return strings.Contains(s.closeReason, text)
}

// Format prints the endpoint and nothing that may be secret, whatever the verb.
func (s *Socket) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "wsconn.Socket{Endpoint: %q}", s.endpoint.Name)
}

// explain returns why the socket ended: what the server said, or else our own reason,
// or else the failure itself.
func (s *Socket) explain(err error) error {
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		s.closeReason = closed.Reason
		return &CloseError{Code: int(closed.Code), Reason: s.redactor.Text(closed.Reason)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return s.cause
	}
	return s.failure(err)
}

// failure translates an error of the library.
func (s *Socket) failure(err error) error {
	var network *net.OpError
	switch {
	case errors.Is(err, websocket.ErrMessageTooBig):
		return ErrMessageTooBig
	case errors.As(err, &network):
		return s.redactor.Error(network)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("server ended the connection without a close frame: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, net.ErrClosed):
		// The library gives a control frame 5 s to be read once it has begun, and
		// 5 s to be written, and doesn't say which it was.
		return fmt.Errorf("%w: a ping, or the answer to one, took longer than 5s", ErrDead)
	}
	return s.redactor.Error(withoutLayers(err))
}

// withoutLayers removes what the library's layers say about their own failure.
func withoutLayers(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
		if !strings.HasPrefix(err.Error(), "failed to ") {
			break
		}
	}
	return err
}

// cut ends the socket at once, from any goroutine.
func (s *Socket) cut(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause != nil {
		return
	}
	s.cause = cause
	close(s.ended)
	s.watchdog.stop()
	s.cutConn()
}

// boundBy cuts the socket when ctx ends, until the function that it returns is
// called.
func (s *Socket) boundBy(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() { s.cut(context.Cause(ctx)) })
}

// live starts what a connection needs after its handshake, apart from its reader.
func (s *Socket) live(ctx context.Context) {
	s.writers.Go(s.write)
	s.release = s.boundBy(ctx)
}

// queue doesn't wait for the message to be written.
func (s *Socket) queue(message []byte) error {
	select {
	case <-s.ended:
		return ErrNotConnected
	default:
	}
	select {
	case s.outgoing <- message:
		return nil
	default:
		return fmt.Errorf("connection to %s: too many messages wait to be written", s.Endpoint())
	}
}

// write returns when a write fails, without an error: the reader finds out by itself,
// and first delivers what the server has sent before.
func (s *Socket) write() {
	for {
		select {
		case <-s.ended:
			return
		case message := <-s.outgoing:
			if s.ws.Write(context.Background(), websocket.MessageBinary, message) != nil {
				return
			}
		}
	}
}

// ping doesn't wait for the pong. The watchdog checks that it arrives in time.
func (s *Socket) ping(answered func()) {
	s.writers.Go(func() {
		// The library gives a ping 5 s to be written. A context that ends earlier would
		// end the connection too.
		ctx, cancel := context.WithTimeout(context.Background(), pongTimeout)
		defer cancel()
		if s.ws.Ping(ctx) == nil {
			answered()
		}
	})
}

// close releases everything; the reader calls it when it is done.
func (s *Socket) close() {
	if s.release != nil {
		s.release()
	}
	s.cut(ErrClosed)
	if s.ws != nil {
		_ = s.ws.CloseNow()
	}
	s.writers.Wait()
}
