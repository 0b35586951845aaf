// Jellyfish watches, steers and debugs a Jellyfish media server from the terminal.
// See README.md; "jellyfish demo" needs no server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // A second Ctrl-C ends it at once.
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program, and returns its exit status.
func run(ctx context.Context, args []string, in io.Reader, out, log io.Writer) int {
	started := false
	root := newRoot(&started)
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(log)
	command, err := root.ExecuteContextC(ctx)
	switch {
	case ctx.Err() != nil:
		return failure.Interrupted
	case err == nil, errors.Is(err, syscall.EPIPE):
		return failure.OK
	case !started:
		err = &failure.UsageError{Err: err}
	}
	if !errors.Is(err, failure.ErrInterrupted) {
		fmt.Fprintf(log, "jellyfish: %v\n", err)
	}
	status := failure.Status(err)
	if status == failure.Usage {
		fmt.Fprintf(log, "%s -h tells more.\n", command.CommandPath())
	}
	return status
}

// newRoot returns the command line. A command that was understood sets started.
func newRoot(started *bool) *cobra.Command {
	root := &cobra.Command{
		Use:   "jellyfish",
		Short: "Watch, steer and debug a Jellyfish media server",
		Long: `Watch, steer and debug a Jellyfish media server from the terminal.

"jellyfish demo" needs no server. The others connect to $JELLYFISH_ADDRESS
(localhost:5002 by default) with the token in $JELLYFISH_TOKEN, or, if $FISHJAM_ID
is set and no address is, to hosted Fishjam with $FISHJAM_MANAGEMENT_TOKEN.

Data goes to the standard output, all else to the standard error. The exit
status is 0 if all is well, 1 for a failure, 2 for a command line that can't be
followed, 3 for a refused token, 4 for a server that can't be reached, and 130
after Ctrl-C.`,
		Example: examples(
			"jellyfish demo",
			"jellyfish top -a jellyfish.example:5002 --tls"),
		Version:          version(),
		Args:             cobra.NoArgs,
		SilenceUsage:     true,
		SilenceErrors:    true,
		PersistentPreRun: func(*cobra.Command, []string) { *started = true },
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	root.AddCommand(
		newBridge(),
		newComponents(),
		newDecode(),
		newDemo(),
		newDoctor(),
		newListen(),
		newPeers(),
		newRecord(),
		newReplay(),
		newRooms(),
		newServe(),
		newTestserver(),
		newTop(),
		newTrigger(),
		newVersion(),
		newWatch(),
	)
	return root
}

// examples returns the examples of a command's help.
func examples(lines ...string) string { return "  " + strings.Join(lines, "\n  ") }
