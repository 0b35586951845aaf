package stream_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const (
	urlSecret     = "url-5f1d0c1e"
	signingSecret = "sig-77aa90bb"
)

// verifying requires both secrets and accepts bodies of up to 100 bytes.
var verifying = stream.WebhookConfig{Requests: decode.RequestDecoder{
	URLSecrets:     secrets(urlSecret),
	SigningSecrets: secrets(signingSecret),
	BodyLimit:      100,
}}

// newSigned returns a request that verifying accepts, if its body is a message.
func newSigned(contentType string, body []byte) *http.Request {
	r := newPost(contentType, body)
	r.SetBasicAuth("jellyfish", urlSecret)
	r.Header.Set(decode.SignatureHeader, sign(signingSecret, body))
	return r
}

// refusedRequests are requests that verifying refuses.
func refusedRequests(t *testing.T) []refusedRequest {
	good := message(t, room(1))
	signed := func(contentType string, body []byte, spoil func(*http.Request)) *http.Request {
		r := newSigned(contentType, body)
		spoil(r)
		return r
	}
	as := func(method string) *http.Request {
		return signed(protobufType, good, func(r *http.Request) { r.Method = method })
	}
	with := func(header, value string) *http.Request {
		return signed(protobufType, good, func(r *http.Request) { r.Header.Set(header, value) })
	}
	asIs := func(*http.Request) {}
	return []refusedRequest{
		{"GET", 405, as(http.MethodGet)},
		{"HEAD", 405, as(http.MethodHead)},
		{"PUT", 405, as(http.MethodPut)},
		{"another content type", 415, with("Content-Type", "text/plain")},
		{"no content type", 415, signed("", good, func(r *http.Request) { r.Header.Del("Content-Type") })},
		{"a content encoding", 415, with("Content-Encoding", "gzip")},
		{"no body", 400, signed(protobufType, nil, func(r *http.Request) { r.Body = http.NoBody })},
		{"an empty body", 400, signed(protobufType, []byte{}, asIs)},
		{"an undecodable body", 400, signed(protobufType, []byte{0xff}, asIs)},
		{"a truncated body", 400, signed(protobufType, good[:len(good)-1], asIs)},
		{"a batch with a truncated element", 400, signed(protobufType, field(33, field(1, good[:len(good)-1])), asIs)},
		{"protobuf as JSON", 400, signed(jsonType, good, asIs)},
		{"JSON as protobuf", 400, signed(protobufType, []byte(`{"notification":"R\u0003\n\u00011"}`), asIs)},
		{"JSON without a notification", 400, signed(jsonType, []byte(`{}`), asIs)},
		{"a body that ends early", 503, signed(protobufType, good, func(r *http.Request) {
			r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(good[:3]), failing{io.ErrUnexpectedEOF}))
		})},
		{"a body over the limit", 413, signed(protobufType, field(10, field(1, bytes.Repeat([]byte("x"), 100))), asIs)},
		{"a body over the limit of unknown length", 413, signed(protobufType, bytes.Repeat(good, 30), func(r *http.Request) { r.ContentLength = -1 })},
		{"no URL secret", 401, signed(protobufType, good, func(r *http.Request) { r.Header.Del("Authorization") })},
		{"another URL secret", 401, signed(protobufType, good, func(r *http.Request) { r.SetBasicAuth("jellyfish", "guess") })},
		{"no signature", 401, signed(protobufType, good, func(r *http.Request) { r.Header.Del(decode.SignatureHeader) })},
		{"another signature", 401, with(decode.SignatureHeader, sign("guess", good))},
		{"the signature of another body", 401, with(decode.SignatureHeader, sign(signingSecret, good[:3]))},
	}
}

type refusedRequest struct {
	name    string
	status  int
	request *http.Request
}

// gap returns what is missing because of the request if it is the server's own: it has
// the URL secret, and only its body is wrong.
func (r refusedRequest) gap() (g stream.Gap, ok bool) {
	switch r.status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return stream.Gap{Undecodable: 1}, true
	case http.StatusServiceUnavailable:
		return stream.Gap{Outages: 1}, true
	}
	return g, false
}

// failing is a body whose sender disconnects.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Refused requests get a response and are counted: what arrived before and after them
// is delivered. P2: in between is a Gap if the request was the server's, and nothing if
// it had no valid secret.
func TestWebhookRefusesBadRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, verifying)
		sub := join(t.Context(), t, w)
		refused := refusedRequests(t)
		var want []decode.Notification
		var lost, outages uint64
		for i, c := range refused {
			want = append(want, room(i))
			if g, ok := c.gap(); ok {
				want = append(want, g)
				lost += g.Undecodable
				outages += uint64(g.Outages)
			}
			if answer := serve(w, newSigned(protobufType, message(t, room(i)))); answer.Code != http.StatusOK || answer.Body.Len() > 0 || answer.Header().Get("Connection") != "" {
				t.Errorf("a good request is answered with %d %v %q", answer.Code, answer.Header(), answer.Body)
			}
			answer := serve(w, c.request)
			if answer.Code != c.status {
				t.Errorf("%s: the answer is %d, want %d", c.name, answer.Code, c.status)
			}
			if got, want := answer.Body.String(), http.StatusText(c.status)+"\n"; got != want {
				t.Errorf("%s: the answer says %q, want %q", c.name, got, want)
			}
			wantAllow, wantAuthenticate := "", ""
			switch c.status {
			case http.StatusMethodNotAllowed:
				wantAllow = "POST"
			case http.StatusUnauthorized:
				wantAuthenticate = `Basic realm="webhook"`
			}
			for header, want := range map[string]string{
				"Allow":            wantAllow,
				"WWW-Authenticate": wantAuthenticate,
				"Connection":       "close",
			} {
				if got := answer.Header().Get(header); got != want {
					t.Errorf("%s: %s is %q, want %q", c.name, header, got, want)
				}
			}
		}
		expect(t, sub, want...)
		expectNothing(t, sub)
		n := uint64(len(refused))
		got := w.Stats()
		if !got.LastRequest.Equal(time.Now()) {
			t.Errorf("LastRequest is %v", got.LastRequest)
		}
		got.LastRequest, got.ByKind = time.Time{}, nil
		if want := (stream.WebhookStats{Subscriptions: 1, Requests: n, Refused: n, Received: n, Undecodable: lost, Outages: outages}); !cmp.Equal(got, want) {
			t.Errorf("counters are %+v, want %+v", got, want)
		}
	})
}

// The response is the same whichever secret is wrong.
func TestP10RefusalDoesNotSayWhichSecretIsWrong(t *testing.T) {
	w := newWebhook(t.Context(), t, verifying)
	answers := make(map[string]bool)
	for _, c := range refusedRequests(t) {
		if c.status == http.StatusUnauthorized {
			answer := serve(w, c.request)
			answers[fmt.Sprint(answer.Code, answer.Header(), answer.Body)] = true
		}
	}
	if len(answers) != 1 {
		t.Errorf("the answers are %v", answers)
	}
}

// A body that is known to be too large isn't read at all.
func TestWebhookReadsNothingOfATooLargeBody(t *testing.T) {
	for _, expects := range []string{"", "Expect: 100-continue\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWebhook(t.Context(), t, stream.WebhookConfig{})
			c := serveInMemory(t, &http.Server{Handler: w}).dial()
			defer c.Close()
			written := make(chan int64)
			go func() {
				n, _ := io.Copy(c, strings.NewReader("POST / HTTP/1.1\r\nHost: h\r\n"+expects+"Content-Type: "+protobufType+"\r\nContent-Length: 1048577\r\n\r\n"+strings.Repeat("x", 1<<20+1)))
				written <- n
			}()
			answer, err := io.ReadAll(c)
			if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 413 ")) || !bytes.Contains(answer, []byte("\r\nConnection: close\r\n")) {
				t.Errorf("the answer is %q (%v)", answer, err)
			}
			if n := <-written; n > 8<<10 { // The HTTP server fills its buffer.
				t.Errorf("%d bytes were read", n)
			}
			if s := w.Stats(); s.Refused != 1 || s.Requests != 0 {
				t.Errorf("counters are %+v", s)
			}
		})
	}
}

// A body of unknown length is read up to the limit, and the rest only as far as
// net/http reads on to let its client read the response.
func TestWebhookReadsLittleOfAnEndlessBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		c := serveInMemory(t, &http.Server{Handler: w}).dial()
		defer c.Close()
		written := make(chan int)
		go func() {
			total, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: "+protobufType+"\r\nTransfer-Encoding: chunked\r\n\r\n")
			for n := 0; err == nil; total += n {
				n, err = io.WriteString(c, "1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n")
			}
			written <- total
		}()
		answer, err := io.ReadAll(c)
		if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 413 ")) {
			t.Errorf("the answer is %q (%v)", answer, err)
		}
		if n := <-written; n < 1<<20 || n > 1<<20+512<<10 {
			t.Errorf("%d bytes were read", n)
		}
		if s := w.Stats(); s.Refused != 1 || s.Requests != 0 {
			t.Errorf("counters are %+v", s)
		}
	})
}

// In HTTP/2 a connection is shared, by a proxy's clients too: a stranger's request
// doesn't end it.
func TestWebhookRefusalOverHTTP2KeepsTheConnection(t *testing.T) {
	w := newWebhook(t.Context(), t, stream.WebhookConfig{})
	server := httptest.NewUnstartedServer(w)
	server.EnableHTTP2 = true
	var connections atomic.Int32
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	for i := range 5 {
		if status := post(t, server.Client(), server.URL, message(t, room(i))); status != http.StatusOK {
			t.Errorf("a good request is answered with %d", status)
		}
		if status := post(t, server.Client(), server.URL, nil); status != http.StatusBadRequest {
			t.Errorf("an empty request is answered with %d", status)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("there were %d connections", n)
	}
}

// The sender disconnects in the middle of a body.
func TestWebhookQueuesNothingOfHalfABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		sub := join(t.Context(), t, w)
		c := serveInMemory(t, &http.Server{Handler: w}).dial()
		whole := batch(t, room(1), room(2))
		head := fmt.Sprintf("POST / HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", protobufType, len(whole))
		if _, err := io.WriteString(c, head+string(whole[:len(whole)-1])); err != nil {
			t.Fatal(err)
		}
		c.Close()
		expectNothing(t, sub)
		if s := w.Stats(); s.Refused != 1 || s.Requests != 0 || s.Received != 0 {
			t.Errorf("counters are %+v", s)
		}
	})
}

func TestWebhookConfigIsChecked(t *testing.T) {
	for _, c := range []struct {
		field string
		cfg   stream.WebhookConfig
	}{
		{"Requests.URLSecrets", stream.WebhookConfig{Requests: decode.RequestDecoder{URLSecrets: secrets()}}},
		{"Requests.URLSecrets[1]", stream.WebhookConfig{Requests: decode.RequestDecoder{URLSecrets: secrets("new", "")}}},
		{"Requests.URLSecrets[0]", stream.WebhookConfig{Requests: decode.RequestDecoder{URLSecrets: secrets("from a file\n")}}},
		{"Requests.SigningSecrets", stream.WebhookConfig{Requests: decode.RequestDecoder{SigningSecrets: secrets()}}},
		{"Requests.SigningSecrets[0]", stream.WebhookConfig{Requests: decode.RequestDecoder{SigningSecrets: secrets("")}}},
		{"Requests.SigningSecrets[1]", stream.WebhookConfig{Requests: decode.RequestDecoder{SigningSecrets: secrets("a", "\xff")}}},
		{"Requests.BodyLimit", stream.WebhookConfig{Requests: decode.RequestDecoder{BodyLimit: -1}}},
		{"BodyTimeout", stream.WebhookConfig{BodyTimeout: -1}},
	} {
		_, err := stream.NewWebhook(t.Context(), c.cfg)
		var bad *stream.InputError
		if !errors.As(err, &bad) || bad.Field != c.field {
			t.Errorf("NewWebhook with bad %s returned %v", c.field, err)
		}
	}
}
