package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/conference"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/control"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// serving is how to run a test server.
type serving struct {
	listen, control string
	demo, verbose   bool
	cutEvery        time.Duration
	delay           time.Duration
	drop            int
	refuse          int
	tls             bool
	certificateFile string
}

func newTestserver() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "testserver",
		Short: "Run a server to develop against, without media, that fails on command",
		Long: `Run a server to develop against, without media: rooms over REST, the
notification socket and the peer socket, as server 0.5.0 has them. It accepts the
token in $` + server.TokenVariable + `, by default "` + jellyfishtest.Token + `".

Faults are brought about by flags and, while it runs, by a letter and Enter on
the standard input or by a POST to the control address:

` + control.Help() + `

A line that begins with { is a notification in JSON, which is sent to all: that
is how "jellyfish trigger" reaches it.`,
		Example: examples(
			"jellyfish testserver --demo",
			"jellyfish testserver --listen 127.0.0.1:0 --cut-every 10s"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.run(c.Context(), c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	flags := c.Flags()
	flags.StringVar(&s.listen, "listen", "127.0.0.1:5002", "`ADDRESS` to listen on; port 0 is a free one")
	flags.StringVar(&s.control, "control", control.DefaultAddress, "`ADDRESS` to be steered at; none if it is empty")
	flags.BoolVar(&s.demo, "demo", false, "have a conference go on")
	flags.BoolVarP(&s.verbose, "verbose", "v", false, "log what a server logs")
	flags.BoolVar(&s.tls, "tls", false, "speak TLS, with a certificate made for this run")
	flags.StringVar(&s.certificateFile, "certificate-file", "", "write that certificate to this `FILE`, for --ca-file")
	flags.DurationVar(&s.cutEvery, "cut-every", 0, "lose all connections every so often")
	flags.DurationVar(&s.delay, "delay", 0, "have every frame leave so much later")
	flags.IntVar(&s.drop, "drop-after-handshake", 0, "lose the first `N` connections right after they were confirmed; -1 stands for all")
	flags.IntVar(&s.refuse, "refuse", 0, "answer upgrades to the notification socket with this HTTP `STATUS`")
	return c
}

func (s *serving) run(ctx context.Context, in io.Reader, out, log io.Writer) error {
	token := cmp.Or(os.Getenv(server.TokenVariable), jellyfishtest.Token)
	config := jellyfishtest.Config{Address: s.listen, Token: token, TLS: s.tls}
	if s.verbose {
		config.Logger = slog.New(slog.NewTextHandler(log, nil))
	}
	inside, err := jellyfishtest.New(config)
	if err != nil {
		return fmt.Errorf("%w\n--listen names another address; port 0 is a free one", err)
	}
	defer inside.Close()
	inside.Delay(s.delay)
	inside.DropAfterHandshake(s.drop)
	if s.refuse != 0 {
		if s.refuse < 100 || s.refuse > 999 {
			return failure.Usagef("--refuse: want an HTTP status")
		}
		inside.AnswerUpgrade(s.refuse, nil)
	}
	if err := s.writeCertificate(inside); err != nil {
		return err
	}
	steered := control.New(inside, token)
	if err := s.beSteered(ctx, steered, log); err != nil {
		return err
	}
	if s.demo {
		if err := s.hold(ctx, inside, token); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "listening on", inside.Address())
	lines := make(chan string)
	go readLines(in, lines)
	var cut <-chan time.Time
	if s.cutEvery > 0 {
		ticker := time.NewTicker(s.cutEvery)
		defer ticker.Stop()
		cut = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-cut:
			inside.Cut(jellyfishtest.CutClean)
			fmt.Fprintln(log, time.Now().Format(output.Clock), "all connections were cut")
		case line := <-lines:
			text, err := steered.Do(line)
			if err != nil {
				text = err.Error()
			}
			fmt.Fprintln(log, time.Now().Format(output.Clock), text)
		}
	}
}

// readLines passes lines on until there are no more. It ends with the program.
func readLines(in io.Reader, lines chan<- string) {
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		if scanner.Text() != "" {
			lines <- scanner.Text()
		}
	}
}

// beSteered listens at the control address until the context ends.
func (s *serving) beSteered(ctx context.Context, steered *control.Server, log io.Writer) error {
	if s.control == "" {
		return nil
	}
	listener, err := net.Listen("tcp", s.control)
	if err != nil {
		return fmt.Errorf("%w\n--control names another address, or none if it is empty", err)
	}
	fmt.Fprintln(log, "steered at", listener.Addr())
	web := &http.Server{Handler: steered, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { web.Close() })
	go func() {
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(log, err)
		}
	}()
	return nil
}

func (s *serving) writeCertificate(inside *jellyfishtest.Server) error {
	if s.certificateFile == "" {
		return nil
	}
	if !s.tls {
		return failure.Usagef("--certificate-file needs --tls")
	}
	return os.WriteFile(s.certificateFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: inside.Certificate().Raw}), 0o644)
}

// hold begins a conference, which goes on until the context ends.
func (s *serving) hold(ctx context.Context, inside *jellyfishtest.Server, token string) error {
	played, err := conference.New(inside, rooms.NewSecret(token))
	if err != nil {
		return err
	}
	if err := played.Open(ctx); err != nil {
		return err
	}
	go played.Play(ctx)
	return nil
}
