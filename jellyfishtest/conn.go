package jellyfishtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// trackingListener makes the connections that it accepts known to the server.
type trackingListener struct {
	net.Listener
	server *Server
}

func (l *trackingListener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, server: l.server, opened: time.Now(), closed: make(chan struct{})}
	if b, ok := inner.(balancedConn); ok {
		c.Conn, c.balanced = b.Conn, true
	}
	l.server.mu.Lock()
	l.server.conns[c] = struct{}{}
	l.server.mu.Unlock()
	return c, nil
}

// conn is one accepted connection, below TLS and HTTP. Closing it ends whatever
// is done with it above.
type conn struct {
	net.Conn
	server   *Server
	opened   time.Time
	balanced bool // Whether it came by a balancer, and is for one request.

	readAt   atomic.Int64 // When the client's last bytes came, since opened.
	upgraded atomic.Bool  // Whether the frame queue decides what is written.

	closeOnce sync.Once
	closed    chan struct{}

	// Once upgraded. Guarded by the server's mutex.
	socket     *socket
	subscriber *subscriber
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

// connBelow returns the accepted connection that c is or is made of.
func connBelow(c net.Conn) *conn {
	if above, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = above.NetConn()
	}
	return c.(*conn)
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.readAt.Store(int64(time.Since(c.opened)))
	}
	return n, err
}

// Write holds back what TLS and HTTP want to write while the server is silent.
func (c *conn) Write(p []byte) (int, error) {
	if !c.upgraded.Load() {
		c.awaitSilenceEnd()
	}
	return c.Conn.Write(p)
}

// Close ends the connection at once.
func (c *conn) Close() error {
	c.closeOnce.Do(func() {
		c.server.mu.Lock()
		delete(c.server.conns, c)
		c.server.mu.Unlock()
		_ = c.Conn.Close()
		close(c.closed)
	})
	return nil
}

// reset ends the connection at once, with a reset where there is such a thing.
func (c *conn) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.Close()
}

// lastRead returns when the client's last bytes came.
func (c *conn) lastRead() time.Time {
	return c.opened.Add(time.Duration(c.readAt.Load()))
}

// awaitSilenceEnd returns once the server isn't silent or the connection is
// closed.
func (c *conn) awaitSilenceEnd() {
	for {
		silence := c.server.faults.silenced()
		if silence == nil {
			return
		}
		select {
		case <-silence:
		case <-c.closed:
			return
		}
	}
}

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

// newCertificate makes a certificate, signed by itself, that is valid for this
// machine's loopback names and for the host in address.
func newCertificate(address string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "jellyfishtest"},
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Now().AddDate(10, 0, 0),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if host, _, err := net.SplitHostPort(address); err == nil && host != "" {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}
