package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

// The examples, each in its own process.
func TestProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runGo(t, "build", "-o", dir, "./examples/...")
	for _, name := range []string{"quickstart", "notifier", "rooms", "workers", "liveview", "auditlog", "webhook", "fishjam"} {
		t.Run(name+" by itself", func(t *testing.T) {
			t.Parallel()
			p := start(t, dir, name)
			if code := p.exit(); code != 0 {
				t.Errorf("exit status %d, want 0\n%s", code, &p.stderr)
			}
		})
	}
	for _, name := range []string{"notifier", "rooms", "workers", "liveview", "auditlog", "webhook", "fishjam", "testserver"} {
		t.Run(name+" with a wrong flag", func(t *testing.T) {
			t.Parallel()
			if code := start(t, dir, name, "-nonsense").exit(); code != 2 {
				t.Errorf("exit status %d, want 2", code)
			}
		})
	}
	for _, name := range []string{"notifier", "rooms", "workers", "liveview", "auditlog", "webhook"} {
		t.Run(name+" with a wrong token", func(t *testing.T) {
			t.Parallel()
			server := jellyfishtest.Run(t, jellyfishtest.Config{})
			p := start(t, dir, name, "-addr", server.Address(), "-token", "mistaken")
			code := p.exit()
			text := p.stderr.String()
			if code != 1 || !strings.Contains(text, "refused the token") && !strings.Contains(text, "401") || strings.Contains(text, "mistaken") {
				t.Errorf("exit status %d\n%s", code, text)
			}
		})
	}
	if runtime.GOOS == "windows" {
		return // It can't send Ctrl-C to a single process.
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		for _, test := range interrupted {
			t.Run(fmt.Sprint(test.name, " until ", signal), func(t *testing.T) {
				t.Parallel()
				test.run(t, dir, signal)
			})
		}
		for name, line := range map[string]string{
			"notifier": "room_created", "workers": "opened", "liveview": "appeared", "auditlog": "recording", "webhook": "peer_added",
		} {
			t.Run(fmt.Sprint(name, " by itself until ", signal), func(t *testing.T) {
				t.Parallel()
				p := start(t, dir, name)
				p.next(t, line)
				p.end(t, signal)
			})
		}
		t.Run(fmt.Sprint("testserver until ", signal), func(t *testing.T) {
			t.Parallel()
			server := start(t, dir, "testserver", "-addr", "127.0.0.1:0", "-demo")
			_, address, _ := strings.Cut(server.next(t, "listening on "), "listening on ")
			notifier := start(t, dir, "notifier", "-addr", address, "-token", jellyfishtest.Token)
			notifier.next(t, `room_deleted room_id="standup"`)
			notifier.end(t, signal)
			server.end(t, signal)
		})
	}
	t.Run("workers lose nothing", func(t *testing.T) {
		t.Parallel()
		testShutdown(t, dir)
	})
}

// interruption is a program that gets a signal in the middle of its work.
type interruption struct {
	name string
	// ready is in the line after which a room is created for the program, if any; line
	// is in that after which the signal is sent.
	ready, line string
	// hangs is a call to which the server never responds.
	hangs jellyfishtest.CallFault
}

var interrupted = []interruption{
	{name: "notifier", ready: "subscribed to", line: "room_created"},
	{name: "workers", ready: "working for", line: "room standup: opened"},
	{name: "liveview", ready: "rooms: 0", line: "room standup appeared"},
	{name: "auditlog", ready: "recording"},
	{name: "rooms", line: "was deleted", hangs: jellyfishtest.CallFault{Method: http.MethodPost, Path: "/room/*/component"}},
	{name: "webhook", line: "peer_added", hangs: jellyfishtest.CallFault{Method: http.MethodDelete, Path: "/room/*/peer/*"}},
}

// run checks that the program ends well and leaves none of its rooms behind.
func (i interruption) run(t *testing.T, dir string, signal os.Signal) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	if i.hangs.Path != "" {
		i.hangs.Delay = time.Hour
		if err := server.FailCalls(i.hangs); err != nil {
			t.Fatal(err)
		}
	}
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	args := []string{"-addr", server.Address(), "-token", jellyfishtest.Token}
	if i.name == "auditlog" {
		args = append(args, "-file", filepath.Join(t.TempDir(), "audit.jsonl"))
	}
	p := start(t, dir, i.name, args...)
	if i.ready != "" {
		p.next(t, i.ready)
		if _, err := client.Create(t.Context(), rooms.RoomConfig{RoomID: "standup"}); err != nil {
			t.Fatal(err)
		}
	}
	if i.line != "" {
		p.next(t, i.line)
	}
	p.end(t, signal)
	if i.ready != "" {
		return
	}
	if list, err := client.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, error %v", list, err)
	}
}

// testShutdown has three workers receive 1,000 notifications each, faster than they
// handle them, and then SIGTERM. All of them must handle everything.
func testShutdown(t *testing.T, dir string) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	p := start(t, dir, "workers", "-addr", server.Address(), "-token", jellyfishtest.Token, "-work", "500us", "-grace", "1h")
	p.next(t, "working for")
	var all []decode.Notification
	for i := range 3 * 1000 {
		all = append(all, decode.PeerAdded{RoomID: fmt.Sprint("room-", i%3), PeerID: fmt.Sprint(i)})
	}
	if err := server.Send(append(all, decode.RoomCreated{RoomID: "last"})...); err != nil {
		t.Fatal(err)
	}
	p.next(t, "room last: opened") // Everything before it has been received.
	p.signal(t, syscall.SIGTERM)
	p.next(t, "3001 notifications received, 3001 handled")
	if code := p.exit(); code != 0 {
		t.Errorf("exit status %d, want 0\n%s", code, &p.stderr)
	}
}

// process is a running program.
type process struct {
	*exec.Cmd
	lines  *bufio.Scanner
	stderr bytes.Buffer // Must be read only after exit.
}

// start starts a program, which is killed when the test ends.
func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
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
		_ = p.Wait() // It fails if exit has already waited.
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
	code := p.exit()
	t.Fatalf("%s ended with %d and without a line with %q\n%s", p, code, text, &p.stderr)
	return ""
}

// end sends the program a signal, which must end it well.
func (p *process) end(t *testing.T, signal os.Signal) {
	t.Helper()
	p.signal(t, signal)
	if code := p.exit(); code != 0 {
		t.Errorf("%s: exit status %d after %v, want 0\n%s", p, code, signal, &p.stderr)
	}
}

func (p *process) signal(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// exit waits for the program's end and returns its exit status.
func (p *process) exit() int {
	for p.lines.Scan() {
	}
	_ = p.Wait() // The exit status tells more.
	return p.ProcessState.ExitCode()
}

// Examples are code to copy: none has more than three files, or 250 lines.
func TestExamplesAreSmall(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files, lines := make(map[string]int), make(map[string]int)
	for _, name := range all {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Dir(name)]++
		lines[filepath.Dir(name)] += bytes.Count(text, []byte("\n"))
	}
	for example := range files {
		if files[example] > 3 || lines[example] > 250 {
			t.Errorf("%s has %d files and %d lines", example, files[example], lines[example])
		}
	}
}

// The list of examples has all of them, with the commands that run them.
func TestListOfExamples(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, main := range mains {
		if command := "go run ./examples/" + filepath.Dir(main); !bytes.Contains(list, []byte(command)) {
			t.Errorf("README.md lacks %q", command)
		}
	}
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
