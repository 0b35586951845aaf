package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// webServer is what the flags of "serve" say.
type webServer struct {
	settings     server.Settings
	listen       string
	passwordFile string
	allowAnyone  bool
	hosts        []string
	singleRooms  int
}

func newServe() *cobra.Command {
	var s webServer
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a web page of a server's rooms, and metrics for Prometheus",
		Long: `Serve a web page of a server's rooms, peers and notifications at /, metrics for
Prometheus at /metrics, and health checks at /healthz and /readyz.

The page is shown on this machine alone, unless --password-file or --allow-anyone
says otherwise; use a password over TLS only. The metrics and health checks hold no
secret and ask for none.`,
		Example: examples(
			"jellyfish serve",
			"jellyfish serve --listen :8080 --password-file password.txt --host rooms.example"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.run(c.Context(), c.ErrOrStderr())
		},
	}
	s.settings.AddTo(c.Flags())
	c.Flags().StringVar(&s.listen, "listen", "127.0.0.1:8080", "`ADDRESS` to listen on; port 0 is a free one")
	c.Flags().StringVar(&s.passwordFile, "password-file", "", "`FILE` with a password that the page asks for")
	c.Flags().BoolVar(&s.allowAnyone, "allow-anyone", false, "show the page to other machines without a password")
	c.Flags().StringSliceVar(&s.hosts, "host", nil, "host `NAME` by which the page is reached, besides localhost and IP addresses; may be given again")
	c.Flags().IntVar(&s.singleRooms, "single-rooms", 0, "how many of the largest rooms have metrics of their own")
	return c
}

func (s *webServer) run(ctx context.Context, log io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	handler, err := s.handler(ctx)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "listening on http://%s/\n", listener.Addr())
	return serveUntil(ctx, cancel, listener, handler)
}

// handler connects to the server and returns what is served.
func (s *webServer) handler(ctx context.Context) (http.Handler, error) {
	from, err := s.settings.Server()
	if err != nil {
		return nil, err
	}
	password, err := s.password()
	if err != nil {
		return nil, err
	}
	notifier, view, err := from.Watch(ctx)
	if err != nil {
		return nil, err
	}
	page, err := dashboard.New(ctx, dashboard.Config{
		View: view, Source: notifier, Password: password, AllowAnyone: s.allowAnyone, Hosts: s.hosts,
	})
	if err != nil {
		return nil, &failure.UsageError{Err: err}
	}
	collector, err := prometheus.New(ctx, prometheus.Config{
		Notifier: notifier, View: view, WebRTC: from.FishjamID == "", SingleRooms: s.singleRooms,
	})
	if err != nil {
		return nil, &failure.UsageError{Err: err}
	}
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.Handle("GET /metrics", collector.Handler())
	mux.Handle("GET /healthz", collector.Healthz())
	mux.Handle("GET /readyz", collector.Readyz())
	return mux, nil
}

func (s *webServer) password() (stream.Secret, error) {
	if s.passwordFile == "" {
		return stream.Secret{}, nil
	}
	text, err := os.ReadFile(s.passwordFile)
	if err != nil {
		return stream.Secret{}, failure.Usagef("--password-file: %w", err)
	}
	password := strings.TrimSpace(string(text))
	if password == "" {
		return stream.Secret{}, failure.Usagef("--password-file: the file is empty")
	}
	return stream.NewSecret(password), nil
}

// serveUntil serves until the context ends or the listener fails. Streams to
// browsers end with the context, before the server waits for its connections.
func serveUntil(ctx context.Context, cancel context.CancelFunc, listener net.Listener, handler http.Handler) error {
	web := http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	cancel()
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if err := web.Shutdown(last); err != nil {
		return web.Close()
	}
	return nil
}
