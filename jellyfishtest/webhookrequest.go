package jellyfishtest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
)

// signatureHeader is where Fishjam signs a webhook request.
const signatureHeader = "x-fishjam-signature-256"

// body returns the body that brings a message to a webhook. The error is that of
// a message which has no JSON form.
func (w Webhooks) body(message []byte) ([]byte, error) {
	if w.JSON {
		return webhookJSON(message)
	}
	return message, nil
}

// request makes the request with a body. A user in the URL is authenticated.
func (w Webhooks) request(to *url.URL, body []byte) *http.Request {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r := &http.Request{
		Method:        http.MethodPost,
		URL:           to,
		Header:        make(http.Header),
		ContentLength: int64(len(body)),
		GetBody:       open, // for a connection that turns out to be closed before the first byte
	}
	r.Body, _ = open()
	r.Header.Set("Content-Type", w.contentType())
	r.Header.Set("User-Agent", "hackney/1.20.1")
	if name := to.User.Username(); name != "" {
		password, _ := to.User.Password()
		r.SetBasicAuth(name, password)
	}
	if w.SigningSecret != "" {
		r.Header.Set(signatureHeader, "sha256="+w.signature(body))
	}
	return r
}

func (w Webhooks) contentType() string {
	if w.JSON {
		return "application/json"
	}
	return "application/x-protobuf"
}

func (w Webhooks) signature(body []byte) string {
	mac := hmac.New(sha256.New, []byte(w.SigningSecret))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
