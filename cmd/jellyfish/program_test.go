//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// patience is how long anything may take, on the slowest machine.
const patience = 60 * time.Second

// built is the program as a user has it.
var built string

func TestMain(m *testing.M) {
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	for _, name := range []string{"JELLYFISH_ADDRESS", "JELLYFISH_TOKEN", "NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		os.Unsetenv(name)
	}
	dir, err := os.MkdirTemp("", "jellyfish")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built = filepath.Join(dir, "jellyfish")
	args := []string{"build", "-o", built, "."}
	if underRaceDetector() {
		args = slices.Insert(args, 1, "-race")
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// underRaceDetector tells whether the tests are built with -race, as the program
// is then to be too.
func underRaceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// serve starts a test server.
func serve(t *testing.T) *jellyfishtest.Server {
	t.Helper()
	return jellyfishtest.Run(t, jellyfishtest.Config{SequentialIDs: true})
}

// access is the environment in which a program finds a server.
func access(server *jellyfishtest.Server) []string {
	return []string{"JELLYFISH_ADDRESS=" + server.Address(), "JELLYFISH_TOKEN=" + jellyfishtest.Token}
}

// program is the built program, running with pipes.
type program struct {
	*exec.Cmd
	in       io.WriteCloser
	out, log *growing
	ended    chan struct{}
}

// growing is what a program has written so far.
type growing struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (g *growing) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *growing) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

// start starts the program.
func start(t *testing.T, env []string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	p := &program{Cmd: exec.CommandContext(ctx, built, args...), out: &growing{}, log: &growing{}, ended: make(chan struct{})}
	p.Env = append(os.Environ(), env...)
	p.Env = append(p.Env, "GORACE=atexit_sleep_ms=0")
	p.Stdout, p.Stderr = p.out, p.log
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.in = in
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // The exit status tells.
		close(p.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.ended
	})
	return p
}

// status waits for the program's end and returns its exit status.
func (p *program) status() int {
	<-p.ended
	return p.ProcessState.ExitCode()
}

// until waits until the program has written a text to one of its outputs.
func (p *program) until(t *testing.T, text string) {
	t.Helper()
	wait(t, func() bool {
		return strings.Contains(p.out.String(), text) || strings.Contains(p.log.String(), text)
	}, func() string {
		return fmt.Sprintf("%v wrote no %q\nstdout:\n%s\nstderr:\n%s", p.Args[1:], text, p.out, p.log)
	})
}

// interrupt is Ctrl-C.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := p.status(); got != 130 {
		t.Errorf("%v: exit status %d after Ctrl-C, want 130\n%s", p.Args[1:], got, p.log)
	}
}

// run runs the program to its end.
func execute(t *testing.T, env []string, args ...string) (out, log string, status int) {
	t.Helper()
	p := start(t, env, args...)
	p.in.Close()
	status = p.status()
	return p.out.String(), p.log.String(), status
}

// wait waits until something holds, or fails with what tell says.
func wait(t *testing.T, holds func() bool, tell func() string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(tell())
		}
	}
}

// terminal is the built program on a pseudo-terminal.
type terminal struct {
	*exec.Cmd
	tty     *os.File
	screen  *vt.SafeEmulator
	ended   chan struct{}
	hanging sync.Mutex // Held while the terminal takes nothing.
}

// Write shows what the program writes.
func (c *terminal) Write(p []byte) (int, error) {
	c.hanging.Lock()
	defer c.hanging.Unlock()
	return c.screen.Write(p)
}

// hang has the terminal take nothing more, or go on.
func (c *terminal) hang(on bool) {
	if on {
		c.hanging.Lock()
	} else {
		c.hanging.Unlock()
	}
}

// open starts the program on a terminal of a size.
func open(t *testing.T, width, height int, env []string, args ...string) *terminal {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	c := &terminal{Cmd: exec.CommandContext(ctx, built, args...), screen: vt.NewSafeEmulator(width, height), ended: make(chan struct{})}
	c.Env = append(append(os.Environ(), "TERM=xterm-256color", "GORACE=atexit_sleep_ms=0"), env...)
	tty, err := pty.StartWithSize(c.Cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		t.Fatal(err)
	}
	c.tty = tty
	go io.Copy(c, tty)        // Ends with the program.
	go io.Copy(tty, c.screen) // What the terminal answers.
	go func() {
		_ = c.Wait() // The exit status tells.
		close(c.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-c.ended
		tty.Close()
		if answers, ok := c.screen.InputPipe().(io.Closer); ok {
			answers.Close() // Its own Close isn't made for several goroutines.
		}
	})
	return c
}

// text is what stands on the screen.
func (c *terminal) text() string { return ansi.Strip(c.screen.Render()) }

// until waits until a text stands on the screen.
func (c *terminal) until(t *testing.T, text string) {
	t.Helper()
	wait(t, func() bool { return strings.Contains(c.text(), text) }, func() string {
		return fmt.Sprintf("no %q on the screen:\n%s", text, c.text())
	})
}

// press types keys.
func (c *terminal) press(t *testing.T, keys string) {
	t.Helper()
	if _, err := io.WriteString(c.tty, keys); err != nil {
		t.Fatal(err)
	}
}

func (c *terminal) resize(t *testing.T, width, height int) {
	t.Helper()
	c.screen.Resize(width, height)
	if err := pty.Setsize(c.tty, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.Fatal(err)
	}
}

func (c *terminal) status() int {
	<-c.ended
	return c.ProcessState.ExitCode()
}
