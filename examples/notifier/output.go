package main

import (
	"fmt"
	"io"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// output is where the program tells what it receives, and how it is doing.
type output struct {
	printer
	status io.Writer
}

// printer prints a notification or a metrics report on one line. Its error is
// that of writing.
type printer interface {
	print(n decode.Notification) error
}

// newOutput prints a table and the status on stdout or, where only JSON is to be
// there, the status on stderr.
func newOutput(json bool, stdout, stderr io.Writer) output {
	if json {
		return output{jsonLines{stdout}, stderr}
	}
	return output{newTable(stdout), stdout}
}

// say tells how the program is doing.
func (o output) say(format string, args ...any) {
	fmt.Fprintf(o.status, format+"\n", args...)
}
