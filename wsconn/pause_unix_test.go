//go:build unix

package wsconn_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const pausedChild = "WSCONN_TEST_PAUSED_CHILD"

// P2: a process is stopped while its server goes on and then gives up the connection.
// What it reads first when it continues was sent before the pause; what is missing was
// sent during it.
func TestP2StoppedProcessKnowsWhatItMayHaveMissed(t *testing.T) {
	if address := os.Getenv(pausedChild); address != "" {
		conn := dial(t, (&host{address: address}).config())
		count := 0
		for ; ; count++ {
			if _, err := conn.Receive(); err != nil {
				break
			}
		}
		fmt.Printf("\nreceived %d since %d\n", count, conn.LastFrame().UnixNano())
		return
	}
	leavesNothing(t)
	stop, stopped, given := make(chan struct{}), make(chan struct{}), make(chan time.Time, 1)
	h := listen(t, upgraded(func(p *peer) {
		send := func(d time.Duration) {
			for begun := time.Now(); time.Since(begun) < d; time.Sleep(5 * time.Millisecond) {
				_ = p.say(frame(final|opBinary, []byte("notification")))
			}
		}
		send(1500 * time.Millisecond)
		close(stop)
		<-stopped
		send(300 * time.Millisecond)
		given <- time.Now()
	}))
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
	child.Env = append(os.Environ(), pausedChild+"="+h.address, "GORACE=atexit_sleep_ms=0")
	var output strings.Builder
	child.Stdout, child.Stderr = &output, &output
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	<-stop
	if err := child.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	close(stopped)
	givenUp := <-given
	time.Sleep(time.Until(began.Add(2500 * time.Millisecond)))
	if err := child.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	_, text, _ := strings.Cut(output.String(), " since ")
	nanos, err := strconv.ParseInt(strings.Fields(text + " x")[0], 10, 64)
	if err != nil {
		t.Fatalf("%v\n%s", err, &output)
	}
	since := time.Unix(0, nanos)
	if since.After(givenUp) {
		t.Errorf("the last frame came %v after the server gave up", since.Sub(givenUp))
	}
	if early := began.Sub(since); early > 10*time.Second {
		t.Errorf("the last frame came %v before the process was stopped", early)
	}
}
