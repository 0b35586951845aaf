// Package leak reports whether tests have left goroutines or descriptors behind.
package leak

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// patience is how long something that is ending may take to be gone.
const patience = 5 * time.Second

// M is the part of *testing.M that Main needs.
type M interface{ Run() int }

// Main runs a package's tests and fails if goroutines are left after them. Use
// it in TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }
func Main(m M) int {
	code := m.Run()
	if code != 0 {
		return code
	}
	if left := Goroutines(); left != "" {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
		return 1
	}
	return 0
}

// Goroutines returns the stacks of the goroutines that run besides the caller's
// and the test framework's, once they have had time to end; empty if there are
// none.
func Goroutines() string {
	return await(others)
}

func others() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for i, stack := range strings.Split(string(buf), "\n\n") {
		if i > 0 && !harmless(stack) {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}

// harmless is what the test framework and the runtime keep running.
func harmless(stack string) bool {
	for _, part := range []string{"testing.(*T).Run", "testing.Main", "testing.tRunner.func", "testing.runFuzz", "testing.(*F)", "os/signal.loop", "runtime.ensureSigM"} {
		if strings.Contains(stack, part) {
			return true
		}
	}
	return false
}

// Descriptors returns how many file descriptors the process has open, or -1 if the
// system doesn't report it (Linux does).
func Descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(entries)
}

// DescriptorsDownTo waits until no more descriptors are open than there were and
// returns a description of the excess, empty if there is none.
func DescriptorsDownTo(before int) string {
	return await(func() string {
		if now := Descriptors(); now > before {
			return fmt.Sprintf("%d descriptors open, %d before", now, before)
		}
		return ""
	})
}

// await asks until the answer is empty or patience is at its end.
func await(ask func() string) string {
	deadline := time.Now().Add(patience)
	for {
		answer := ask()
		if answer == "" || time.Now().After(deadline) {
			return answer
		}
		time.Sleep(time.Millisecond)
	}
}

// Count returns the number of goroutines.
func Count() int { return runtime.NumGoroutine() }
