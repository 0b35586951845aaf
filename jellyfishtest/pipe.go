package jellyfishtest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
)

// pipeListener is a listener whose connections are made with net.Pipe.
type pipeListener struct {
	dialled chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{dialled: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dialled:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

// dial connects to the listener. The address is only for errors to name.
func (l *pipeListener) dial(ctx context.Context, address string) (net.Conn, error) {
	client, server := net.Pipe()
	if err := l.hand(ctx, server); err != nil {
		return nil, fmt.Errorf("jellyfishtest: dial %s: %w", address, err)
	}
	return client, nil
}

// hand gives the listener a connection to accept.
func (l *pipeListener) hand(ctx context.Context, c net.Conn) error {
	select {
	case l.dialled <- c:
		return nil
	case <-l.closed:
		return syscall.ECONNREFUSED
	case <-ctx.Done():
		return ctx.Err()
	}
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// dialPipe connects to a server in memory, s or another one of its cluster. A
// stopped server refuses, and so does every other address.
func (s *Server) dialPipe(ctx context.Context, network, address string) (net.Conn, error) {
	if b := s.balancerAt(address); b != nil {
		return b.dial(ctx)
	}
	node := s.nodeAt(address)
	if node == nil || !node.config.InMemory {
		return nil, fmt.Errorf("jellyfishtest: dial %s: only %s can be reached in memory", address, s.address)
	}
	return node.pipeListener().dial(ctx, address)
}
