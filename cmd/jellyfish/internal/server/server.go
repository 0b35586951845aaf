// Package server has the settings of the connection to a server: the only place
// in which flags and environment become configurations of the library.
package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The environment that stands in for flags: of a Jellyfish server, and of hosted
// Fishjam.
const (
	AddressVariable    = "JELLYFISH_ADDRESS"
	TokenVariable      = "JELLYFISH_TOKEN"
	FishjamVariable    = "FISHJAM_ID"
	ManagementVariable = "FISHJAM_MANAGEMENT_TOKEN"
)

// DefaultAddress is where a server listens that was started for development.
const DefaultAddress = "localhost:5002"

// Settings are what flags say about the server.
type Settings struct {
	address, fishjam, tokenFile, caFile string
	nodes                               []string
	tls                                 bool
	timeout                             time.Duration
}

// AddTo adds the flags.
func (s *Settings) AddTo(flags *pflag.FlagSet) {
	flags.StringVarP(&s.address, "address", "a", "", "`ADDRESS` of the server, as in "+DefaultAddress+", or its URL (default $"+AddressVariable+" or "+DefaultAddress+")")
	flags.StringVar(&s.fishjam, "fishjam", "", "`ID` of hosted Fishjam instead of an address, or its URL (default $"+FishjamVariable+", if no address is given)")
	flags.StringSliceVar(&s.nodes, "node", nil, "further `ADDRESS` of a node of the same cluster; may be given again")
	flags.StringVar(&s.tokenFile, "token-file", "", "`FILE` with the server's API token, read anew for each connection; - is the standard input (default $"+TokenVariable+", of hosted Fishjam $"+ManagementVariable+")")
	flags.BoolVar(&s.tls, "tls", false, "use TLS where the address has no scheme")
	flags.StringVar(&s.caFile, "ca-file", "", "PEM `FILE` of authorities to trust beside the system's")
	flags.DurationVar(&s.timeout, "connect-timeout", 0, "how long connecting, or a call, may take (default 10s)")
}

// Server is a server, and how to get there.
type Server struct {
	Address string
	// FishjamID is the id, or the URL, of hosted Fishjam; empty for other servers. It
	// has one node, at Address.
	FishjamID string
	// Nodes are the addresses of all nodes of the cluster, the first of which is
	// Address.
	Nodes []string
	// Token returns the API token.
	Token func(context.Context) (string, error)
	// Client makes the requests; nil means the library's own.
	Client  *http.Client
	TLS     bool
	Timeout time.Duration
	Logger  *slog.Logger
}

// Server returns the server that the flags and the environment name.
func (s *Settings) Server() (*Server, error) {
	id := s.fishjam
	if id == "" && s.address == "" && os.Getenv(AddressVariable) == "" {
		id = os.Getenv(FishjamVariable)
	}
	switch {
	case s.fishjam != "" && s.address != "":
		return nil, failure.Usagef("--fishjam and --address exclude each other")
	case id != "" && (len(s.nodes) > 0 || s.tls):
		return nil, failure.Usagef("hosted Fishjam has no --node and no --tls")
	}
	variable := TokenVariable
	if id != "" {
		variable = ManagementVariable
	}
	token, err := s.token(variable)
	if err != nil {
		return nil, err
	}
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	if s.timeout < 0 {
		return nil, failure.Usagef("--connect-timeout must not be negative")
	}
	address := cmp.Or(s.address, os.Getenv(AddressVariable), DefaultAddress)
	server := &Server{
		Address:   address,
		FishjamID: id,
		Nodes:     append([]string{address}, s.nodes...),
		Token:     token,
		Client:    client,
		TLS:       s.tls,
		Timeout:   s.timeout,
	}
	if id == "" {
		return server, nil
	}
	calls, err := server.Fishjam()
	if err != nil {
		return nil, err
	}
	server.Address = calls.Address()
	server.Nodes = []string{server.Address}
	return server, nil
}

// token returns a source of the token, which was there at least once.
func (s *Settings) token(variable string) (func(context.Context) (string, error), error) {
	if s.tokenFile == "" {
		token := os.Getenv(variable)
		if token == "" {
			return nil, failure.Usagef("no token: set %s or give --token-file", variable)
		}
		return fixed(token), nil
	}
	if s.tokenFile == "-" {
		text, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<16))
		if err != nil {
			return nil, fmt.Errorf("token from the standard input: %w", err)
		}
		return fixed(strings.TrimSpace(string(text))), nil
	}
	read := func(context.Context) (string, error) {
		text, err := os.ReadFile(s.tokenFile)
		return strings.TrimSpace(string(text)), err
	}
	token, err := read(context.Background())
	if err == nil && token == "" {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return nil, failure.Usagef("--token-file: %w", err)
	}
	return read, nil
}

func fixed(token string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, nil }
}

func (s *Settings) client() (*http.Client, error) {
	if s.caFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.caFile)
	if err != nil {
		return nil, failure.Usagef("--ca-file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, failure.Usagef("--ca-file: no certificate in %s", s.caFile)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	return &http.Client{Transport: transport}, nil
}

// Stream returns the configuration of a notifier.
func (s *Server) Stream() stream.Config {
	if s.FishjamID != "" {
		return stream.Config{
			FishjamID:      s.FishjamID,
			TokenSource:    s.Token,
			HTTPClient:     s.Client,
			Logger:         s.Logger,
			ConnectTimeout: s.Timeout,
		}
	}
	return stream.Config{
		ServerAddress:     s.Address,
		FallbackAddresses: s.Nodes[1:],
		TokenSource:       s.Token,
		Secure:            s.TLS,
		HTTPClient:        s.Client,
		Logger:            s.Logger,
		ConnectTimeout:    s.Timeout,
	}
}

// Rooms returns the configuration of a REST client.
func (s *Server) Rooms() rooms.Config {
	return rooms.Config{
		ServerAddress: s.Address,
		TokenSource:   s.Token,
		Secure:        s.TLS,
		HTTPClient:    s.Client,
		Timeout:       s.Timeout,
	}
}

// RESTClient returns a REST client of the server.
func (s *Server) RESTClient() (*rooms.Client, error) {
	client, err := rooms.New(s.Rooms())
	if err != nil {
		return nil, &failure.UsageError{Err: err}
	}
	return client, nil
}

// Fishjam returns a REST client of hosted Fishjam.
func (s *Server) Fishjam() (*fishjam.Client, error) {
	client, err := fishjam.New(fishjam.Config{
		FishjamID:   s.FishjamID,
		TokenSource: s.Token,
		HTTPClient:  s.Client,
		Timeout:     s.Timeout,
		Logger:      s.Logger,
	})
	if err != nil {
		return nil, &failure.UsageError{Err: err}
	}
	return client, nil
}

// Callers returns what calls each node.
func (s *Server) Callers() ([]Caller, error) {
	if s.FishjamID != "" {
		client, err := s.Fishjam()
		if err != nil {
			return nil, err
		}
		return []Caller{hosted{client}}, nil
	}
	first, err := s.RESTClient()
	if err != nil {
		return nil, err
	}
	callers := []Caller{node{first}}
	for _, address := range s.Nodes[1:] {
		client, err := first.At(address)
		if err != nil {
			return nil, failure.Usagef("--node: %w", err)
		}
		callers = append(callers, node{client})
	}
	return callers, nil
}

// Open connects to the server; the context is the connection's lifetime.
func (s *Server) Open(ctx context.Context) (*stream.Notifier, error) {
	notifier, err := stream.Open(ctx, s.Stream())
	return notifier, failure.Connecting(err)
}

// Watch connects to the server and begins a live view; the context is the
// lifetime of both.
func (s *Server) Watch(ctx context.Context) (*stream.Notifier, *watch.View, error) {
	if s.FishjamID != "" {
		return s.watchFishjam(ctx)
	}
	client, err := s.RESTClient()
	if err != nil {
		return nil, nil, err
	}
	notifier, err := s.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	view, err := watch.Start(ctx, client, notifier, watch.Config{Nodes: s.Nodes, Logger: s.Logger})
	return notifier, view, failure.Connecting(err)
}

func (s *Server) watchFishjam(ctx context.Context) (*stream.Notifier, *watch.View, error) {
	client, err := s.Fishjam()
	if err != nil {
		return nil, nil, err
	}
	notifier, err := s.Open(ctx)
	if err != nil {
		return nil, nil, err
	}
	view, err := watch.StartFishjam(ctx, client, notifier, watch.Config{Logger: s.Logger})
	return notifier, view, failure.Connecting(err)
}

// Of returns a server with a token that needs no keeping.
func Of(address, token string) *Server {
	return &Server{Address: address, Nodes: []string{address}, Token: fixed(token)}
}
