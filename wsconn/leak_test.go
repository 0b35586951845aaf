package wsconn_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
)

// leavesNothing checks that no goroutine and no descriptor is left when the test, and
// everything that it starts from here on, has ended.
func leavesNothing(t testing.TB) {
	before := leak.Descriptors()
	t.Cleanup(func() {
		if left := leak.Goroutines(); left != "" {
			t.Errorf("goroutines left behind:\n%s", left)
		}
		if before < 0 {
			return // Not on this system.
		}
		if excess := leak.DescriptorsDownTo(before); excess != "" {
			t.Error(excess)
		}
	})
}

// clientGoroutines returns the stacks of the goroutines that belong to a connection,
// ours and those of the packages below, except the caller's.
func clientGoroutines() []string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var found []string
	for i, stack := range strings.Split(string(buf), "\n\n") {
		if i > 0 && ofClient(stack) {
			found = append(found, stack)
		}
	}
	return found
}

func ofClient(stack string) bool {
	for _, part := range []string{
		"jellyfish-go/wsconn.", "coder/websocket.", "net/http.(*Transport)", "net/http.(*persistConn)",
		"crypto/tls.(*Conn).clientHandshake", "net.(*Dialer)", "net.(*Resolver)",
	} {
		if strings.Contains(stack, part) {
			return true
		}
	}
	return false
}
