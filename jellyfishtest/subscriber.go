package jellyfishtest

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// notificationPath is where the notification socket is.
const notificationPath = "/socket/server/websocket"

// socketPath returns a path in the form in which it is compared with those of the
// sockets: as the client escaped it, but without empty elements.
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
	defer s.goroutines.Done() // Counted in by countGoroutine.
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

// originAllowed reports whether a request with that Origin header is upgraded: one
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

const (
	// pingInterval is the time between pings, and from authentication to the
	// first.
	pingInterval = 30 * time.Second
	// metricsInterval is the time between metrics reports. All connections get
	// them at the same moments, counted from the server's start.
	metricsInterval = time.Second
)

// The two kinds of events that a client can subscribe to.
const (
	notificationEvent = proto.EventType_EVENT_TYPE_SERVER_NOTIFICATION
	metricsEvent      = proto.EventType_EVENT_TYPE_METRICS
)

// subscriber is a client's end of the notification socket, as the server keeps
// it.
type subscriber struct {
	*socket

	// Guarded by the socket's mutex; changed by the reading goroutine alone.
	authenticated bool
	subscribed    map[proto.EventType]bool

	// Guarded by the socket's mutex.
	nextPing    time.Time // Zero until authenticated.
	nextMetrics time.Time // Zero until subscribed to.
}

// message handles a message of the client. The error is the closing that
// answers one that isn't allowed.
func (s *subscriber) message(text bool, data []byte) error {
	if text {
		return closing{1003, "operation not allowed"}
	}
	s.server.recordMessage(data)
	var m proto.ServerMessage
	if err := protobuf.Unmarshal(data, &m); err != nil {
		return closing{code: 1011} // The server's handler crashes.
	}
	if !s.authenticated {
		return s.authenticate(&m)
	}
	request, ok := m.GetContent().(*proto.ServerMessage_SubscribeRequest)
	if !ok {
		return closing{1003, "operation not allowed"}
	}
	return s.subscribe(request.SubscribeRequest.GetEventType())
}

// authenticate handles the first message.
func (s *subscriber) authenticate(m *proto.ServerMessage) error {
	request, ok := m.GetContent().(*proto.ServerMessage_AuthRequest)
	if !ok {
		return closing{1000, "invalid auth request"}
	}
	if request.AuthRequest.GetToken() != s.server.faults.acceptedToken() {
		return closing{1000, "invalid token"}
	}
	s.server.log.Info("Server WS authenticated.")

	s.mu.Lock()
	defer s.mu.Unlock()
	s.authenticated = true
	s.nextPing = time.Now().Add(pingInterval)
	return s.reply(&proto.ServerMessage{Content: &proto.ServerMessage_Authenticated{
		Authenticated: &proto.Authenticated{},
	}})
}

// subscribe registers the client for an event and confirms it, in one hold of
// the mutex: whatever is sent later comes after the confirmation.
func (s *subscriber) subscribe(event proto.EventType) error {
	if event != notificationEvent && (event != metricsEvent || s.server.hosted != nil) {
		return closing{code: 1011} // No clause of the server's handler matches.
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.server.faults.interleaved() {
		if m.event != event {
			s.deliver(m)
		}
	}
	first := len(s.subscribed) == 0
	if s.subscribed == nil {
		s.subscribed = make(map[proto.EventType]bool)
	}
	s.subscribed[event] = true
	if event == metricsEvent {
		s.nextMetrics = s.server.nextMetrics(time.Now())
	}
	err := s.reply(&proto.ServerMessage{Content: &proto.ServerMessage_SubscribeResponse{
		SubscribeResponse: &proto.SubscribeResponse{EventType: event},
	}})
	if first && s.server.faults.takeDrop() {
		s.push(outgoing{then: endsClean})
	}
	return err
}

// reply queues an answer to the client. The caller holds the mutex.
func (s *subscriber) reply(m *proto.ServerMessage) error {
	payload, err := protobuf.Marshal(m)
	if err != nil {
		return err
	}
	s.push(outgoing{frames: frame(opBinary, payload)})
	return nil
}

// deliver queues a message if the client subscribed to its event. The caller
// holds the mutex.
func (s *subscriber) deliver(m message) {
	if s.subscribed[m.event] {
		s.push(outgoing{frames: m.frames})
	}
}

// tick queues the ping and the report that are due, and returns when the next
// one will be.
func (s *subscriber) tick(now time.Time) time.Time {
	var reports []byte
	if s.wantsMetrics(now) {
		reports = s.server.reports()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.nextPing.IsZero() && !s.nextPing.After(now) {
		s.push(outgoing{frames: frame(opPing, nil)})
		s.nextPing = now.Add(pingInterval)
	}
	if reports != nil {
		s.push(outgoing{frames: reports})
		s.nextMetrics = s.server.nextMetrics(now)
	}
	return earliest(s.nextPing, s.nextMetrics)
}

// wantsMetrics reports whether the next report is due.
func (s *subscriber) wantsMetrics(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.nextMetrics.IsZero() && !s.nextMetrics.After(now)
}

// nextMetrics returns when the next report after now is sent.
func (s *Server) nextMetrics(now time.Time) time.Time {
	up := s.uptime.at(now)
	return now.Add(metricsInterval - up%metricsInterval)
}
