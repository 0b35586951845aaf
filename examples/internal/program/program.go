// Package program runs the examples within their tests.
package program

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
)

// Main runs the tests of an example, without the environment variables that name
// servers, and fails if goroutines are left afterwards.
func Main(m *testing.M) int {
	os.Unsetenv("JELLYFISH_ADDRESS")
	os.Unsetenv("JELLYFISH_TOKEN")
	return leak.Main(m)
}

// Run is an example's program: it prints to out until it or the context ends.
type Run func(ctx context.Context, args []string, out io.Writer) error

// Program is a running example.
type Program struct {
	// Signal ends its context, as Ctrl-C and SIGTERM do.
	Signal func()

	lines *bufio.Scanner
	ended chan error
}

// Start runs an example. The test must call [Program.End].
func Start(t *testing.T, run Run, args ...string) *Program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, to := io.Pipe()
	p := &Program{Signal: cancel, lines: bufio.NewScanner(out), ended: make(chan error, 1)}
	go func() {
		defer to.Close()
		p.ended <- run(ctx, args, to)
	}()
	return p
}

// Next returns the next line that contains text, skipping those before it.
func (p *Program) Next(t *testing.T, text string) string {
	t.Helper()
	for p.lines.Scan() {
		if strings.Contains(p.lines.Text(), text) {
			return p.lines.Text()
		}
	}
	t.Fatalf("the program ended with %v and without a line with %q", <-p.ended, text)
	return ""
}

// End waits for the program's end and returns its remaining lines and its error.
func (p *Program) End() (lines []string, err error) {
	for p.lines.Scan() {
		lines = append(lines, p.lines.Text())
	}
	p.Signal()
	return lines, <-p.ended
}
