package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
)

func newRecord() *cobra.Command {
	w := &watching{format: output.JSON}
	var force bool
	c := &cobra.Command{
		Use:   "record FILE",
		Short: "Record notifications, with times and gaps, for replay",
		Long: `Write the server's notifications to a file, as they come and with the gaps
between them: a JSON object a line, as "jellyfish watch -o json" prints it. - is
the standard output. "jellyfish replay" plays it.`,
		Example: examples(
			"jellyfish record evening.jsonl",
			"jellyfish record --room standup --timeout 1h --metrics standup.jsonl"),
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			out := c.OutOrStdout()
			if args[0] == "-" {
				return w.run(c.Context(), out, c.ErrOrStderr())
			}
			mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
			if force {
				mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
			}
			file, err := os.OpenFile(args[0], mode, 0o666)
			if errors.Is(err, fs.ErrExist) {
				return failure.Usagef("%s is there already: --force overwrites it", args[0])
			} else if err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "recording to %s since %s\n", args[0], time.Now().Format(output.Clock))
			return errors.Join(w.run(c.Context(), file, c.ErrOrStderr()), file.Close())
		},
	}
	flags := c.Flags()
	w.settings.AddTo(flags)
	w.filter.addTo(c)
	flags.BoolVar(&w.metrics, "metrics", false, "record metrics reports too, those of all rooms")
	flags.IntVarP(&w.count, "count", "n", 0, "end after `N` notifications")
	flags.StringSliceVar(&w.until, "until", nil, "end when a notification of this `KIND` has come")
	flags.DurationVar(&w.timeout, "timeout", 0, "end after this time, with status 1 if --until or --count has not come")
	flags.BoolVar(&force, "force", false, "overwrite the file")
	completeKinds(c, "until")
	return c
}
