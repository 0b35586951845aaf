package jellyfishtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"syscall"
)

// Balancer is a load balancer in front of one or more servers: it sends each
// request to the next of them in turn. In front of a single server it is a second
// address for that server.
//
// Every request uses its own connection, which the balancer hands to the next
// server that isn't stopped and which is closed after the response. If all
// servers are stopped, the connection is closed (over TCP) or refused (in
// memory). The connections belong to the server: [Server.Cut] and the like apply
// to them. All methods may be called from any goroutine at any time.
type Balancer struct {
	address  string
	inMemory bool
	listener net.Listener  // Nil in memory.
	accepted chan struct{} // Closed when the listener's goroutine has ended.

	mu     sync.Mutex // Guards the following; no other lock is taken under it.
	nodes  []*Server
	turn   int
	closed bool
}

// NewBalancer starts a balancer in front of nodes. There must be at least one, and
// either all or none of them must be in memory; so is the balancer. The address is
// like [Config.Address]. In memory its default is "balancer.test:5002", and clients
// reach it through the [Server.HTTPClient] of any server that was ever behind it, or
// of any other in the same cluster. The caller must call [Balancer.Close].
func NewBalancer(address string, nodes ...*Server) (*Balancer, error) {
	if len(nodes) == 0 {
		return nil, errors.New("jellyfishtest: start a balancer: there must be a server")
	}
	b := &Balancer{address: address, inMemory: nodes[0].config.InMemory, accepted: make(chan struct{})}
	if b.inMemory {
		if address == "" {
			b.address = "balancer.test:5002"
		}
		close(b.accepted)
	} else if address == "" {
		address = "127.0.0.1:0"
	}
	if err := b.SetNodes(nodes...); err != nil {
		return nil, err
	}
	if b.inMemory {
		return b, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("jellyfishtest: start a balancer on %s: %w", address, err)
	}
	b.listener, b.address = listener, dialable(listener.Addr().String())
	go b.accept()
	return b, nil
}

// RunBalancer starts a balancer as [NewBalancer] does and closes it when the test
// ends. If that fails, so does the test.
func RunBalancer(t TB, address string, nodes ...*Server) *Balancer {
	t.Helper()
	b, err := NewBalancer(address, nodes...)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(b.Close)
	return b
}

// Address returns the balancer's host:port.
func (b *Balancer) Address() string { return b.address }

// SetNodes replaces the servers behind the balancer, from the next request on.
// Without arguments there are none. Current connections aren't affected. It is an
// error to mix servers in memory with servers on TCP.
func (b *Balancer) SetNodes(nodes ...*Server) error {
	for _, node := range nodes {
		if node.config.InMemory != b.inMemory {
			return fmt.Errorf("jellyfishtest: balance %s: servers on TCP and in memory can't be mixed", node.address)
		}
	}
	for _, node := range nodes {
		node.addBalancer(b)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.nodes, b.turn = slices.Clone(nodes), 0
	return nil
}

// Close stops the balancer: its address refuses connections. Current connections
// aren't affected. Calling it again does nothing.
func (b *Balancer) Close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	if b.listener != nil {
		b.listener.Close()
	}
	<-b.accepted
}

func (b *Balancer) accept() {
	defer close(b.accepted)
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		if b.hand(context.Background(), c) != nil {
			c.Close()
		}
	}
}

// dial connects to the next server in memory.
func (b *Balancer) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	if err := b.hand(ctx, server); err != nil {
		return nil, fmt.Errorf("jellyfishtest: dial %s: %w", b.address, err)
	}
	return client, nil
}

// hand gives a connection to the next server that takes it.
func (b *Balancer) hand(ctx context.Context, c net.Conn) error {
	for _, node := range b.next() {
		err := node.pipeListener().hand(ctx, balancedConn{c})
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
	}
	return syscall.ECONNREFUSED
}

// next returns the servers, beginning with the one whose turn it is.
func (b *Balancer) next() []*Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(b.nodes) == 0 {
		return nil
	}
	first := b.turn % len(b.nodes)
	b.turn = first + 1
	return slices.Concat(b.nodes[first:], b.nodes[:first])
}

// balancedConn is a connection that a balancer gives to a server.
type balancedConn struct{ net.Conn }

func (s *Server) addBalancer(b *Balancer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.balancers, b) {
		s.balancers = append(s.balancers, b)
	}
}

// balancerAt returns the balancer in memory with an address that leads, or led,
// to s or another server of its cluster, or nil.
func (s *Server) balancerAt(address string) *Balancer {
	for _, node := range s.members() {
		if b := node.ownBalancer(address); b != nil {
			return b
		}
	}
	return nil
}

func (s *Server) ownBalancer(address string) *Balancer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.balancers {
		if b.inMemory && b.address == address {
			return b
		}
	}
	return nil
}

func (s *Server) pipeListener() *pipeListener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pipes
}
