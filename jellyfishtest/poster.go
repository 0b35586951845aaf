package jellyfishtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// connectTimeout is how long connecting to a webhook's receiver may take.
	connectTimeout = 8 * time.Second
	// answerTimeout is how long a receiver may take to accept a request, to
	// answer it and to end its answer, each.
	answerTimeout = 5 * time.Second
	// answerLimit is how much of an answer's body is read in bytes. The
	// connection of a longer one isn't used again.
	answerLimit = 64 << 10
)

// poster makes the requests to webhooks, with the time-outs of the Jellyfish
// server's HTTP client and with one connection for each receiver, which it
// keeps. It follows no redirect and tries nothing twice.
type poster struct {
	ctx       context.Context // over when the poster is closed
	cancel    context.CancelFunc
	network   *http.Transport
	receivers map[string]*webhookReceiver
	handling  sync.WaitGroup // the goroutines of the receivers
}

func newPoster(handlers map[string]http.Handler, errorLog *log.Logger) *poster {
	p := &poster{receivers: make(map[string]*webhookReceiver)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.network = p.newTransport(new(net.Dialer).DialContext)
	for host, handler := range handlers {
		p.receivers[host] = p.newReceiver(handler, errorLog)
	}
	return p
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func (p *poster) newTransport(dial dialer) *http.Transport {
	return &http.Transport{
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			return p.connect(dial, network, address)
		},
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: answerTimeout,
		DisableCompression:    true, // its header would be one that the server doesn't send
	}
}

// connect dials under the poster's context: the transport's outlives a request
// that is given up.
func (p *poster) connect(dial dialer, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(p.ctx, connectTimeout)
	defer cancel()
	c, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return newPostConn(p.ctx, c), nil
}

// post makes the only attempt to send a request and returns the status of the
// answer.
func (p *poster) post(request *http.Request) (int, error) {
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	transport := p.network
	if r := p.receivers[request.URL.Host]; r != nil {
		transport = r.transport
	}
	response, err := transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	timer := time.AfterFunc(answerTimeout, cancel)
	defer timer.Stop()
	// Only a body that is read to its end leaves the connection fit for use.
	if _, err := io.CopyN(io.Discard, response.Body, answerLimit); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("read the answer: %w", err)
	}
	return response.StatusCode, nil
}

// close ends all connections and the receivers, whose handlers' contexts end. A
// handler that goes on all the same is left behind after a second.
func (p *poster) close() {
	p.cancel()
	p.network.CloseIdleConnections()
	for _, r := range p.receivers {
		r.close()
	}
	gone := make(chan struct{})
	go func() {
		p.handling.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(time.Second):
	}
}
