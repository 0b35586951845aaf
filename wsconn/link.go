package wsconn

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Message is one message from the server.
type Message struct {
	// Data is valid until Receive is called again.
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
	writers  sync.WaitGroup
	watchdog *watchdog
	release  func() bool // From the context that ends the link; nil before it is live.

	closeReason string // The server's own words; the reader's.

	mu    sync.Mutex
	cause error         // Why we ended the link, if we did.
	ended chan struct{} // Closed when we did.
}

// outgoingBuffer is more than one connection ever has to say after its
// handshake.
const outgoingBuffer = 16

func newLink(endpoint Endpoint, token string, transport *tappedTransport) *Link {
	l := &Link{
		endpoint:  endpoint,
		token:     token,
		transport: transport,
		outgoing:  make(chan []byte, outgoingBuffer),
		ended:     make(chan struct{}),
	}
	l.watchdog = &watchdog{pulse: transport.pulse, ping: l.ping, giveUp: l.cut}
	return l
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

// ClosedSaying tells whether the server closed the link with a reason that
// contains text. In the error of Receive the token is redacted, which may be a
// part of it.
func (l *Link) ClosedSaying(text string) bool {
	return strings.Contains(l.closeReason, text)
}

// Format prints the endpoint and nothing that may be secret, whatever the verb.
func (l *Link) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "wsconn.Link{Endpoint: %q}", l.endpoint.Name)
}

// explain says why the link ended: what the server said, or else our own reason,
// or else the failure by which we noticed.
func (l *Link) explain(err error) error {
	var closed *CloseError
	if errors.As(err, &closed) {
		l.closeReason = closed.Reason
		closed.Reason = redact(closed.Reason, l.token)
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return l.cause
	}
	return err
}

// cut ends the link at once, from any goroutine.
func (l *Link) cut(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause != nil {
		return
	}
	l.cause = cause
	close(l.ended)
	l.watchdog.stop()
	l.transport.end()
}

// boundBy cuts the link when ctx ends, until the function that it returns is
// called.
func (l *Link) boundBy(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() { l.cut(context.Cause(ctx)) })
}

// live starts what a connection needs besides its reader.
func (l *Link) live(ctx context.Context) {
	l.writers.Go(l.write)
	l.watchdog.start()
	l.release = l.boundBy(ctx)
}

// queue doesn't wait for the message to be written.
func (l *Link) queue(message []byte) error {
	select {
	case <-l.ended:
		return ErrNotConnected
	default:
	}
	select {
	case l.outgoing <- message:
		return nil
	default:
		return fmt.Errorf("connection to %s: too many messages wait to be written", l.Endpoint())
	}
}

// write ends when a write fails, without a word: the reader finds out by itself,
// and first hands on what the server has sent before.
func (l *Link) write() {
	for {
		select {
		case <-l.ended:
			return
		case message := <-l.outgoing:
			if err := l.socket.write(message); err != nil {
				return
			}
		}
	}
}

// ping doesn't wait. Whether an answer comes is for the watchdog to see.
func (l *Link) ping() { l.writers.Go(l.socket.ping) }

// close gives everything back; the reader calls it when it is done.
func (l *Link) close() {
	if l.release != nil {
		l.release()
	}
	l.cut(ErrClosed)
	if l.socket != nil {
		l.socket.release()
	}
	l.writers.Wait()
}

// lastFrameAt is exact, and for the reader alone.
func (l *Link) lastFrameAt() time.Time {
	l.transport.pulse.publish()
	return l.transport.pulse.lastFrameAt()
}
