package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
)

func TestMain(m *testing.M) {
	os.Unsetenv("JELLYFISH_ADDRESS")
	os.Unsetenv("JELLYFISH_TOKEN")
	os.Exit(leak.Main(m))
}

// The test server and the notifier, each a process of its own.
func TestProcesses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no way to send Ctrl-C to one process")
	}
	t.Parallel()
	dir := t.TempDir()
	runGo(t, "build", "-o", dir, "./examples/notifier", "./examples/testserver")

	server := start(t, dir, "testserver", "-addr", "127.0.0.1:0", "-token", "secret", "-demo")
	address := strings.TrimPrefix(server.next(t, "listening on "), "listening on ")

	notifier := start(t, dir, "notifier", "-addr", address, "-token", "secret", "-metrics")
	notifier.next(t, "subscribed to "+address)
	for _, kind := range []string{"peer_connected", "gap", "peer_crashed", "metrics_report", "room_deleted"} {
		notifier.next(t, kind)
	}
	notifier.interrupt(t)

	refused := start(t, dir, "notifier", "-addr", address, "-token", "mistaken")
	if code := refused.exit(t); code != 1 {
		t.Errorf("exit status %d after a wrong token, want 1", code)
	}
	if text := refused.stderr.String(); !strings.Contains(text, "refused the token") || strings.Contains(text, "mistaken") {
		t.Errorf("a wrong token's error: %s", text)
	}
	server.interrupt(t)
}

// process is a program that runs.
type process struct {
	*exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer // To be read after exit.
}

// start starts a program that is killed if it takes too long.
func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	p := &process{Cmd: exec.CommandContext(ctx, filepath.Join(dir, name), args...)}
	p.Stderr = &p.stderr
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.lines = bufio.NewScanner(stdout)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = p.Wait() // An error where exit has waited already.
	})
	return p
}

// next returns the program's next line that contains text.
func (p *process) next(t *testing.T, text string) string {
	t.Helper()
	for p.lines.Scan() {
		if strings.Contains(p.lines.Text(), text) {
			return p.lines.Text()
		}
	}
	t.Fatalf("%s ended, or took too long, without a line with %q", p, text)
	return ""
}

// interrupt sends Ctrl-C, on which a program ends well.
func (p *process) interrupt(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.exit(t); code != 0 {
		t.Errorf("%s: exit status %d after Ctrl-C, want 0\n%s", p, code, &p.stderr)
	}
}

// exit waits for the program's end and returns its exit status.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	for p.lines.Scan() {
	}
	_ = p.Wait() // The exit status tells more.
	return p.ProcessState.ExitCode()
}

// runGo runs the go command at the root of the module.
func runGo(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = ".."
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
