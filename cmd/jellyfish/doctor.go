package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/doctor"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
)

func newDoctor() *cobra.Command {
	var settings server.Settings
	format := output.Table
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what of the way to a server works, and what to do about the rest",
		Long: `Take the way to a server step by step: address, proxy, DNS, connection, TLS,
health, clock, token and REST, subscription and metrics, nodes. Each step is a
line: ok, warn or fail, what was found, how long it took, and what to do.`,
		Example: examples(
			"jellyfish doctor",
			"jellyfish doctor -a jellyfish.example --tls -o json"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := settings.Server()
			if err != nil {
				return err
			}
			failures := 0
			out := c.OutOrStdout()
			cause := doctor.Examine(c.Context(), s, func(f doctor.Finding) error {
				if f.Verdict == doctor.Fail {
					failures++
				}
				took := fmt.Sprint(f.Took.Round(time.Millisecond))
				if format == output.JSON {
					return output.Object(out, struct {
						doctor.Finding
						Took float64 `json:"took_ms"`
					}{f, float64(f.Took.Microseconds()) / 1000})
				}
				_, err := fmt.Fprintf(out, "%-4s  %-10s  %6s  %s\n", f.Verdict, f.Step, took, output.Printable(f.Text))
				if err == nil && f.Advice != "" {
					_, err = fmt.Fprintf(out, "%26s→ %s\n", "", output.Printable(f.Advice))
				}
				return err
			})
			if failures == 0 {
				return cause
			}
			return &failure.StatusError{Text: output.Count(failures, "step") + " failed", As: cause}
		},
	}
	settings.AddTo(c.Flags())
	c.Flags().VarP(&format, "output", "o", "how to print: table or json")
	return c
}
