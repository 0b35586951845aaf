package jellyfishtest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// Close stops the server for good and waits until its connections and
// goroutines are gone. Connections are cut and webhooks are dropped as by
// [Server.Stop]. Closing again does nothing.
func (s *Server) Close() {
	s.lifecycle <- struct{}{}
	defer func() { <-s.lifecycle }()
	s.closed = true
	s.stop()
	s.client.CloseIdleConnections()
}

// Stop makes the server stop listening and cuts all connections as by
// [Server.Cut] with [CutClean], after what was sent to them. From then on
// connecting to its address is refused. The address stays the server's: see
// [Server.Restart]. Its rooms are gone with it, and nobody is told: a Jellyfish
// server holds them in memory. Recordings stay. Webhooks that weren't called yet
// never are, and the one being called is given up.
func (s *Server) Stop() {
	s.lifecycle <- struct{}{}
	defer func() { <-s.lifecycle }()
	s.stop()
}

// Restart makes the server listen again on the address that it had. A server
// that isn't stopped is stopped first. Its uptime begins anew; token and faults
// stay as they were set. The error says that somebody else took the address
// meanwhile or that the server is closed, and names the address.
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

// Reset makes the server forget its rooms and begin its uptime anew, as a
// restart does behind something that keeps the clients' connections: nobody is
// told, and connections stay, but for those of peers, whose rooms are gone.
// Recordings, token and faults stay.
func (s *Server) Reset() {
	s.rooms.reset()
	s.uptime.begin(0)
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
			_ = s.http.Serve(listener) // it ends when the listener is closed
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
	s.serving.Wait() // from here on no connection is added
	s.webhooks.stop()
	if s.config.Cluster != nil {
		s.config.Cluster.leave(s)
	}
	s.rooms.clear()
	s.Cut(CutClean)
	s.goroutines.Wait()
	s.rooms.clear() // a request may have come meanwhile
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
