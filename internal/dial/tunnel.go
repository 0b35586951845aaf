package dial

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Tunnel prepares t, a clone made by [Bounds.Clone], for this one request. If
// t.Proxy names an HTTP proxy, the connection is made through a tunnel that the
// proxy is asked for by CONNECT, as RFC 6455, section 4.1, wants it for
// WebSockets; net/http does so for https alone. Credentials, ProxyConnectHeader,
// GetProxyConnectHeader and OnProxyConnectResponse are used as net/http does. A
// SOCKS proxy is left to net/http.
//
// It returns the secrets of the proxy's URL and header. A proxy that refuses is a
// [*ProxyError]. No error shows the proxy's credentials.
func (b Bounds) Tunnel(t *http.Transport, request *http.Request) (secrets []string, err error) {
	if t.Proxy == nil {
		return nil, nil
	}
	proxy, err := t.Proxy(request)
	if err != nil {
		return nil, proxyUnknown(err)
	}
	if proxy == nil {
		t.Proxy = nil
		return nil, nil
	}
	secrets = append(urlSecrets(proxy), redact.HeaderSecrets(t.ProxyConnectHeader)...)
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		t.Proxy = http.ProxyURL(proxy)
		return secrets, nil
	}
	dial := &tunnel{
		proxy:     proxy,
		transport: t.Clone(),
	}
	t.Proxy = nil
	t.DialTLSContext = nil
	//lint:ignore SA1019 net/http would use it
	t.DialTLS = nil
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := b.context(ctx)
		defer cancel()
		conn, err := dial.dial(ctx, network, address)
		if err != nil {
			return nil, fmt.Errorf("proxy %s: %w", proxy.Host, err)
		}
		return conn, nil
	}
	return secrets, nil
}

// tunnel is a way through a proxy.
type tunnel struct {
	proxy     *url.URL
	transport *http.Transport // As it was before it was made to use the tunnel.
}

func (t *tunnel) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := t.dialProxy(ctx, network)
	if err != nil {
		return nil, err
	}
	raw := belowTLS(conn)
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	err = t.connect(ctx, conn, address)
	if !stop() {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return conn, nil
}

// dialProxy connects to the proxy, over TLS to an https one.
func (t *tunnel) dialProxy(ctx context.Context, network string) (net.Conn, error) {
	address := t.address()
	if t.proxy.Scheme == "http" {
		return nonNil(t.transport.DialContext(ctx, network, address))
	}
	if t.transport.DialTLSContext != nil {
		return nonNil(t.transport.DialTLSContext(ctx, network, address))
	}
	conn, err := nonNil(t.transport.DialContext(ctx, network, address))
	if err != nil {
		return nil, err
	}
	config := &tls.Config{}
	if t.transport.TLSClientConfig != nil {
		config = t.transport.TLSClientConfig.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = t.proxy.Hostname()
	}
	config.NextProtos = []string{"http/1.1"}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secured, nil
}

func nonNil(conn net.Conn, err error) (net.Conn, error) {
	if conn == nil && err == nil {
		err = errors.New("the transport's dial function returned nothing")
	}
	return conn, err
}

func (t *tunnel) address() string {
	port := t.proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[t.proxy.Scheme]
	}
	return net.JoinHostPort(t.proxy.Hostname(), port)
}

// maxAnswer bounds the head of a proxy's answer.
const maxAnswer = 64 << 10

// connect asks the proxy for the tunnel.
func (t *tunnel) connect(ctx context.Context, conn net.Conn, address string) error {
	header, err := t.header(ctx, address)
	if err != nil {
		return err
	}
	redactor := redact.New(append(urlSecrets(t.proxy), redact.HeaderSecrets(header)...)...)
	request := &http.Request{
		Method: http.MethodConnect,
		URL:    &url.URL{Opaque: address},
		Host:   address,
		Header: header,
	}
	if err := request.Write(conn); err != nil {
		return fmt.Errorf("ask for a tunnel: %w", err)
	}
	response, err := finalAnswer(bufio.NewReader(io.LimitReader(conn, maxAnswer)), request)
	if err != nil {
		return fmt.Errorf("ask for a tunnel: %w", redactor.Error(err))
	}
	if t.transport.OnProxyConnectResponse != nil {
		if err := t.transport.OnProxyConnectResponse(ctx, t.proxy, request, response); err != nil {
			return err
		}
	}
	if response.StatusCode/100 != 2 {
		return &ProxyError{
			Target: address,
			Code:   response.StatusCode,
			Status: redact.Cut(redactor.Text(response.Status), maxStatus),
		}
	}
	return nil
}

// finalAnswer reads past answers that only say that there will be one. The body is
// not read, and what the server behind the proxy says comes later, since it waits
// to be spoken to.
func finalAnswer(in *bufio.Reader, request *http.Request) (*http.Response, error) {
	for {
		response, err := http.ReadResponse(in, request)
		if err != nil || response.StatusCode >= 200 {
			return response, err
		}
	}
}

// header returns what is sent to the proxy.
func (t *tunnel) header(ctx context.Context, address string) (http.Header, error) {
	header := t.transport.ProxyConnectHeader
	if t.transport.GetProxyConnectHeader != nil {
		var err error
		if header, err = t.transport.GetProxyConnectHeader(ctx, t.proxy, address); err != nil {
			return nil, err
		}
	}
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if t.proxy.User != nil {
		header.Set("Proxy-Authorization", "Basic "+basic(t.proxy.User))
	}
	return header, nil
}
