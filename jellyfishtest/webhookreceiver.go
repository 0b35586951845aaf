package jellyfishtest

import (
	"context"
	"log"
	"net"
	"net/http"
)

// webhookReceiver is a handler of [Config.Receivers] with its HTTP server, in memory.
type webhookReceiver struct {
	transport *http.Transport // reaches it alone
	listener  *pipeListener
	server    *http.Server
}

// newReceiver starts a receiver. Without a handler it is one that accepts no
// connection.
func (p *poster) newReceiver(handler http.Handler, errorLog *log.Logger) *webhookReceiver {
	r := &webhookReceiver{
		listener: newPipeListener(),
		server: &http.Server{
			Handler:     handler,
			BaseContext: func(net.Listener) context.Context { return p.ctx },
			ConnState:   p.countHandling,
			ErrorLog:    errorLog,
		},
	}
	r.transport = p.newTransport(func(ctx context.Context, _, address string) (net.Conn, error) {
		return r.listener.dial(ctx, address)
	})
	r.transport.DialTLSContext = r.transport.DialContext // what is in memory needs no TLS
	if handler != nil {
		p.handling.Go(func() {
			_ = r.server.Serve(r.listener) // it ends when the server is closed
		})
	}
	return r
}

// countHandling counts the goroutines of connections. The first is counted by
// the one that serves, so that there is always one to wait for until then.
func (p *poster) countHandling(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		p.handling.Add(1)
	case http.StateClosed, http.StateHijacked:
		p.handling.Done()
	}
}

func (r *webhookReceiver) close() {
	r.server.Close()
	r.transport.CloseIdleConnections()
}
