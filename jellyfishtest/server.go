package jellyfishtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// idleTimeout is how long a Jellyfish server keeps an HTTP connection without a
// request.
const idleTimeout = 5 * time.Second

// Server is a running Jellyfish server. [New] and [Run] start one.
type Server struct {
	config      Config
	address     string
	bound       string           // the address listened on, which may be that of all interfaces
	certificate *tls.Certificate // nil without TLS
	client      *http.Client
	http        *http.Server
	log         *slog.Logger
	uptime      uptime
	faults      faults
	record      record
	rooms       *rooms
	webhooks    *webhooks
	routes      []route

	// Lifecycle. The lock is a channel because stopping waits for connections
	// while it holds it, and only a channel lets the clock of a synctest bubble
	// run on meanwhile.
	lifecycle  chan struct{}
	listeners  []net.Listener // nil while stopped
	serving    sync.WaitGroup // the listeners' goroutines
	closed     bool
	goroutines sync.WaitGroup

	mu    sync.Mutex // guards the following; never held across I/O
	conns map[*conn]struct{}
	// What doesn't come over TCP: all connections in memory, and those of
	// balancers. It is closed while the server is stopped.
	pipes     *pipeListener
	balancers []*Balancer
}

// New starts a server. The error of an address that can't be listened on names
// it; another one says what is wrong with [Config.Webhooks]. [Server.Close] must
// be called in the end.
func New(config Config) (*Server, error) {
	config = config.withDefaults()
	s := &Server{
		config:    config,
		address:   config.Address,
		bound:     config.Address,
		log:       config.Logger,
		lifecycle: make(chan struct{}, 1),
		conns:     make(map[*conn]struct{}),
	}
	s.faults.token = config.Token
	s.uptime.begin(0)
	s.rooms, s.routes = newRooms(s), routes()
	webhooks, err := newWebhooks(s)
	if err != nil {
		return nil, err
	}
	s.webhooks = webhooks
	if config.TLS {
		certificate, err := newCertificate(config.Address)
		if err != nil {
			return nil, fmt.Errorf("jellyfishtest: make a certificate for %s: %w", config.Address, err)
		}
		s.certificate = certificate
	}
	s.http = &http.Server{
		Handler:     s.handler(),
		IdleTimeout: idleTimeout,
		ConnState:   s.countGoroutine,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, connBelow(c))
		},
		ErrorLog: slog.NewLogLogger(config.Logger.Handler(), slog.LevelDebug),
	}
	if err := s.start(); err != nil {
		return nil, err
	}
	s.client = s.newClient()
	return s, nil
}

// TB is what [Run] needs of a test: every [testing.TB] is one.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Run starts a server for the length of a test: it is closed when the test
// ends. A server that can't be started ends the test.
func Run(t TB, config Config) *Server {
	t.Helper()
	s, err := New(config)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(s.Close)
	return s
}

// Address returns the server's host:port. It stays the same when the server is
// stopped and restarted.
func (s *Server) Address() string {
	return s.address
}

// Certificate returns the certificate that the server presents, or nil without
// [Config.TLS]. It is its own authority: a pool with it alone trusts the server.
func (s *Server) Certificate() *x509.Certificate {
	if s.certificate == nil {
		return nil
	}
	return s.certificate.Leaf
}

// HTTPClient returns a client that reaches this server and trusts it; every call
// returns the same one. Its transport is an [*http.Transport] of its own with
// DialContext set, so that it can be cloned. That of a server in memory reaches
// only this one and the others in memory of its cluster.
func (s *Server) HTTPClient() *http.Client {
	return s.client
}

func (s *Server) newClient() *http.Client {
	transport := &http.Transport{DialContext: new(net.Dialer).DialContext}
	if s.config.InMemory {
		transport.DialContext = s.dialPipe
	}
	if s.certificate != nil {
		roots := x509.NewCertPool()
		roots.AddCert(s.certificate.Leaf)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return &http.Client{Transport: transport}
}

// handler routes the server's requests.
func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch socketPath(r.URL) {
		case notificationPath:
			s.serveNotifications(w, r)
		case peerPath:
			s.servePeer(w, r)
		default:
			if c, ok := r.Context().Value(connKey{}).(*conn); ok && c.balanced {
				w.Header().Set("Connection", "close")
			}
			s.serveREST(w, r)
		}
	})
}
