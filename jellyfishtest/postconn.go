package jellyfishtest

import (
	"context"
	"net"
	"time"
)

// postConn is a connection to a webhook's receiver. It is closed when a context
// ends, and a write to it fails that the receiver holds up.
type postConn struct {
	net.Conn
	release func() bool // the context
}

func newPostConn(ctx context.Context, c net.Conn) *postConn {
	return &postConn{Conn: c, release: context.AfterFunc(ctx, func() { _ = c.Close() })}
}

func (c *postConn) Write(p []byte) (int, error) {
	_ = c.SetWriteDeadline(time.Now().Add(answerTimeout))
	return c.Conn.Write(p)
}

func (c *postConn) Close() error {
	c.release()
	return c.Conn.Close()
}
