package decode_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// sentinels are the errors that callers of Decode branch on.
var sentinels = []error{
	decode.ErrMethod, decode.ErrUnverified, decode.ErrContentType, decode.ErrBodyTooLarge,
	decode.ErrBodyTimeout, decode.ErrEmptyBody, decode.ErrUndecodable,
}

// checkRefused checks that err is a RequestError with the status and, of the
// sentinels, want alone.
func checkRefused(t testing.TB, name string, err error, status int, want error) {
	t.Helper()
	var refused *decode.RequestError
	if !errors.As(err, &refused) || refused != err {
		t.Errorf("%s: error %v, want a RequestError", name, err)
		return
	}
	if refused.Status != status {
		t.Errorf("%s: status %d, want %d: %v", name, refused.Status, status, err)
	}
	for _, sentinel := range sentinels {
		if errors.Is(err, sentinel) != (sentinel == want) {
			t.Errorf("%s: error %v, want %v", name, err, want)
		}
	}
}

// TestWebhookRefusals begins with a request that has everything wrong, and fixes one
// thing after the other: each time the next check refuses the request.
func TestWebhookRefusals(t *testing.T) {
	w := decode.RequestDecoder{URLSecrets: secrets("a"), SigningSecrets: secrets("b"), BodyLimit: 100}
	var body []byte
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Content-Encoding", "gzip")
	r.Body = io.NopCloser(failingReader{os.ErrDeadlineExceeded})
	r.ContentLength = 101
	setBody := func(text string) {
		body = []byte(text)
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.ContentLength = int64(len(body))
	}
	for _, step := range []struct {
		mend   func()
		status int
		want   error
	}{
		{func() {}, 405, decode.ErrMethod},
		{func() { r.Method = http.MethodPost }, 401, decode.ErrUnverified},
		{func() { r.SetBasicAuth("", "wrong") }, 401, decode.ErrUnverified},
		{func() { r.SetBasicAuth("", "a") }, 401, decode.ErrUnverified},
		{func() { r.Header.Set(decode.SignatureHeader, "sha256=00") }, 401, decode.ErrUnverified},
		{func() { r.Header.Set(decode.SignatureHeader, sign("c", nil)) }, 415, decode.ErrContentType},
		{func() { r.Header.Set("Content-Type", "text/plain") }, 415, decode.ErrContentType},
		{func() { r.Header.Set("Content-Type", jsonType) }, 415, decode.ErrContentType},
		{func() { r.Header.Del("Content-Encoding") }, 413, decode.ErrBodyTooLarge},
		{func() { r.ContentLength = 100 }, 503, decode.ErrBodyTimeout},
		{func() { r.Body = io.NopCloser(failingReader{io.ErrUnexpectedEOF}) }, 503, nil},
		{func() { setBody("") }, 401, decode.ErrUnverified},
		{func() { r.Header.Set(decode.SignatureHeader, sign("b", []byte("{"))) }, 401, decode.ErrUnverified},
		{func() { r.Header.Set(decode.SignatureHeader, sign("b", nil)) }, 400, decode.ErrEmptyBody},
		{func() { setBody("{"); r.Header.Set(decode.SignatureHeader, sign("b", body)) }, 400, decode.ErrUndecodable},
		{func() { setBody(`{"notification":""}`); r.Header.Set(decode.SignatureHeader, sign("b", body)) }, 400, decode.ErrEmptyBody},
		{func() { setBody(`{"notification":"x"}`); r.Header.Set(decode.SignatureHeader, sign("b", body)) }, 400, decode.ErrUndecodable},
	} {
		step.mend()
		list, err := w.Decode(r)
		checkRefused(t, fmt.Sprintf("%d %v", step.status, step.want), err, step.status, step.want)
		if list != nil {
			t.Errorf("%d: notifications %v", step.status, list)
		}
	}
	setBody(`{"notification":"R\b\n\u0006room-1"}`)
	r.Header.Set(decode.SignatureHeader, sign("b", body))
	if list, err := w.Decode(r); err != nil || len(list) != 1 || list[0] != (decode.RoomCreated{RoomID: "room-1"}) {
		t.Errorf("the mended request: %v, %v", list, err)
	}
}

// failingReader fails.
type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestWebhookMethods(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post", ""} {
		r := newRequest(protobufType, peerConnected)
		r.Method = method
		_, err := decode.RequestDecoder{}.Decode(r)
		checkRefused(t, method, err, 405, decode.ErrMethod)
	}
}

func TestWebhookForeignContent(t *testing.T) {
	for _, contentType := range []string{
		"", "application/protobuf", "application/octet-stream", "text/json", "application/x-protobuf2",
		"application/x-www-form-urlencoded", "application/json; charset", "application/json, application/x-protobuf", "/",
	} {
		_, err := decode.RequestDecoder{}.Decode(newRequest(contentType, peerConnected))
		checkRefused(t, contentType, err, 415, decode.ErrContentType)
	}
	r := newRequest("", peerConnected)
	r.Header.Del("Content-Type")
	_, err := decode.RequestDecoder{}.Decode(r)
	checkRefused(t, "no content type", err, 415, decode.ErrContentType)

	for _, encodings := range [][]string{{"gzip"}, {"identity", "br"}, {"identity, gzip"}, {""}} {
		r := newRequest(protobufType, peerConnected)
		r.Header["Content-Encoding"] = encodings
		_, err := decode.RequestDecoder{}.Decode(r)
		checkRefused(t, fmt.Sprint(encodings), err, 415, decode.ErrContentType)
	}
	for _, encodings := range [][]string{nil, {"identity"}, {"Identity", "identity"}} {
		r := newRequest(protobufType, peerConnected)
		r.Header["Content-Encoding"] = encodings
		if _, err := (decode.RequestDecoder{}).Decode(r); err != nil {
			t.Errorf("%v: %v", encodings, err)
		}
	}
}

// endlessBody is a body without end, of which at most left bytes may be read.
type endlessBody struct {
	t      *testing.T
	left   int
	closed bool
}

func (b *endlessBody) Read(p []byte) (int, error) {
	if len(p) > b.left {
		b.t.Errorf("asked for %d bytes of the %d that are left", len(p), b.left)
		return 0, io.ErrUnexpectedEOF
	}
	clear(p)
	b.left -= len(p)
	return len(p), nil
}

func (b *endlessBody) Close() error {
	b.closed = true
	return nil
}

// TestP8WebhookStopsAtTheLimit reads a body without end, whose length is unknown or
// wrong.
func TestP8WebhookStopsAtTheLimit(t *testing.T) {
	for _, c := range []struct {
		limit, length int64
		most          int
	}{
		{0, -1, 1<<20 + 1},
		{0, 10, 1<<20 + 1},
		{1, -1, 2},
		{1000, -1, 1001},
		{1000, 1000, 1001},
		{1000, 1001, 0},
		{0, 1<<20 + 1, 0},
		{0, math.MaxInt64, 0},
	} {
		name := fmt.Sprintf("limit %d, Content-Length %d", c.limit, c.length)
		r := newRequest(protobufType, nil)
		body := &endlessBody{t: t, left: c.most}
		r.Body, r.ContentLength = body, c.length
		_, err := decode.RequestDecoder{BodyLimit: c.limit}.Decode(r)
		checkRefused(t, name, err, 413, decode.ErrBodyTooLarge)
		if body.left != 0 {
			t.Errorf("%s: %d bytes were not read", name, body.left)
		}
		if body.closed {
			t.Errorf("%s: the body was closed", name)
		}
	}
}

// The body of a request that isn't signed as a server would sign it isn't read.
func TestP8WebhookReadsNothingOfTheUnsigned(t *testing.T) {
	digits := strings.TrimPrefix(sign("a", nil), "sha256=")
	for _, signature := range []string{"", "sha256=", digits[1:], digits + "00", "sha256=x" + digits[1:], "sha1=" + digits} {
		r := newRequest(protobufType, nil)
		r.Body, r.ContentLength = io.NopCloser(unread{t}), 10
		r.Header.Set(decode.SignatureHeader, signature)
		_, err := decode.RequestDecoder{SigningSecrets: secrets("a")}.Decode(r)
		checkRefused(t, fmt.Sprintf("signature %q", signature), err, 401, decode.ErrUnverified)
	}
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func TestWebhookBodyAtTheLimit(t *testing.T) {
	for _, limit := range []int64{int64(len(peerConnected)), math.MaxInt64} {
		for _, length := range []int64{int64(len(peerConnected)), -1} {
			r := newRequest(protobufType, peerConnected)
			r.ContentLength = length
			if got, err := (decode.RequestDecoder{BodyLimit: limit}).Decode(r); err != nil || len(got) != 1 {
				t.Errorf("limit %d, Content-Length %d: %v, %v", limit, length, got, err)
			}
		}
	}
	_, err := decode.RequestDecoder{BodyLimit: int64(len(peerConnected)) - 1}.Decode(newRequest(protobufType, peerConnected))
	checkRefused(t, "one byte over the limit", err, 413, decode.ErrBodyTooLarge)
	if !strings.Contains(err.Error(), fmt.Sprint(len(peerConnected)-1)) {
		t.Errorf("%v: the limit is missing", err)
	}
}

// A limit that something else set around the body counts too.
func TestWebhookOuterLimit(t *testing.T) {
	r := newRequest(protobufType, peerConnected)
	r.ContentLength = -1
	r.Body = http.MaxBytesReader(httptest.NewRecorder(), r.Body, 10)
	_, err := decode.RequestDecoder{}.Decode(r)
	checkRefused(t, "outer limit", err, 413, decode.ErrBodyTooLarge)
	if !strings.Contains(err.Error(), "over 10 bytes") {
		t.Errorf("%v: the outer limit is missing", err)
	}
}

func TestWebhookWithoutBody(t *testing.T) {
	for _, contentType := range []string{protobufType, jsonType} {
		for name, r := range map[string]*http.Request{
			"NewRequest": httptest.NewRequest(http.MethodPost, "/", nil),
			"NoBody":     httptest.NewRequest(http.MethodPost, "/", http.NoBody),
			"nil":        {Method: http.MethodPost, Header: http.Header{}},
		} {
			r.Header.Set("Content-Type", contentType)
			_, err := decode.RequestDecoder{}.Decode(r)
			checkRefused(t, name+" as "+contentType, err, 400, decode.ErrEmptyBody)
		}
	}
}

// A read error that has no sentinel is wrapped.
func TestWebhookReadError(t *testing.T) {
	broken := errors.New("broken")
	r := newRequest(protobufType, nil)
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(peerConnected), failingReader{broken}))
	r.ContentLength = -1
	list, err := decode.RequestDecoder{}.Decode(r)
	checkRefused(t, "broken body", err, 503, nil)
	if list != nil || !errors.Is(err, broken) {
		t.Errorf("%v, %v", list, err)
	}
}

// receive sends a request in which the body ends too early to a real HTTP server and
// returns its response, and Decode's error there.
func receive(t *testing.T, prepare func(*http.ResponseController), end func(*net.TCPConn)) (answer string, decodeErr error) {
	t.Helper()
	decoded := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		prepare(http.NewResponseController(w))
		_, err := decode.RequestDecoder{}.Decode(r)
		decoded <- err
		var refused *decode.RequestError
		if errors.As(err, &refused) {
			http.Error(w, refused.Error(), refused.Status)
		}
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	head := "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\nContent-Length: 10\r\n\r\nfive!"
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	end(conn.(*net.TCPConn))
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), <-decoded
}

func TestWebhookBodyTimeout(t *testing.T) {
	answer, err := receive(t, func(c *http.ResponseController) {
		if err := c.SetReadDeadline(time.Now()); err != nil {
			t.Error(err)
		}
	}, func(*net.TCPConn) {})
	checkRefused(t, "read deadline", err, 503, decode.ErrBodyTimeout)
	if !strings.HasPrefix(answer, "HTTP/1.1 503 ") || !strings.Contains(answer, decode.ErrBodyTimeout.Error()) {
		t.Errorf("answer %q", answer)
	}
	if strings.Contains(answer, "127.0.0.1") {
		t.Errorf("the answer tells addresses: %q", answer)
	}
}

func TestWebhookBodyCutShort(t *testing.T) {
	answer, err := receive(t, func(*http.ResponseController) {}, func(conn *net.TCPConn) {
		if err := conn.CloseWrite(); err != nil {
			t.Error(err)
		}
	})
	checkRefused(t, "body cut short", err, 503, nil)
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(answer, "HTTP/1.1 503 ") {
		t.Errorf("error %v, answer %q", err, answer)
	}
}

func TestRequestError(t *testing.T) {
	refused := &decode.RequestError{Status: 401, Err: decode.ErrUnverified}
	if got := refused.Error(); got != decode.ErrUnverified.Error() {
		t.Errorf("Error() = %q", got)
	}
	bare := &decode.RequestError{Status: 401}
	if got := bare.Error(); !strings.Contains(got, "401") || bare.Unwrap() != nil {
		t.Errorf("Error() = %q, Unwrap() = %v", got, bare.Unwrap())
	}
}
