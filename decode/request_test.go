package decode_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// The content types of webhooks: of server 0.3.0, and of every other.
const (
	jsonType     = "application/json"
	protobufType = "application/x-protobuf"
)

// recordedRequest is a webhook request that a running server sent: its head
// without the line ends behind it, and its body.
type recordedRequest struct {
	Head string `json:"head"`
	vector
}

// request returns the request as a receiver's HTTP server reads it.
func (r recordedRequest) request(t testing.TB) *http.Request {
	t.Helper()
	text := r.Head + "\r\n\r\n" + string(r.message(t))
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatalf("%s: %v", r.Source, err)
	}
	return request
}

// recordedRequests returns what running servers sent: 0.3.0 in the flow
// webhook_json_v0.3.0, 0.5.0 in the others.
func recordedRequests(t testing.TB) []recordedRequest {
	t.Helper()
	content, err := os.ReadFile("testdata/webhook/requests.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var list []recordedRequest
	for line := range bytes.Lines(content) {
		var r recordedRequest
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return list
}

// newRequest returns a webhook request.
func newRequest(contentType string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

func TestWebhookRecorded(t *testing.T) {
	flows := make(map[string]int)
	for _, recorded := range recordedRequests(t) {
		flow, _, _ := strings.Cut(recorded.Source, " ")
		flows[flow]++
		want := recorded.wanted(t)
		got, err := decode.RequestDecoder{}.Decode(recorded.request(t))
		if err != nil {
			t.Errorf("%s: Decode: %v", recorded.Source, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: Decode (-want +got):\n%s", recorded.Source, diff)
		}
		got, err = decode.AppendBody(nil, recorded.message(t))
		if err != nil {
			t.Errorf("%s: AppendBody: %v", recorded.Source, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: AppendBody (-want +got):\n%s", recorded.Source, diff)
		}
	}
	want := map[string]int{"notif_main_flow": 60, "webhook_json_v0.3.0": 5, "webhook_userinfo": 2}
	if diff := cmp.Diff(want, flows); diff != "" {
		t.Errorf("requests by flow (-want +got):\n%s", diff)
	}
}

// The server turned the user info "user:pw" into Basic authentication.
func TestWebhookRecordedUserInfo(t *testing.T) {
	for _, recorded := range recordedRequests(t) {
		carries := strings.HasPrefix(recorded.Source, "webhook_userinfo")
		_, err := decode.RequestDecoder{URLSecrets: secrets("pw")}.Decode(recorded.request(t))
		if carries {
			if err != nil {
				t.Errorf("%s: %v", recorded.Source, err)
			}
			_, err = decode.RequestDecoder{URLSecrets: secrets("user")}.Decode(recorded.request(t))
		}
		checkRefused(t, recorded.Source, err, 401, decode.ErrUnverified)
	}
}

// TestWebhookVectors decodes the vectors of the Jellyfish protocol, section 7, and
// all recorded messages as bodies of both kinds.
func TestWebhookVectors(t *testing.T) {
	for file, list := range vectors(t) {
		for _, v := range list {
			for contentType, body := range map[string][]byte{protobufType: v.message(t), jsonType: jsonBodyOf(v.message(t))} {
				got, err := decode.RequestDecoder{}.Decode(newRequest(contentType, body))
				if err != nil {
					t.Errorf("%s, %s as %s: %v", file, v.Source, contentType, err)
				}
				if diff := cmp.Diff(v.wanted(t), got); diff != "" {
					t.Errorf("%s, %s as %s (-want +got):\n%s", file, v.Source, contentType, diff)
				}
			}
		}
	}
}

func TestWebhookSecrets(t *testing.T) {
	body := []byte("\x52\x08\x0a\x06room-1")
	long := strings.Repeat("long", 100)
	for _, c := range []struct {
		name     string
		webhook  decode.RequestDecoder
		password string // None if empty.
		signed   string // The secret, none if empty.
		verified bool
	}{
		{"nothing asked for, nothing given", decode.RequestDecoder{}, "", "", true},
		{"nothing asked for, much given", decode.RequestDecoder{}, "a", "b", true},

		{"the URL secret", decode.RequestDecoder{URLSecrets: secrets("a")}, "a", "", true},
		{"another URL secret", decode.RequestDecoder{URLSecrets: secrets("a")}, "b", "", false},
		{"no URL secret", decode.RequestDecoder{URLSecrets: secrets("a")}, "", "", false},
		{"the beginning of the URL secret", decode.RequestDecoder{URLSecrets: secrets(long)}, long[:len(long)-1], "", false},
		{"more than the URL secret", decode.RequestDecoder{URLSecrets: secrets(long)}, long + "g", "", false},
		{"the URL secret in capitals", decode.RequestDecoder{URLSecrets: secrets("a")}, "A", "", false},
		{"the new URL secret", decode.RequestDecoder{URLSecrets: secrets("new", "old")}, "new", "", true},
		{"the old URL secret", decode.RequestDecoder{URLSecrets: secrets("new", "old")}, "old", "", true},
		{"both URL secrets", decode.RequestDecoder{URLSecrets: secrets("new", "old")}, "newold", "", false},

		{"the signing secret", decode.RequestDecoder{SigningSecrets: secrets("a")}, "", "a", true},
		{"another signing secret", decode.RequestDecoder{SigningSecrets: secrets("a")}, "", "b", false},
		{"no signature", decode.RequestDecoder{SigningSecrets: secrets("a")}, "", "", false},
		{"the new signing secret", decode.RequestDecoder{SigningSecrets: secrets("new", "old")}, "", "new", true},
		{"the old signing secret", decode.RequestDecoder{SigningSecrets: secrets("new", "old")}, "", "old", true},

		{"both", decode.RequestDecoder{URLSecrets: secrets("a"), SigningSecrets: secrets("b")}, "a", "b", true},
		{"the URL secret of both", decode.RequestDecoder{URLSecrets: secrets("a"), SigningSecrets: secrets("b")}, "a", "", false},
		{"the signature of both", decode.RequestDecoder{URLSecrets: secrets("a"), SigningSecrets: secrets("b")}, "", "b", false},
		{"one for the other", decode.RequestDecoder{URLSecrets: secrets("a"), SigningSecrets: secrets("b")}, "b", "a", false},
	} {
		r := newRequest(protobufType, body)
		if c.password != "" {
			r.SetBasicAuth("whoever", c.password)
		}
		if c.signed != "" {
			r.Header.Set(decode.SignatureHeader, sign(c.signed, body))
		}
		got, err := c.webhook.Decode(r)
		if !c.verified {
			checkRefused(t, c.name, err, 401, decode.ErrUnverified)
			if err != nil && err.Error() != decode.ErrUnverified.Error() {
				t.Errorf("%s: the error tells what was wrong: %v", c.name, err)
			}
			continue
		}
		if err != nil || len(got) != 1 || got[0] != (decode.RoomCreated{RoomID: "room-1"}) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

// No secret that merely begins like the right one is accepted.
func TestWebhookGuesses(t *testing.T) {
	w := decode.RequestDecoder{URLSecrets: secrets("secret")}
	for i := range 5000 {
		r := newRequest(protobufType, peerConnected)
		r.SetBasicAuth("secret", fmt.Sprintf("secret%d", i))
		if _, err := w.Decode(r); !errors.Is(err, decode.ErrUnverified) {
			t.Fatalf("guess %d: error %v", i, err)
		}
	}
}

// A decoder whose secrets can't be used accepts nothing, and says which they are.
func TestP10WebhookSecretsThatCantBeUsed(t *testing.T) {
	good := decode.RequestDecoder{URLSecrets: secrets("a"), SigningSecrets: secrets("b", "c"), BodyLimit: 5}
	if err := good.Check(); err != nil {
		t.Errorf("good secrets: %v", err)
	}
	for _, c := range []struct {
		field  string
		change func(d *decode.RequestDecoder)
	}{
		{"URLSecrets", func(d *decode.RequestDecoder) { d.URLSecrets = secrets() }},
		{"URLSecrets[0]", func(d *decode.RequestDecoder) { d.URLSecrets = secrets("") }},
		{"URLSecrets[1]", func(d *decode.RequestDecoder) { d.URLSecrets = secrets("a", "line feed\n") }},
		{"URLSecrets[0]", func(d *decode.RequestDecoder) { d.URLSecrets = secrets("\xffa", "a") }},
		{"SigningSecrets", func(d *decode.RequestDecoder) { d.SigningSecrets = secrets() }},
		{"SigningSecrets[1]", func(d *decode.RequestDecoder) { d.SigningSecrets = secrets("a", "") }},
		{"SigningSecrets[0]", func(d *decode.RequestDecoder) { d.SigningSecrets = secrets("a\x00b") }},
		{"SigningSecrets[0]", func(d *decode.RequestDecoder) { d.SigningSecrets = secrets(" a") }},
		{"BodyLimit", func(d *decode.RequestDecoder) { d.BodyLimit = -1 }},
	} {
		d := good
		c.change(&d)
		r := newRequest(protobufType, peerConnected)
		r.SetBasicAuth("jellyfish", "")
		r.Header.Set(decode.SignatureHeader, sign("", peerConnected))
		_, err := d.Decode(r)
		checkRefused(t, c.field, err, 500, nil)
		for _, err := range []error{err, d.Check()} {
			var invalid *decode.InputError
			if !errors.As(err, &invalid) || invalid.Field != c.field {
				t.Errorf("%v, want an InputError of %s", err, c.field)
			}
		}
	}
}

// The signature is over the bytes as received, not over the message in them.
func TestWebhookSignatureIsOverRawBytes(t *testing.T) {
	w := decode.RequestDecoder{SigningSecrets: secrets("a")}
	message := []byte("\x52\x08\x0a\x06room-1")
	body := append([]byte(" \n"), jsonBodyOf(message)...)
	r := newRequest(jsonType, body)
	r.Header.Set(decode.SignatureHeader, sign("a", body))
	if got, err := w.Decode(r); err != nil || len(got) != 1 {
		t.Errorf("signed body: %v, %v", got, err)
	}
	for _, other := range [][]byte{message, jsonBodyOf(message), nil} {
		r := newRequest(jsonType, body)
		r.Header.Set(decode.SignatureHeader, sign("a", other))
		_, err := w.Decode(r)
		checkRefused(t, fmt.Sprintf("signed %q", other), err, 401, decode.ErrUnverified)
	}
}

func TestWebhookContentTypes(t *testing.T) {
	message := []byte("\x52\x08\x0a\x06room-1")
	for _, contentType := range []string{protobufType, "Application/X-Protobuf", "application/x-protobuf; charset=utf-8", " application/x-protobuf ;a=b "} {
		if got, err := (decode.RequestDecoder{}).Decode(newRequest(contentType, message)); err != nil || len(got) != 1 {
			t.Errorf("%q: %v, %v", contentType, got, err)
		}
		_, err := decode.RequestDecoder{}.Decode(newRequest(contentType, jsonBodyOf(message)))
		checkRefused(t, contentType, err, 400, decode.ErrUndecodable)
	}
	for _, contentType := range []string{jsonType, "APPLICATION/JSON", "application/json; charset=utf-8"} {
		for _, space := range []string{"", " ", "\r\n\t "} {
			body := append([]byte(space), jsonBodyOf(message)...)
			if got, err := (decode.RequestDecoder{}).Decode(newRequest(contentType, body)); err != nil || len(got) != 1 {
				t.Errorf("%q after %q: %v, %v", contentType, space, got, err)
			}
		}
		_, err := decode.RequestDecoder{}.Decode(newRequest(contentType, message))
		checkRefused(t, contentType, err, 400, decode.ErrUndecodable)
	}
}

// A message without a notification is no error: Jellyfish protocol, section 7.3.
func TestWebhookWithoutNotification(t *testing.T) {
	for _, message := range [][]byte{
		payload(6),
		payload(9, varint(1, 1)),
		payload(33),
		varint(99, 1),
	} {
		for contentType, body := range map[string][]byte{protobufType: message, jsonType: jsonBodyOf(message)} {
			if got, err := (decode.RequestDecoder{}).Decode(newRequest(contentType, body)); err != nil || len(got) != 0 {
				t.Errorf("%x as %s: %v, %v", message, contentType, got, err)
			}
		}
	}
}
