package wsconn_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// greet sends the request's header field X-Greeting back as a message.
func greet(p *peer) {
	_ = p.say(frame(final|opBinary, []byte(p.request.Header.Get("X-Greeting"))))
	p.drain()
}

// greeted connects and receives the greeting that it sent.
func greeted(t *testing.T, cfg wsconn.Config) {
	t.Helper()
	cfg.Header = http.Header{"X-Greeting": {"hello"}}
	message, err := dial(t, cfg).Receive()
	if err != nil || string(message.Data) != "hello" {
		t.Errorf("received %q, %v; want a greeting", message.Data, err)
	}
}

func TestHeader(t *testing.T) {
	leavesNothing(t)
	requests := make(chan *http.Request, 2)
	h := listen(t, upgraded(func(p *peer) { requests <- p.request }))
	cfg := h.config()
	cfg.Backoff.Base = 1
	cfg.Header = http.Header{"Authorization": {"Bearer development"}, "X-Many": {"a", "b"}, "Host": {"media.example"}}
	before := cfg.Header.Clone()
	conn := dial(t, cfg)
	if _, err := conn.Receive(); err == nil {
		t.Fatal("received a message that nobody sent")
	}
	if err := reconnect(conn); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		request := <-requests
		for name, want := range before {
			if name == "Host" {
				continue // Sent as the request's host, not as a field.
			}
			if got := request.Header[name]; !reflect.DeepEqual(got, want) {
				t.Errorf("header %s is %q, want %q", name, got, want)
			}
		}
		// A server that checks the origin refuses a foreign one.
		if origin, ok := request.Header["Origin"]; ok {
			t.Errorf("the request has an origin, %q", origin)
		}
		if request.Host != "media.example" || request.URL.Path != "/socket" {
			t.Errorf("request for %s%s", request.Host, request.URL.Path)
		}
	}
	if !reflect.DeepEqual(cfg.Header, before) {
		t.Errorf("the user's header became %v", cfg.Header)
	}
}

func TestCookies(t *testing.T) {
	leavesNothing(t)
	h := listen(t, upgraded(func(p *peer) {
		cookie, err := p.request.Cookie("session")
		if err != nil {
			cookie = &http.Cookie{Value: err.Error()}
		}
		_ = p.say(frame(final|opText, []byte(cookie.Value)))
		p.drain()
	}))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(&url.URL{Scheme: "http", Host: h.address}, []*http.Cookie{{Name: "session", Value: "4711"}})
	cfg := h.config()
	cfg.HTTPClient = &http.Client{Jar: jar}
	if message, err := dial(t, cfg).Receive(); err != nil || string(message.Data) != "4711" {
		t.Errorf("the server saw the cookie %q, %v", message.Data, err)
	}
}

func TestClientCertificate(t *testing.T) {
	leavesNothing(t)
	server, client := newIdentity(t, "server"), newIdentity(t, "client")
	config := server.server()
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.ClientCAs = client.pool()
	h := listen(t, overTLS(config, upgraded(func(p *peer) {
		name := p.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName
		_ = p.say(frame(final|opText, []byte(name)))
		p.drain()
	})))
	cfg := h.config()
	cfg.Endpoints[0] = h.endpoint("wss")
	cfg.HTTPClient = server.trusting()
	if failure := dialFailure(t, cfg); !strings.Contains(failure.Error(), "certificate") {
		t.Errorf("without a client certificate: %v", failure)
	}
	cfg.HTTPClient.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{client.Certificate}
	if message, err := dial(t, cfg).Receive(); err != nil || string(message.Data) != "client" {
		t.Errorf("the server saw the certificate of %q, %v", message.Data, err)
	}
}

func TestProxy(t *testing.T) {
	leavesNothing(t)
	server := newIdentity(t, "server")
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			serve := upgraded(greet)
			if scheme == "wss" {
				serve = overTLS(server.server(), serve)
			}
			h := listen(t, serve)
			asked := make(chan string, 1)
			proxy := listen(t, forwarding(h, asked))
			cfg := h.config()
			cfg.Endpoints[0] = h.endpoint(scheme)
			cfg.HTTPClient = server.trusting()
			cfg.HTTPClient.Transport.(*http.Transport).Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: proxy.address})
			greeted(t, cfg)
			if got, want := <-asked, "CONNECT "+h.address; got != want {
				t.Errorf("the proxy was asked to %s, want %s", got, want)
			}
		})
	}
	t.Run("refuses", func(t *testing.T) {
		proxy := listen(t, answering("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
		cfg := listen(t, silent).config()
		cfg.HTTPClient = through(proxy)
		for _, scheme := range []string{"ws", "wss"} {
			cfg.Endpoints[0].URL = scheme + "://server.test/socket"
			failure := dialFailure(t, cfg)
			var refused *wsconn.ProxyError
			if failure.Step != "dial" || !errors.As(failure, &refused) || refused.Code != http.StatusProxyAuthRequired {
				t.Errorf("%s: step %q, error %v", scheme, failure.Step, failure)
			}
		}
	})
}

// forwarding is a proxy that connects to one host only, whatever name it is asked for.
func forwarding(h *host, asked chan<- string) func(net.Conn) {
	return func(conn net.Conn) {
		in := bufio.NewReader(conn)
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		asked <- request.Method + " " + request.Host
		onward, err := net.Dial("tcp", h.address)
		if err != nil {
			return
		}
		defer onward.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			copyAll(conn, onward)
			_ = conn.Close()
		}()
		copyAll(onward, in)
	}
}

// copyAll keeps the system from copying by itself, for which package net holds
// descriptors for a while.
func copyAll(to io.Writer, from io.Reader) {
	_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
}

const proxyChild = "WSCONN_TEST_PROXY_CHILD"

// The environment is read once per process, so this needs another process. Only the
// proxy can resolve the name; for a loopback name no proxy is used.
func TestProxyFromEnvironment(t *testing.T) {
	if os.Getenv(proxyChild) != "" {
		h := &host{address: "jellyfish.invalid"}
		greeted(t, h.config())
		return
	}
	leavesNothing(t)
	asked := make(chan string, 1)
	proxy := listen(t, forwarding(listen(t, upgraded(greet)), asked))
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyFromEnvironment$", "-test.timeout=20s")
	child.Env = append(os.Environ(), proxyChild+"=1",
		"HTTP_PROXY=http://"+proxy.address, "http_proxy=", "NO_PROXY=", "no_proxy=",
		"GORACE=atexit_sleep_ms=0")
	if output, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if got, want := <-asked, "CONNECT jellyfish.invalid:80"; got != want {
		t.Errorf("the proxy was asked to %s, want %s", got, want)
	}
}

func TestUnixSocket(t *testing.T) {
	leavesNothing(t)
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	cfg := listenOn(t, listener, upgraded(greet)).config()
	cfg.Endpoints[0].URL = "ws://localhost/socket"
	cfg.HTTPClient = dialledBy(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	})
	greeted(t, cfg)
}

// roundTripper is a user's own transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func TestUsersRoundTripper(t *testing.T) {
	leavesNothing(t)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	cfg := listen(t, upgraded(greet)).config()
	count := 0
	cfg.HTTPClient = &http.Client{Transport: roundTripper(func(request *http.Request) (*http.Response, error) {
		count++
		return transport.RoundTrip(request)
	})}
	greeted(t, cfg)
	if count != 1 {
		t.Errorf("the round tripper was used %d times", count)
	}

	ctx, cancel := context.WithCancel(context.Background())
	conn, err := wsconn.Dial(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Receive(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := conn.Receive(); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}

	cfg.HTTPClient.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: http.NoBody, Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Accept": {acceptKey(r.Header.Get("Sec-WebSocket-Key"))},
		}}, nil
	})
	failure := dialFailure(t, cfg)
	if want := "the HTTP client can't upgrade a connection: its body is a http.noBody"; failure.Err.Error() != want {
		t.Errorf("got error  %v\nwant error %s", failure.Err, want)
	}
}

// HTTP/2 has no upgrade, so it isn't used, whatever the user's transport prefers.
func TestServerAndTransportThatPreferHTTP2(t *testing.T) {
	leavesNothing(t)
	server := newIdentity(t, "server")
	config := server.server()
	config.NextProtos = []string{"h2", "http/1.1"}
	secured := listen(t, overTLS(config, upgraded(greet)))
	plain := listen(t, upgraded(greet))
	var unencrypted http.Protocols
	unencrypted.SetUnencryptedHTTP2(true)
	var encrypted http.Protocols
	encrypted.SetHTTP2(true)
	for name, transport := range map[string]*http.Transport{
		"forced":                {ForceAttemptHTTP2: true},
		"HTTP/2 alone":          {Protocols: &encrypted},
		"h2c alone":             {Protocols: &unencrypted},
		"http.DefaultTransport": http.DefaultTransport.(*http.Transport).Clone(),
	} {
		t.Run(name, func(t *testing.T) {
			transport.TLSClientConfig = &tls.Config{RootCAs: server.pool()}
			cfg := secured.config()
			cfg.HTTPClient = &http.Client{Transport: transport}
			cfg.Endpoints[0] = secured.endpoint("wss")
			greeted(t, cfg)
			cfg.Endpoints[0] = plain.endpoint("ws")
			greeted(t, cfg)
		})
	}
}

func TestDeprecatedDialFunctions(t *testing.T) {
	leavesNothing(t)
	server := newIdentity(t, "server")
	plain := listen(t, upgraded(greet))
	secured := listen(t, overTLS(server.server(), upgraded(greet)))
	var used []string
	cfg := plain.config()
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{
		//lint:ignore SA1019 it is heeded still
		Dial: func(network, address string) (net.Conn, error) {
			used = append(used, "Dial")
			return net.Dial(network, address)
		},
		//lint:ignore SA1019 it is heeded still
		DialTLS: func(network, address string) (net.Conn, error) {
			used = append(used, "DialTLS")
			return tls.Dial(network, address, &tls.Config{RootCAs: server.pool()})
		},
	}}
	greeted(t, cfg)
	cfg.Endpoints[0] = secured.endpoint("wss")
	greeted(t, cfg)
	if want := []string{"Dial", "DialTLS"}; !reflect.DeepEqual(used, want) {
		t.Errorf("used %v, want %v", used, want)
	}
}

func TestClientTimeoutIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := inMemory(t, func(conn net.Conn) {
			time.Sleep(5 * time.Second)
			upgraded(greet)(conn)
		})
		cfg := h.config()
		cfg.HTTPClient = &http.Client{Timeout: time.Second, Transport: h.client.Transport}
		greeted(t, cfg)
	})
}

func TestUsersTransportIsNotModified(t *testing.T) {
	leavesNothing(t)
	server := newIdentity(t, "server")
	h := listen(t, overTLS(server.server(), upgraded(greet)))
	proxied := func(*http.Request) (*url.URL, error) { return nil, nil }
	transport := &http.Transport{
		Proxy:              proxied,
		DialContext:        new(net.Dialer).DialContext,
		TLSClientConfig:    &tls.Config{RootCAs: server.pool()},
		ProxyConnectHeader: http.Header{"X-Proxy": {"1"}},
		ForceAttemptHTTP2:  true,
	}
	transport.Clone() // Initializes the original, as its first use does.
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	beforeTransport, beforeClient := fields(transport), *client
	beforeTLS := fields(transport.TLSClientConfig)
	cfg := h.config()
	cfg.Endpoints[0] = h.endpoint("wss")
	cfg.HTTPClient = client
	greeted(t, cfg)
	if after := fields(transport); !reflect.DeepEqual(after, beforeTransport) {
		t.Errorf("transport before: %v\nand after: %v", beforeTransport, after)
	}
	if after := fields(transport.TLSClientConfig); !reflect.DeepEqual(after, beforeTLS) {
		t.Errorf("TLS configuration before: %v\nand after: %v", beforeTLS, after)
	}
	if client.Transport != beforeClient.Transport || client.Timeout != beforeClient.Timeout ||
		client.CheckRedirect != nil || client.Jar != nil {
		t.Errorf("client before: %v\nand after: %v", &beforeClient, client)
	}
}

// fields returns the exported fields of a struct by name, with functions and pointers
// as their addresses.
func fields(structure any) map[string]any {
	values := make(map[string]any)
	v := reflect.ValueOf(structure).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case !field.IsExported():
		case field.Type.Kind() == reflect.Func, field.Type.Kind() == reflect.Pointer:
			values[field.Name] = v.Field(i).Pointer()
		case field.Name == "TLSNextProto": // A map of functions, which can't be compared.
			values[field.Name] = v.Field(i).Len()
		default:
			values[field.Name] = v.Field(i).Interface()
		}
	}
	return values
}

// A net.Dialer shares the remaining time among the addresses of a name.
func TestDialKnowsTheDeadlineOfItsAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := inMemory(t, silent).config()
		cfg.ConnectTimeout = 6 * time.Second
		cfg.Endpoints = append(cfg.Endpoints, wsconn.Endpoint{Name: "b", URL: "wss://b.test"})
		var left []time.Duration
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			deadline, _ := ctx.Deadline()
			left = append(left, time.Until(deadline))
			time.Sleep(time.Second)
			return nil, net.ErrClosed
		}
		cfg.HTTPClient = &http.Client{Transport: &http.Transport{DialContext: dial, DialTLSContext: dial}}
		if failure := dialFailure(t, cfg); !errors.Is(failure, net.ErrClosed) {
			t.Error(failure)
		}
		// The first of two has half of the time, the other one what is left then.
		if want := []time.Duration{3 * time.Second, 5 * time.Second}; !reflect.DeepEqual(left, want) {
			t.Errorf("the dials had %v, want %v", left, want)
		}
	})
}
