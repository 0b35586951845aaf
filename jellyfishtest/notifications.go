package jellyfishtest

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// notificationPath is where the notification socket is.
const notificationPath = "/socket/server/websocket"

// socketPath returns a path as that of a socket is compared: without its empty
// elements, and as the client escaped it.
func socketPath(u *url.URL) string {
	elements := strings.FieldsFunc(u.EscapedPath(), func(c rune) bool { return c == '/' })
	return "/" + strings.Join(elements, "/")
}

// serveNotifications answers a request for the notification socket and, once it
// is upgraded, serves it until it ends.
func (s *Server) serveNotifications(w http.ResponseWriter, r *http.Request) {
	s.recordUpgrade(r)
	if status, header := s.faults.upgradeAnswer(); status != 0 {
		setSocketHeader(w)
		for name, values := range header {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		w.WriteHeader(status)
		return
	}
	var sub *subscriber
	in := s.upgrade(w, r, func(payload []byte) { sub.send(frame(opPong, payload)) })
	if in == nil {
		return
	}
	defer s.goroutines.Done() // counted in by countGoroutine
	sub = &subscriber{socket: newSocket(connBelow(in.wire.Conn), in.wire.Conn)}
	s.log.Info("New incoming server WebSocket connection, accepting")
	s.mu.Lock()
	sub.conn.subscriber = sub
	s.mu.Unlock()
	written := sub.start(sub.tick)
	sub.read(in, sub.message)
	<-written
	in.release()
}

// upgrade answers a request for a WebSocket. The result is nil if it wasn't
// upgraded.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, onPing func([]byte)) *incoming {
	setSocketHeader(w)
	if !s.originAllowed(r.Header.Get("Origin")) {
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	return accept(w, r, onPing)
}

func setSocketHeader(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "max-age=0, private, must-revalidate")
	w.Header().Set("Server", "Cowboy")
}

// originAllowed tells whether a request with that Origin header is upgraded: one
// without is, and one from the host that the server is at.
func (s *Server) originAllowed(origin string) bool {
	if origin == "" || s.config.DisableCheckOrigin {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	host, _, err := net.SplitHostPort(s.address)
	return err == nil && strings.EqualFold(u.Hostname(), host)
}
