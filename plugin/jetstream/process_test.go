package jetstream

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The test binary is also the programs of TestProcesses: this variable says which.
const programVariable = "JETSTREAM_TEST_PROGRAM"

func TestMain(m *testing.M) {
	programs := map[string]func(context.Context, []string) error{
		"nats": natsProgram, "bridge": bridgeProgram, "worker": workerProgram,
	}
	program, ok := programs[os.Getenv(programVariable)]
	if !ok {
		code := m.Run()
		if left := goroutinesLeft(); code == 0 && left != "" {
			fmt.Fprintln(os.Stderr, "goroutines of this package are left:\n"+left)
			code = 1
		}
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	// A program must not outlive a test that was killed.
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(1) }()
	if err := program(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// goroutinesLeft returns the stacks of this package's goroutines that don't end.
func goroutinesLeft() string {
	var left string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		left = ""
		stacks := make([]byte, 8<<20)
		for _, one := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(one, "plugin/jetstream.(*") {
				left += one + "\n\n"
			}
		}
		if left == "" {
			break
		}
	}
	return left
}

// natsProgram is a NATS server with its store and port.
func natsProgram(ctx context.Context, args []string) error {
	port, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	s, err := newNATS(args[0], port)
	if err != nil {
		return err
	}
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

var processBridge = BridgeConfig{Window: time.Second, Lease: 1500 * time.Millisecond}

// processWorker has as many attempts as workers may be killed.
var processWorker = WorkerConfig{AckWait: 2 * time.Second, Attempts: 1000}

// bridgeStatus is what a bridge's program prints all the time.
type bridgeStatus struct {
	Run   string
	Stats BridgeStats
}

func bridgeProgram(ctx context.Context, args []string) error {
	life, cancel := context.WithCancel(context.Background())
	defer cancel()
	source, err := stream.Open(life, stream.Config{
		ServerAddress: args[1], ServerAPIToken: stream.NewSecret(jellyfishtest.Token), WaitForServer: true,
	})
	if err != nil {
		return err
	}
	conn, err := nats.Connect(args[0], ConnectOptions()...)
	if err != nil {
		return err
	}
	defer conn.Close()
	config := processBridge
	config.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	b, err := NewBridge(conn, source, config)
	if err != nil {
		return err
	}
	go func() {
		for ; ; time.Sleep(20 * time.Millisecond) {
			_ = json.NewEncoder(os.Stdout).Encode(bridgeStatus{b.run, b.Stats()})
		}
	}()
	return b.Run(ctx)
}

// workerProgram writes what it gets to a file, a line each before it acknowledges.
func workerProgram(ctx context.Context, args []string) error {
	file, err := os.OpenFile(args[1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	conn, err := nats.Connect(args[0], ConnectOptions()...)
	if err != nil {
		return err
	}
	defer conn.Close()
	var w *Worker
	for { // NATS may be away just now.
		if w, err = NewWorker(ctx, conn, processWorker); err == nil {
			break
		}
		if ctx.Err() != nil {
			return err
		}
	}
	var handlers sync.WaitGroup
	for range 4 {
		handlers.Go(func() {
			for d := range w.Deliveries() {
				what, number := "gap", 0
				if update, ok := d.Notification.(decode.PeerMetadataUpdated); ok {
					what = update.RoomID
					number, _ = strconv.Atoi(strings.Trim(string(update.Metadata), `{"n:}`))
				}
				line := fmt.Sprintf("%s %d %d %s %d\n", args[2], d.Partition, d.Sequence, what, number)
				if _, err := file.WriteString(line); err != nil {
					return
				}
				_ = d.Ack()
			}
		})
	}
	handlers.Wait()
	return nil
}

// program is a process of this test.
type program struct {
	name  string
	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{}

	mu     sync.Mutex
	status bridgeStatus
	stderr []string
}

func start(t *testing.T, kind, name string, args ...string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), programVariable+"="+kind)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{name: name, cmd: cmd, stdin: stdin, ended: make(chan struct{})}
	var read sync.WaitGroup
	read.Go(func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			var status bridgeStatus
			if json.Unmarshal(lines.Bytes(), &status) == nil {
				p.mu.Lock()
				p.status = status
				p.mu.Unlock()
			}
		}
	})
	read.Go(func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			p.mu.Lock()
			p.stderr = append(p.stderr, lines.Text())
			p.mu.Unlock()
		}
	})
	go func() {
		read.Wait()
		_ = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.ended
		if t.Failed() {
			t.Logf("%s:\n%s", name, strings.Join(p.stderr, "\n"))
		}
	})
	return p
}

func (p *program) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

func (p *program) now() bridgeStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// freePort returns a port on which nobody listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
