package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// output is where the program tells what it receives, and how it is doing.
type output struct {
	display
	status io.Writer
}

// display shows what a server tells.
type display interface {
	// open begins; the context is the lifetime of what it opens.
	open(ctx context.Context, cfg stream.Config) error
	// follow shows what comes until that ends, and returns why, or that it can't be
	// written.
	follow() error
}

// printer prints a notification or a metrics report on one line. Its error is
// that of writing.
type printer interface {
	print(n decode.Notification) error
}

// newOutput shows what is wanted, and the status, on stdout. Where only JSON is to
// be there, the status is on stderr.
func newOutput(o options, stdout, stderr io.Writer) output {
	switch {
	case o.state:
		return output{&state{to: newScreen(stdout), rooms: o.rooms}, stdout}
	case o.json:
		return output{&events{to: jsonLines{stdout}, options: o.subscription()}, stderr}
	}
	return output{&events{to: newTable(stdout), options: o.subscription()}, stdout}
}

// say tells how the program is doing.
func (o output) say(format string, args ...any) {
	fmt.Fprintf(o.status, format+"\n", args...)
}
