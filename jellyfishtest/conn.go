package jellyfishtest

import (
	"net"
	"sync"
	"sync/atomic"
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
	balanced bool // whether it came by a balancer, and is for one request

	heard    atomic.Int64 // when the client's last bytes came, since opened
	upgraded atomic.Bool  // whether the frame queue decides what is written

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
		c.heard.Store(int64(time.Since(c.opened)))
	}
	return n, err
}

// Write holds back what TLS and HTTP want to write while the server is silent.
func (c *conn) Write(p []byte) (int, error) {
	if !c.upgraded.Load() {
		c.awaitSound()
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

// lastHeard returns when the client's last bytes came.
func (c *conn) lastHeard() time.Time {
	return c.opened.Add(time.Duration(c.heard.Load()))
}

// awaitSound returns when the server isn't silent or the connection is closed.
func (c *conn) awaitSound() {
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
