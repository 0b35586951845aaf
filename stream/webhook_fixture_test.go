package stream_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The content types of webhooks: of server 0.3.0, and of every other
// (Jellyfish protocol, section 3.2).
const (
	jsonType     = "application/json"
	protobufType = "application/x-protobuf"
)

const receiverURL = "http://receiver.test/hook"

func newWebhook(ctx context.Context, t *testing.T, cfg stream.WebhookConfig) *stream.Webhook {
	t.Helper()
	w, err := stream.NewWebhook(ctx, cfg)
	if err != nil {
		t.Fatalf("NewWebhook: %v", err)
	}
	return w
}

// calling returns a server for a synctest bubble that posts everything to the handler.
func calling(t *testing.T, receiver http.Handler) *jellyfishtest.Server {
	t.Helper()
	return jellyfishtest.Run(t, jellyfishtest.Config{
		InMemory:  true,
		Webhooks:  jellyfishtest.Webhooks{URL: receiverURL},
		Receivers: map[string]http.Handler{"receiver.test": receiver},
	})
}

// webhookInMemory returns a webhook that verifies nothing, and a server for a
// synctest bubble that calls it.
func webhookInMemory(t *testing.T) (*jellyfishtest.Server, *stream.Webhook) {
	t.Helper()
	w := newWebhook(t.Context(), t, stream.WebhookConfig{})
	return calling(t, w), w
}

// message returns a message with one notification as a server encodes it
// (Jellyfish protocol, section 2.1).
func message(t *testing.T, n decode.Notification) []byte {
	t.Helper()
	switch n := n.(type) {
	case decode.RoomCreated:
		return field(10, field(1, []byte(n.RoomID)))
	case decode.RoomDeleted:
		return field(11, field(1, []byte(n.RoomID)))
	case decode.Undecodable: // A batch within a batch is.
		return field(33, nil)
	}
	t.Fatalf("%v can't be encoded here", n)
	return nil
}

// batch returns a message with several notifications (section 2.3).
func batch(t *testing.T, ns ...decode.Notification) []byte {
	t.Helper()
	var elements []byte
	for _, n := range ns {
		elements = append(elements, field(1, message(t, n))...)
	}
	return field(33, elements)
}

func field(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

func newPost(contentType string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, receiverURL, bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

// serve passes a request to a handler, without a connection.
func serve(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	return answer
}

// accept posts a message that must be accepted.
func accept(t *testing.T, handler http.Handler, message []byte) {
	t.Helper()
	if answer := serve(handler, newPost(protobufType, message)); answer.Code != http.StatusOK {
		t.Fatalf("the answer is %d", answer.Code)
	}
}

// pipes is a listener in memory, for synctest bubbles.
type pipes struct {
	dialled chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// serveInMemory runs a server until the end of the test.
func serveInMemory(t *testing.T, server *http.Server) *pipes {
	p := &pipes{dialled: make(chan net.Conn), closed: make(chan struct{})}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := server.Serve(p); err != http.ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
	t.Cleanup(func() {
		server.Close()
		serving.Wait()
	})
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.dialled:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// dial returns a connection. It has no buffer: what was written, the server has read.
func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.dialled <- theirs
	return ours
}

// client returns a client that makes only one connection.
func (p *pipes) client(t *testing.T) *http.Client {
	var dialled atomic.Bool
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		if dialled.Swap(true) {
			return nil, errors.New("the first connection was not kept")
		}
		return p.dial(), nil
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// post returns the status of the response.
func post(t *testing.T, client *http.Client, url string, message []byte) int {
	t.Helper()
	answer, err := client.Post(url, protobufType, bytes.NewReader(message))
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatalf("read the response: %v", err)
	}
	return answer.StatusCode
}

// secrets returns a list that isn't nil.
func secrets(texts ...string) []decode.Secret {
	list := make([]decode.Secret, 0, len(texts))
	for _, text := range texts {
		list = append(list, decode.NewSecret(text))
	}
	return list
}

// sign returns the signature of a body.
func sign(secret string, body []byte) string {
	signature, err := decode.Sign(decode.NewSecret(secret), body)
	if err != nil {
		panic(err)
	}
	return signature
}
