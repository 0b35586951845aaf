package decode_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// FuzzWebhookDecode compares all of Decode with wantedStatus. The bits of checks say
// what is required, and whether the request has it.
func FuzzWebhookDecode(f *testing.F) {
	const everything = 0b1111
	for i, recorded := range recordedRequests(f) {
		r := recorded.request(f)
		f.Add(r.Method, r.Header.Get("Content-Type"), "", r.Header.Get("Authorization"), "", r.ContentLength, recorded.message(f), uint8(i)&everything)
	}
	for checks := range uint8(everything + 1) {
		f.Add("POST", jsonType+"; charset=utf-8", "identity", "Basic OmE=", "sha256=deadbeef", int64(-1), jsonBodyOf(peerConnected), checks)
		f.Add("POST", protobufType, "identity", "Basic Og==", "", int64(9), []byte(nil), checks)
	}
	f.Add("GET", "text/plain", "gzip", "Bearer a", "", int64(0), []byte("{}"), uint8(0))
	f.Add("POST", protobufType, "", "", "", int64(fuzzLimit), bytes.Repeat([]byte{8, 1}, fuzzLimit), uint8(0))
	f.Add("POST", protobufType, "", "", "", int64(fuzzLimit+1), []byte(nil), uint8(0))

	f.Fuzz(func(t *testing.T, method, contentType, encoding, authorization, signature string, length int64, body []byte, checks uint8) {
		w := decode.RequestDecoder{BodyLimit: fuzzLimit}
		r := &http.Request{Method: method, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: length}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", authorization)
		r.Header.Set(decode.SignatureHeader, signature)
		if encoding != "" {
			r.Header.Set("Content-Encoding", encoding)
		}
		if checks&1 != 0 {
			w.URLSecrets = secrets("new", "a")
		}
		if checks&2 != 0 {
			w.SigningSecrets = secrets("b")
		}
		if checks&4 != 0 {
			r.SetBasicAuth(authorization, "a")
		}
		if checks&8 != 0 {
			r.Header.Set(decode.SignatureHeader, sign("b", body))
		}
		list, err := w.Decode(r)
		status := http.StatusOK
		var refused *decode.RequestError
		if errors.As(err, &refused) {
			status = refused.Status
		}
		if (err == nil) != (status == http.StatusOK) {
			t.Fatalf("error %v is no RequestError", err)
		}
		if want := wantedStatus(w, r, body); status != want {
			t.Fatalf("Decode(%v, %q) = %v, %v, want status %d", r, body, list, err, want)
		}
		if err != nil && list != nil {
			t.Fatalf("notifications %v beside the error %v", list, err)
		}
	})
}

const fuzzLimit = 500

// wellFormed matches every well-formed signature.
var wellFormed = regexp.MustCompile("^(sha256=)?[0-9a-fA-F]{64}$")

// wantedStatus returns the status of a request with the given body, for the secrets of
// FuzzWebhookDecode.
func wantedStatus(w decode.RequestDecoder, r *http.Request, body []byte) int {
	_, password, _ := r.BasicAuth()
	if r.Method != "POST" {
		return 405
	}
	if w.URLSecrets != nil && password != "a" && password != "new" {
		return 401
	}
	if w.SigningSecrets != nil && !wellFormed.MatchString(r.Header.Get(decode.SignatureHeader)) {
		return 401
	}
	contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	isJSON := contentType == jsonType
	encoding, encoded := r.Header["Content-Encoding"]
	if err != nil || !isJSON && contentType != protobufType || encoded && !strings.EqualFold(encoding[0], "identity") {
		return 415
	}
	if r.ContentLength > fuzzLimit || len(body) > fuzzLimit {
		return 413
	}
	if w.SigningSecrets != nil && decode.CheckSignature(r.Header.Get(decode.SignatureHeader), body, secrets("b")...) != nil {
		return 401
	}
	if isJSON {
		body = bytes.TrimLeft(body, " \t\r\n")
	}
	switch {
	case len(body) == 0, isJSON && body[0] != '{':
		return 400
	case isJSON:
		_, err = decode.AppendBody(nil, body)
	default:
		_, err = decode.Append(nil, body)
	}
	if err != nil {
		return 400
	}
	return 200
}
