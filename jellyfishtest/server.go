package jellyfishtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
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
	bound       string           // The address listened on, which may be that of all interfaces.
	certificate *tls.Certificate // Nil without TLS.
	client      *http.Client
	http        *http.Server
	log         *slog.Logger
	uptime      uptime
	faults      faults
	record      record
	rooms       *rooms
	webhooks    *webhooks
	routes      []route
	hosted      *hosted // Nil unless the server is hosted Fishjam.

	// Lifecycle. The lock is a channel because stopping waits for connections
	// while it holds it, and only a channel lets the clock of a synctest bubble
	// run on meanwhile.
	lifecycle  chan struct{}
	listeners  []net.Listener // Nil while stopped.
	serving    sync.WaitGroup // The listeners' goroutines.
	closed     bool
	goroutines sync.WaitGroup

	mu    sync.Mutex // Guards the following; never held across I/O.
	conns map[*conn]struct{}
	// What doesn't come over TCP: all connections in memory, and those of
	// balancers. It is closed while the server is stopped.
	pipes     *pipeListener
	balancers []*Balancer
}

// New starts a server. It fails if the server can't listen on the address, which
// the error names, or if [Config.Webhooks] is invalid. The caller must call
// [Server.Close].
func New(config Config) (*Server, error) {
	config = config.withDefaults()
	if err := checkFishjamID(config.FishjamID); err != nil {
		return nil, err
	}
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
	if config.FishjamID != "" {
		s.hosted = &hosted{id: config.FishjamID, recordings: make(map[string]*hostedRecording)}
		s.routes = hostedRoutes()
	}
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

// TB is the part of [testing.TB] that [Run] needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Run starts a server as [New] does and closes it when the test ends. If that
// fails, so does the test.
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

// Address returns the server's host:port, followed by the path of the account if the
// server is hosted. It stays the same when the server is stopped and restarted.
func (s *Server) Address() string {
	if s.hosted != nil {
		return s.address + s.hosted.prefix()
	}
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

// HTTPClient returns a client that reaches this server and trusts it. Every call
// returns the same one. Its transport is an [*http.Transport] with DialContext
// set, so it can be cloned. The client of a server in memory reaches only that
// server, the others in its cluster, and their balancers.
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
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := socketPath(r.URL); {
		case path == notificationPath:
			s.serveNotifications(w, r)
		case path == peerPath:
			s.servePeer(w, r, false)
		case path == agentPath && s.hosted != nil:
			s.servePeer(w, r, true)
		default:
			if c, ok := r.Context().Value(connKey{}).(*conn); ok && c.balanced {
				w.Header().Set("Connection", "close")
			}
			s.serveREST(w, r)
		}
	})
	if s.hosted != nil {
		return s.hostedHandler(handler)
	}
	return handler
}

// Close stops the server for good and waits until its connections and goroutines are
// gone. Connections are cut and webhooks are dropped as by [Server.Stop]. Calling it
// again does nothing.
func (s *Server) Close() {
	s.lifecycle <- struct{}{}
	defer func() { <-s.lifecycle }()
	s.closed = true
	s.stop()
	s.client.CloseIdleConnections()
}

// Stop makes the server stop listening and cuts all connections, as [Server.Cut]
// with [CutClean] does, after what was sent to them. Connecting to its address is
// refused until [Server.Restart]. Its rooms are lost without a notification, as a
// Jellyfish server holds them in memory; recordings stay. Queued webhooks are
// dropped, and one in progress is aborted.
func (s *Server) Stop() {
	s.lifecycle <- struct{}{}
	defer func() { <-s.lifecycle }()
	s.stop()
}

// Restart makes the server listen again on its address, after stopping it if
// necessary. Its uptime starts over; token and faults stay as they were set. It
// fails if the address was taken meanwhile or if the server is closed; the error
// names the address.
func (s *Server) Restart() error {
	s.lifecycle <- struct{}{}
	defer func() { <-s.lifecycle }()
	if s.closed {
		return fmt.Errorf("jellyfishtest: restart %s: %w", s.address, errors.New("server is closed"))
	}
	s.stop()
	s.uptime.begin(0)
	return s.start()
}

// Reset is a restart behind a proxy that keeps the clients' connections: the server
// loses its rooms and its uptime starts over, without a notification. Connections
// stay, except those of peers, whose rooms are gone. Recordings, token and faults
// stay too.
func (s *Server) Reset() {
	s.rooms.reset()
}

// start listens and serves. The caller holds the lifecycle lock.
func (s *Server) start() error {
	listeners, err := s.listen()
	if err != nil {
		return fmt.Errorf("jellyfishtest: listen on %s: %w", s.address, err)
	}
	s.webhooks.start()
	s.listeners = listeners
	if s.config.Cluster != nil {
		s.config.Cluster.join(s)
	}
	for _, listener := range listeners {
		s.serving.Go(func() {
			_ = s.http.Serve(listener) // It ends when the listener is closed.
		})
	}
	return nil
}

// stop ends what start began. The caller holds the lifecycle lock.
func (s *Server) stop() {
	if s.listeners == nil {
		return
	}
	for _, listener := range s.listeners {
		listener.Close()
	}
	s.serving.Wait() // From here on no connection is added.
	s.webhooks.stop()
	if s.config.Cluster != nil {
		s.config.Cluster.leave(s)
	}
	s.rooms.clear()
	s.Cut(CutClean)
	s.goroutines.Wait()
	s.rooms.clear() // A request may have come meanwhile.
	s.listeners = nil
}

// listen opens the server's listeners; the first time it fixes the address. One
// is for what comes over TCP, unless the server is in memory, and one for what
// is given to the server by other means.
func (s *Server) listen() ([]net.Listener, error) {
	var listeners []net.Listener
	if s.config.InMemory {
		if _, _, err := net.SplitHostPort(s.address); err != nil {
			return nil, err
		}
	} else {
		listener, err := net.Listen("tcp", s.bound)
		if err != nil {
			return nil, err
		}
		if actual := listener.Addr().String(); actual != s.bound {
			s.bound, s.address = actual, dialable(actual)
		}
		listeners = append(listeners, s.track(listener))
	}
	pipes := newPipeListener()
	s.mu.Lock()
	s.pipes = pipes
	s.mu.Unlock()
	return append(listeners, s.track(pipes)), nil
}

// track makes the connections of a listener known to the server, and puts TLS on
// them if it has any.
func (s *Server) track(inner net.Listener) net.Listener {
	listener := net.Listener(&trackingListener{Listener: inner, server: s})
	if s.certificate != nil {
		listener = tls.NewListener(listener, &tls.Config{
			Certificates: []tls.Certificate{*s.certificate},
			NextProtos:   []string{"http/1.1"},
			// A ticket is written when nobody may be reading yet, which blocks on
			// a pipe.
			SessionTicketsDisabled: true,
		})
	}
	return listener
}

// dialable returns the address to dial for one that is listened on: a listener
// on all interfaces is reached on this machine.
func dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return address
}

// countGoroutine counts the goroutine of each HTTP connection. That of a
// connection that was upgraded is counted out by its handler.
func (s *Server) countGoroutine(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.goroutines.Add(1)
	case http.StateClosed:
		s.goroutines.Done()
	}
}
