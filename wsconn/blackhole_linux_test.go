package wsconn_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// blackhole returns an address on which a connection is never established: its
// queue of connections to accept is full.
func blackhole(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 10 {
		conn, err := net.DialTimeout("tcp", address, 50*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	t.Skip("this kernel takes more connections than were asked for")
	return ""
}

func TestP5CancelWhileConnecting(t *testing.T) {
	endsPromptly(t, func(t *testing.T, ctx context.Context, reached func()) error {
		cfg := listen(t, silent).config()
		cfg.Endpoints[0].URL = "ws://" + blackhole(t) + "/socket"
		dialer := &net.Dialer{Control: func(string, string, syscall.RawConn) error {
			reached()
			return nil
		}}
		cfg.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
		return dialling(ctx, cfg)
	})
}
