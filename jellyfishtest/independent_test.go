package jellyfishtest_test

// The old WebSocket library is deprecated, but it is another implementation.
//lint:file-ignore SA1019 it is here as the independent peer

import (
	"context"
	"testing"

	old "nhooyr.io/websocket"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

type oldClient struct{ *old.Conn }

func (c oldClient) read(ctx context.Context) ([]byte, error) {
	_, message, err := c.Read(ctx)
	return message, err
}
func (c oldClient) write(ctx context.Context, p []byte) error {
	return c.Write(ctx, old.MessageBinary, p)
}
func (c oldClient) ping(ctx context.Context) error { return c.Ping(ctx) }
func (c oldClient) close() error                   { return c.Close(old.StatusNormalClosure, "done") }

// dialIndependent connects with another implementation.
func dialIndependent(t *testing.T, server *jellyfishtest.Server) client {
	t.Helper()
	c, _, err := old.Dial(t.Context(), webSocketURL(server), &old.DialOptions{HTTPClient: server.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return oldClient{c}
}
