package rooms_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// deafProxy forwards TCP connections to a server, until it is told to stop forwarding
// on the existing ones.
type deafProxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	silence  chan struct{} // Closed when the existing connections go silent.
	dialed   atomic.Int32
	wait     sync.WaitGroup
}

func newDeafProxy(t *testing.T, target string) *deafProxy {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &deafProxy{listener: listener, target: target, silence: make(chan struct{})}
	p.wait.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.wait.Wait()
	})
	return p
}

func (p *deafProxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = conn.Close()
			continue
		}
		p.dialed.Add(1)
		p.mu.Lock()
		silence := p.silence
		p.mu.Unlock()
		p.wait.Go(func() { forward(server, conn, silence) })
		p.wait.Go(func() { forward(conn, server, silence) })
	}
}

// forward copies until one side ends; after silence it continues to read and writes
// nothing, like a broken network path.
func forward(to, from net.Conn, silence chan struct{}) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		select {
		case <-silence:
			continue
		default:
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *deafProxy) goSilent() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.silence)
	p.silence = make(chan struct{})
}

// After the path of its connections broke silently one call reaches its time limit, and
// the next uses a new connection: over HTTP/2, where many calls share one, as well as
// over HTTP/1.1, where several may be idle.
func TestP11DeadPathCostsOneCall(t *testing.T) {
	t.Parallel()
	for _, h2 := range []bool{true, false} {
		var major atomic.Int32
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			major.Store(int32(r.ProtoMajor))
			time.Sleep(10 * time.Millisecond) // So that concurrent calls need several connections with HTTP/1.1.
			answering(200, `{"data":[]}`)(w, r)
		}))
		server.EnableHTTP2 = h2
		server.StartTLS()
		t.Cleanup(server.Close)
		proxy := newDeafProxy(t, server.Listener.Addr().String())
		transport := server.Client().Transport.(*http.Transport).Clone()
		if !h2 {
			transport.TLSClientConfig = &tls.Config{RootCAs: transport.TLSClientConfig.RootCAs, NextProtos: []string{"http/1.1"}}
			transport.ForceAttemptHTTP2 = false
		}
		client := newClient(t, rooms.Config{
			ServerAddress: "https://" + proxy.listener.Addr().String(), ServerAPIToken: rooms.NewSecret("t"),
			HTTPClient: &http.Client{Transport: transport}, Timeout: time.Minute,
		})
		for range 2 { // The path breaks twice.
			var group sync.WaitGroup
			for range 4 {
				group.Go(func() { _ = must(client.List(t.Context()))(t) })
			}
			group.Wait()
			if want := map[bool]int32{true: 2, false: 1}[h2]; major.Load() != want {
				t.Fatalf("HTTP/%d, want HTTP/%d", major.Load(), want)
			}
			proxy.goSilent()
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if _, err := client.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("HTTP/2 is %v: over the dead path: error %v", h2, err)
			}
			cancel()
			before := proxy.dialed.Load()
			for i := range 5 {
				if _, err := client.List(t.Context()); err != nil {
					t.Errorf("HTTP/2 is %v: call %d after the time-out: %v", h2, i, err)
				}
			}
			if n := proxy.dialed.Load() - before; n != 1 {
				t.Errorf("HTTP/2 is %v: %d connections for five calls in a row", h2, n)
			}
		}
		client.CloseIdleConnections()
	}
}

// waitingJar makes one request wait before it is sent, once asked to.
type waitingJar struct {
	wanted            atomic.Bool
	waiting, released chan struct{}
}

func (*waitingJar) SetCookies(*url.URL, []*http.Cookie) {}

func (j *waitingJar) Cookies(*url.URL) []*http.Cookie {
	if j.wanted.CompareAndSwap(true, false) {
		j.waiting <- struct{}{}
		<-j.released
	}
	return nil
}

// The same holds for a call that began before another one timed out.
func TestP11DeadPathOfACallThatBeganBefore(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(answering(200, `{"data":[]}`))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := newDeafProxy(t, server.Listener.Addr().String())
	jar := &waitingJar{waiting: make(chan struct{}), released: make(chan struct{})}
	client := newClient(t, rooms.Config{
		ServerAddress: "https://" + proxy.listener.Addr().String(), ServerAPIToken: rooms.NewSecret("t"),
		HTTPClient: &http.Client{Transport: server.Client().Transport, Jar: jar}, Timeout: time.Minute,
	})
	must(client.List(t.Context()))(t)
	early := expiring{t.Context(), make(chan struct{})}
	failed := make(chan error, 1)
	jar.wanted.Store(true)
	go func() { _, err := client.List(early); failed <- err }()
	<-jar.waiting
	proxy.goSilent()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := client.List(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("over the dead path: error %v", err)
	}
	must(client.List(t.Context()))(t) // Over new connections, which then break too.
	proxy.goSilent()
	jar.released <- struct{}{}
	time.AfterFunc(50*time.Millisecond, func() { close(early.done) })
	if err := <-failed; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("over the dead path: error %v", err)
	}
	must(client.List(t.Context()))(t)
}

// expiring is a context whose deadline passes when done is closed.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// The time-out of one call ends no other call that shares its connection.
func TestP11TimeoutEndsNoOtherCall(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	started := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/room/slow":
			close(started)
			<-release
		case "/room/never":
			<-r.Context().Done()
			return
		}
		answering(200, `{"data":{"id":"r"}}`)(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	client := newClient(t, rooms.Config{
		ServerAddress: server.URL, ServerAPIToken: rooms.NewSecret("t"), HTTPClient: server.Client(), Timeout: time.Minute,
	})
	slow := make(chan error, 1)
	go func() { _, err := client.Get(t.Context(), "slow"); slow <- err }()
	<-started
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.Get(ctx, "never"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	must(client.Get(t.Context(), "next"))(t)
	close(release)
	if err := <-slow; err != nil {
		t.Errorf("the slow call: %v", err)
	}
}
