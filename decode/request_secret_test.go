package decode_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

const (
	secretOfURL     = "url-5f1d0c1e+&/"
	secretOfOldURL  = "old-90bbaa77"
	secretOfSigning = "sig-77aa90bb"
	secretOfOther   = "other-18cd02ee" // In requests and base URLs that are refused.
)

// printed collects whatever is printed or logged.
type printed struct{ bytes.Buffer }

// add prints v in every way that fmt and slog can.
func (p *printed) add(v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T"} {
		fmt.Fprintf(p, verb+"\n", v)
		fmt.Fprintf(p, verb+"\n", struct{ Inner any }{v})
		fmt.Fprintf(p, verb+"\n", []any{v})
	}
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(p, nil)), slog.New(slog.NewJSONHandler(p, nil))} {
		log.Info("value", "v", v)
	}
}

// check fails the test if a secret was printed in any spelling.
func (p *printed) check(t *testing.T) {
	t.Helper()
	if p.Len() < 1000 {
		t.Errorf("only %d bytes were printed", p.Len())
	}
	for _, secret := range []string{secretOfURL, secretOfOldURL, secretOfSigning, secretOfOther} {
		for _, spelling := range []string{
			secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), url.QueryEscape(secret), url.PathEscape(secret),
			base64.StdEncoding.EncodeToString([]byte("jellyfish:" + secret)),
			sign(secret, peerConnected)[7:],
		} {
			if i := strings.Index(p.String(), spelling); i >= 0 {
				t.Errorf("a secret was shown: …%s…", p.String()[max(0, i-100):min(p.Len(), i+100)])
			}
		}
	}
}

var secretWebhook = decode.RequestDecoder{
	URLSecrets:     secrets(secretOfURL, secretOfOldURL),
	SigningSecrets: secrets(secretOfSigning),
	BodyLimit:      4242,
}

func TestP10WebhookHidesSecrets(t *testing.T) {
	var seen printed
	seen.add(secretWebhook)
	seen.add(&secretWebhook)
	seen.add([]decode.RequestDecoder{secretWebhook})
	seen.add(struct{ Webhook *decode.RequestDecoder }{&secretWebhook})
	seen.check(t)
}

// TestP10RefusalsHideSecrets provokes every error of Decode and CheckSignature with
// requests that are full of secrets.
func TestP10RefusalsHideSecrets(t *testing.T) {
	var seen printed
	count := 0
	show := func(err error) {
		if err == nil {
			t.Error("no error")
		}
		for ; err != nil; err = errors.Unwrap(err) {
			seen.add(err)
			count++
		}
	}
	decodeChanged := func(change func(*http.Request)) {
		r := newRequest(protobufType, peerConnected)
		r.SetBasicAuth("jellyfish", secretOfURL)
		r.Header.Set(decode.SignatureHeader, sign(secretOfSigning, peerConnected))
		change(r)
		_, err := secretWebhook.Decode(r)
		show(err)
	}
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Method = http.MethodPut },
		func(r *http.Request) { r.SetBasicAuth("jellyfish", secretOfOther) },
		func(r *http.Request) { r.SetBasicAuth(secretOfOther, "") },
		func(r *http.Request) { r.Header.Del("Authorization") },
		func(r *http.Request) { r.Header.Set("Content-Type", secretOfOther) },
		func(r *http.Request) { r.Header.Set("Content-Encoding", secretOfOther) },
		func(r *http.Request) { r.ContentLength = 5000 },
		func(r *http.Request) { r.Body = io.NopCloser(failingReader{io.ErrUnexpectedEOF}) },
		func(r *http.Request) {
			r.Header.Set(decode.SignatureHeader, sign(secretOfOther, peerConnected))
		},
		func(r *http.Request) { r.Header.Set(decode.SignatureHeader, secretOfOther) },
		func(r *http.Request) { r.Header.Del(decode.SignatureHeader) },
	} {
		decodeChanged(change)
	}
	for _, body := range []string{"", secretOfOther, `{"` + secretOfOther, `{"notification":5,"a":"` + secretOfOther + `"}`, `"` + secretOfOther + `"`} {
		for _, contentType := range []string{protobufType, jsonType} {
			decodeChanged(func(r *http.Request) {
				r.Header.Set("Content-Type", contentType)
				r.Header.Set(decode.SignatureHeader, sign(secretOfSigning, []byte(body)))
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
			})
		}
	}
	show(decode.CheckSignature(sign(secretOfOther, peerConnected), peerConnected, decode.NewSecret(secretOfSigning)))
	seen.check(t)
	if count < 30 {
		t.Errorf("only %d errors were printed", count)
	}
}

func TestP10URLErrorsHideSecrets(t *testing.T) {
	var seen printed
	for _, base := range []string{
		"https://me:" + secretOfOther + "@host/",
		"https://me:" + secretOfOther + "@/",
		"https://me:" + secretOfOther + "/x@host/",
		"https://me:%zz" + secretOfOther + "@host/",
		"https://me:\n" + secretOfOther + "@host/",
		"https://" + secretOfOther + ":" + secretOfOther + "/",
		"https://" + secretOfOther + " /",
		"https://host/#" + secretOfOther,
		"me:" + secretOfOther + "@host/",
		secretOfOther + "://host/",
		"ftp://me:" + secretOfOther + "@host/",
		"//me:" + secretOfOther + "@host/",
		"https:" + secretOfOther,
	} {
		got, err := secretWebhook.URL(base)
		if err == nil || !got.IsZero() {
			t.Errorf("URL(%q) = %q, %v", base, got.Reveal(), err)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			seen.add(err)
		}
	}
	seen.check(t)
}
