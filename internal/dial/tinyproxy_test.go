package dial_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/dial"
)

// requireTinyproxy, set to 1, makes a missing proxy program a failure.
const requireTinyproxy = "JELLYFISH_REQUIRE_TINYPROXY"

// tinyproxy runs Debian's proxy program, with settings of the test's besides those
// that it needs, and returns its address.
func tinyproxy(t *testing.T, settings string) string {
	t.Helper()
	program, err := exec.LookPath("tinyproxy")
	if err != nil {
		if os.Getenv(requireTinyproxy) == "1" {
			t.Fatal(err)
		}
		t.Skipf("no proxy program to test with: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = listener.Close()
	file := filepath.Join(t.TempDir(), "tinyproxy.conf")
	text := fmt.Sprintf("Port %s\nListen 127.0.0.1\nTimeout 60\nMaxClients 10\n%s\n", port, settings)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	command := exec.Command(program, "-d", "-c", file)
	command.Stdout, command.Stderr = &output, &output
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		if time.Since(begun) > 20*time.Second {
			_ = command.Process.Kill()
			<-ended
			t.Fatalf("tinyproxy doesn't listen: %v\n%s", err, &output)
		}
	}
}

func TestTinyproxy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(hello))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	through := func(user, address string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return tunnelled(ctx, &http.Transport{Proxy: by(t, "http://"+user+address)}, server.URL)
	}
	open := tinyproxy(t, "BasicAuth user hunter22\nConnectPort "+port)
	if body, err := through("user:hunter22@", open); err != nil || body != "hello" {
		t.Errorf("with the right credentials: %q, %v", body, err)
	}
	_, err := through("user:wrongpassword@", open)
	checkRefusal(t, err, 401, 407)
	_, err = through("user:hunter22@", tinyproxy(t, "BasicAuth user hunter22\nConnectPort 1"))
	checkRefusal(t, err, 403)
	if want := "allow port " + port; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want it to say: %s", err, want)
	}
}

func checkRefusal(t *testing.T, err error, codes ...int) {
	t.Helper()
	var refused *dial.ProxyError
	if !errors.As(err, &refused) || !slices.Contains(codes, refused.Code) {
		t.Errorf("error %v, want a refusal with one of %d", err, codes)
	}
}
