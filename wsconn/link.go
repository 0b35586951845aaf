package wsconn

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Message is one message from the server.
type Message struct {
	// Data is valid until the next message is received.
	Data []byte
	// Text tells that it was a text message, not a binary one.
	Text bool
}

// Link is one connection, from its upgrade to its end. A [Handshake] talks over
// it.
type Link struct {
	endpoint  Endpoint
	token     string
	transport *tappedTransport
	socket    *socket

	outgoing chan []byte
	pings    chan struct{}
	ended    chan struct{}
	writer   sync.WaitGroup
	watchdog *watchdog
	release  func() bool // From the context that ends the link.

	mu    sync.Mutex
	cause error // Why the link ended, where we ended it ourselves.
}

// outgoingBuffer is more than one connection ever has to say after its
// handshake.
const outgoingBuffer = 16

func newLink(endpoint Endpoint, transport *tappedTransport) *Link {
	return &Link{
		endpoint:  endpoint,
		transport: transport,
		outgoing:  make(chan []byte, outgoingBuffer),
		pings:     make(chan struct{}, 1),
		ended:     make(chan struct{}),
	}
}

// Endpoint returns the name of the endpoint to which the link leads.
func (l *Link) Endpoint() string { return l.endpoint.Name }

// Send writes one binary message. It is for the handshake alone.
func (l *Link) Send(message []byte) error {
	if err := l.socket.write(message); err != nil {
		return l.explain(err)
	}
	return nil
}

// Receive returns the next message.
func (l *Link) Receive() (Message, error) {
	message, err := l.socket.read()
	if err != nil {
		return Message{}, l.explain(err)
	}
	return message, nil
}

// explain prefers our own reason for ending the link to what the read or write
// that failed by it says.
func (l *Link) explain(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return l.cause
	}
	var closed *CloseError
	if errors.As(err, &closed) {
		closed.Reason = redact(closed.Reason, l.token)
	}
	return err
}

// cut ends the link at once, from any goroutine.
func (l *Link) cut(cause error) {
	l.mu.Lock()
	first := l.cause == nil
	if first {
		l.cause = cause
	}
	l.mu.Unlock()
	if first {
		close(l.ended)
		l.transport.end()
	}
}

// boundBy cuts the link when ctx ends, until the function that it returns is
// called.
func (l *Link) boundBy(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() { l.cut(context.Cause(ctx)) })
}

// live starts what a connection needs besides its reader.
func (l *Link) live(ctx context.Context) {
	l.release = l.boundBy(ctx)
	l.writer.Go(l.write)
	l.watchdog = startWatchdog(l.transport.pulse, l.askForPing, l.cut)
}

// askForPing doesn't wait: a ping that still waits to be written serves as well.
func (l *Link) askForPing() {
	select {
	case l.pings <- struct{}{}:
	default:
	}
}

func (l *Link) write() {
	for {
		var err error
		select {
		case <-l.ended:
			return
		case <-l.pings:
			err = l.socket.ping()
		case message := <-l.outgoing:
			err = l.socket.write(message)
		}
		if err != nil {
			l.cut(err)
			return
		}
	}
}

// close gives everything back; the reader calls it when it is done.
func (l *Link) close() {
	if l.watchdog != nil {
		l.watchdog.stop()
		l.release()
	}
	l.cut(ErrClosed)
	if l.socket != nil {
		l.socket.release()
	}
	l.writer.Wait()
}

func (l *Link) lastFrameAt() time.Time { return l.transport.pulse.lastFrameAt() }
