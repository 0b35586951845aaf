package dial_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/dial"
)

// tunnelled makes one request with base's settings through its proxy.
func tunnelled(ctx context.Context, base *http.Transport, url string) (string, error) {
	bounds := dial.Bounds{Lifetime: ctx}
	clone := bounds.Clone(base)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	if _, err := bounds.Tunnel(clone, request); err != nil {
		return "", err
	}
	return get(ctx, clone, url)
}

// proxy is an HTTP proxy that reaches one address, whatever it is asked for.
type proxy struct {
	target string
	asked  []*http.Request
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked = append(p.asked, r)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	onward, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer onward.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(onward, conn); _ = onward.Close() }()
	_, _ = io.Copy(conn, onward)
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

// by returns what makes Transport.Proxy choose that proxy.
func by(t *testing.T, text string) func(*http.Request) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return http.ProxyURL(u)
}

func TestProxyIsAskedForATunnel(t *testing.T) {
	plain, secured := httptest.NewServer(http.HandlerFunc(hello)), httptest.NewTLSServer(http.HandlerFunc(hello))
	defer plain.Close()
	defer secured.Close()
	trusting := secured.Client().Transport.(*http.Transport).Clone()
	trusting.DialContext = nil
	for _, server := range []*httptest.Server{plain, secured} {
		for _, start := range []func(http.Handler) *httptest.Server{httptest.NewServer, httptest.NewTLSServer} {
			p := &proxy{target: server.Listener.Addr().String()}
			front := start(p)
			transport := trusting.Clone()
			transport.Proxy = by(t, strings.Replace(front.URL, "://", "://user:pass%20word@", 1))
			transport.ProxyConnectHeader = http.Header{"X-Proxy": {"yes"}}
			var status int
			transport.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
				status = r.StatusCode
				return nil
			}
			scheme, _, _ := strings.Cut(server.URL, "://")
			body, err := tunnelled(t.Context(), transport, scheme+"://example.com:5002/")
			if err != nil || body != "hello" {
				t.Errorf("%s through %s: %q, %v", server.URL, front.URL, body, err)
			}
			front.Close()
			if len(p.asked) != 1 || status != http.StatusOK {
				t.Fatalf("%d requests to the proxy, its status %d", len(p.asked), status)
			}
			r := p.asked[0]
			if r.Method != http.MethodConnect || r.RequestURI != "example.com:5002" || r.Host != "example.com:5002" {
				t.Errorf("the proxy was asked for %s %s at %s", r.Method, r.RequestURI, r.Host)
			}
			if r.Header.Get("X-Proxy") != "yes" || r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpwYXNzIHdvcmQ=" {
				t.Errorf("the proxy was sent %v", r.Header)
			}
		}
	}
}

func TestProxyHeaderOfAFunction(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(hello))
	defer server.Close()
	p := &proxy{target: server.Listener.Addr().String()}
	front := httptest.NewServer(p)
	defer front.Close()
	refuse := errors.New("not through this one")
	transport := &http.Transport{Proxy: by(t, front.URL)}
	transport.GetProxyConnectHeader = func(_ context.Context, _ *url.URL, target string) (http.Header, error) {
		return http.Header{"X-Target": {target}}, nil
	}
	if _, err := tunnelled(t.Context(), transport, "http://example.com"); err != nil || p.asked[0].Header.Get("X-Target") != "example.com:80" {
		t.Errorf("%v, %v", err, p.asked[0].Header)
	}
	transport.OnProxyConnectResponse = func(context.Context, *url.URL, *http.Request, *http.Response) error { return refuse }
	if _, err := tunnelled(t.Context(), transport, "http://example.com"); !errors.Is(err, refuse) {
		t.Errorf("error %v, want %v", err, refuse)
	}
}

func TestProxyRefuses(t *testing.T) {
	for _, test := range []struct{ status, want string }{
		{"403 Filtered", "proxy PROXY: CONNECT to example.com:5002 refused: 403 Filtered: " +
			"allow port 5002 in the proxy's configuration, or name the host in NO_PROXY"},
		{"502 hunter22 said\x1b[31m Basic dXNlcjpodW50ZXIyMg==", "proxy PROXY: CONNECT to example.com:5002 refused: " +
			"502 [redacted] said [31m [redacted]: allow port 5002 in the proxy's configuration, or name the host in NO_PROXY"},
		{"407 Who are you?", "proxy PROXY: CONNECT to example.com:5002 refused: 407 Who are you?: " +
			"put the proxy's user and password into its URL"},
		{"4x7 hunt", `proxy PROXY: ask for a tunnel: malformed HTTP status code "4x7"`},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			fmt.Fprintf(conn, "HTTP/1.1 %s\r\nContent-Length: 9\r\n\r\n", test.status)
			_, _ = io.Copy(io.Discard, conn) // The body never comes.
			_ = conn.Close()
		}()
		address := listener.Addr().String()
		_, err = tunnelled(t.Context(), &http.Transport{Proxy: by(t, "http://user:hunter22@"+address)}, "http://example.com:5002")
		_ = listener.Close()
		if err == nil || strings.ReplaceAll(err.Error(), address, "PROXY") != test.want {
			t.Errorf("got error  %v\nwant error %s", err, test.want)
		}
		var refused *dial.ProxyError
		if errors.As(err, &refused) != strings.Contains(test.want, "refused") {
			t.Errorf("error %v is a ProxyError: %t", err, refused != nil)
		}
	}
}

func TestSilentProxyEndsWithTheLifetime(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, scheme := range []string{"http", "https"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err = tunnelled(ctx, &http.Transport{Proxy: by(t, scheme+"://"+listener.Addr().String())}, "http://example.com:5002")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v, want %v", scheme, err, context.DeadlineExceeded)
		}
		cancel()
	}
}

func TestOtherProxiesAreLeftToNetHTTP(t *testing.T) {
	var dialled string
	transport := &http.Transport{Proxy: by(t, "socks5://socks.test"), DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		dialled = address
		return nil, net.ErrClosed
	}}
	if _, err := tunnelled(t.Context(), transport, "http://example.com:5002"); err == nil || dialled != "socks.test:1080" {
		t.Errorf("dialled %s, %v", dialled, err)
	}
	transport.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	if _, err := tunnelled(t.Context(), transport, "http://example.com:5002"); err == nil || dialled != "example.com:5002" {
		t.Errorf("dialled %s, %v", dialled, err)
	}
}

func TestUnknownProxyKeepsItsCredentials(t *testing.T) {
	transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) {
		return nil, errors.New(`invalid proxy address "http://user:hunter22@pro xy"`)
	}}
	if _, err := tunnelled(t.Context(), transport, "http://example.com"); err == nil || strings.Contains(err.Error(), "hunter22") {
		t.Errorf("error %v", err)
	}
}
