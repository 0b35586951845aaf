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
	os.Unsetenv("JELLYFISH_SIGNING_SECRET")
	os.Exit(leak.Main(m))
}

// The test server and its clients, each a process of its own.
func TestProcesses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no way to send Ctrl-C to one process")
	}
	t.Parallel()
	dir := t.TempDir()
	runGo(t, "build", "-o", dir, "./examples/notifier", "./examples/rooms", "./examples/testserver", "./examples/webhook")
	for name, test := range map[string]func(*testing.T, string){
		"notifier":    testNotifier,
		"state":       testState,
		"webhook":     testWebhook,
		"wrong token": testWrongToken,
		"wrong flag":  testWrongFlag,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, dir)
		})
	}
}

func testNotifier(t *testing.T, dir string) {
	server, address := startServer(t, dir)
	notifier := start(t, dir, "notifier", "-addr", address, "-token", "secret", "-metrics")
	notifier.next(t, "subscribed to "+address)
	for _, kind := range []string{"peer_connected", "gap", "peer_crashed", "metrics_report", "room_deleted"} {
		notifier.next(t, kind)
	}
	notifier.interrupt(t)
	server.interrupt(t)
}

func testState(t *testing.T, dir string) {
	_, address := startServer(t, dir)
	notifier := start(t, dir, "notifier", "-addr", address, "-token", "secret", "-state", "-room", "standup")
	notifier.next(t, "subscribed to "+address)
	for _, text := range []string{"1 room, 1 peer", "Bob", "(inferred)", "0 rooms, 0 peers"} {
		notifier.next(t, text)
	}
	notifier.interrupt(t)
}

func testWebhook(t *testing.T, dir string) {
	_, address := startServer(t, dir)
	webhook := start(t, dir, "webhook", "-addr", address, "-token", "secret")
	for _, text := range []string{"receiving at http://127.0.0.1:", "room_created", "peer_deleted", "room_deleted", "the room has ended"} {
		webhook.next(t, text)
	}
	if code := webhook.exit(t); code != 0 {
		t.Errorf("exit status %d, want 0\n%s", code, &webhook.stderr)
	}

	webhook = start(t, dir, "webhook", "-addr", address, "-token", "secret")
	webhook.next(t, "peer_added")
	webhook.interrupt(t)
}

func testWrongToken(t *testing.T, dir string) {
	_, address := startServer(t, dir)
	for name, want := range map[string]string{"notifier": "refused the token", "rooms": "refused the token", "webhook": "401 Unauthorized"} {
		refused := start(t, dir, name, "-addr", address, "-token", "mistaken")
		if code := refused.exit(t); code != 1 {
			t.Errorf("%s: exit status %d after a wrong token, want 1", name, code)
		}
		if text := refused.stderr.String(); !strings.Contains(text, want) || strings.Contains(text, "mistaken") {
			t.Errorf("%s: a wrong token's error: %s", name, text)
		}
	}
}

func testWrongFlag(t *testing.T, dir string) {
	for _, name := range []string{"notifier", "rooms", "testserver", "webhook"} {
		if code := start(t, dir, name, "-nonsense").exit(t); code != 2 {
			t.Errorf("%s: exit status %d after a wrong flag, want 2", name, code)
		}
	}
}

// startServer starts a test server with a conference, and returns its address.
func startServer(t *testing.T, dir string) (server *process, address string) {
	t.Helper()
	server = start(t, dir, "testserver", "-addr", "127.0.0.1:0", "-token", "secret", "-demo")
	return server, strings.TrimPrefix(server.next(t, "listening on "), "listening on ")
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
