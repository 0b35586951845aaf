// Package post posts notifications to a webhook receiver, as a server would.
package post

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// ErrNotPosted means that no server posts such a thing: metrics, gaps, and what
// could not be decoded.
var ErrNotPosted = errors.New("servers don't post this")

// answerLimit is how long a server waits for the answer.
const answerLimit = 5 * time.Second

// lastOfJSON is the last kind that server 0.3.0 knows, which posts JSON.
const lastOfJSON = decode.KindHLSUploadCrashed

// SigningVariable is the environment's signing secret.
const SigningVariable = "JELLYFISH_SIGNING_SECRET"

// Settings are what flags say about how to post.
type Settings struct {
	body        string
	signingFile string
}

// AddTo adds the flags.
func (s *Settings) AddTo(flags *pflag.FlagSet) {
	flags.StringVar(&s.body, "body", "protobuf", "`FORM` of the bodies: protobuf, or json as of server 0.3.0")
	flags.StringVar(&s.signingFile, "signing-secret-file", "", "`FILE` with the secret to sign with, as hosted Fishjam does (default $"+SigningVariable+")")
}

// Poster posts notifications to a URL.
type Poster struct {
	url    *url.URL
	json   bool
	secret decode.Secret
	client *http.Client
}

// Poster returns a poster to an address. Close must be called in the end.
func (s *Settings) Poster(flag, address string) (*Poster, error) {
	to, err := url.Parse(address)
	switch {
	case err != nil:
		var wrong *url.Error
		if errors.As(err, &wrong) { // Without the URL, in which a secret may be.
			err = wrong.Err
		}
		return nil, failure.Usagef("%s: %w", flag, err)
	case to.Scheme != "http" && to.Scheme != "https" || to.Host == "":
		return nil, failure.Usagef("%s: want a URL such as http://localhost:4000/webhook", flag)
	case s.body != "protobuf" && s.body != "json":
		return nil, failure.Usagef("--body: want protobuf or json")
	}
	if to.Path == "" {
		to.Path = "/"
	}
	secret := os.Getenv(SigningVariable)
	if s.signingFile != "" {
		text, err := os.ReadFile(s.signingFile)
		if err != nil {
			return nil, failure.Usagef("--signing-secret-file: %w", err)
		}
		secret = strings.TrimSpace(string(text))
	}
	return &Poster{
		url:    to,
		json:   s.body == "json",
		secret: decode.NewSecret(secret),
		client: &http.Client{
			Timeout:       answerLimit,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close lets go of the poster.
func (p *Poster) Close() { p.client.CloseIdleConnections() }

// URL returns where it posts to, without a password.
func (p *Poster) URL() string { return p.url.Redacted() }

// Answer is what became of a notification.
type Answer struct {
	// Status is that of the receiver's answer, 0 if there was none.
	Status int
	// Took is how long it was until the answer came.
	Took time.Duration
	// Err is why there was no answer; [ErrNotPosted] for what no server posts.
	Err error
}

// OK reports whether the receiver has accepted the notification.
func (a Answer) OK() bool { return a.Err == nil && a.Status/100 == 2 }

// String returns the answer in words.
func (a Answer) String() string {
	if a.Err != nil {
		return a.Err.Error()
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)))
}

// Post posts a notification, once.
func (p *Poster) Post(ctx context.Context, n decode.Notification) Answer {
	body, kind, err := p.bodyOf(n)
	if err != nil {
		return Answer{Err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{Err: errors.New("the request can't be made")}
	}
	request.Header.Set("Content-Type", kind)
	if !p.secret.IsZero() {
		signature, err := decode.Sign(p.secret, body)
		if err != nil {
			return Answer{Err: err}
		}
		request.Header.Set(decode.SignatureHeader, signature)
	}
	began := time.Now()
	response, err := p.client.Do(request)
	took := time.Since(began)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // Without the URL.
			err = wrapped.Err
		}
		return Answer{Took: took, Err: err}
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // So that the connection is kept.
	response.Body.Close()
	return Answer{Status: response.StatusCode, Took: took}
}

// bodyOf returns the body of a request and its content type.
func (p *Poster) bodyOf(n decode.Notification) (body []byte, kind string, err error) {
	switch n.Kind() {
	case decode.KindMetricsReport, decode.KindGap, decode.KindUndecodable:
		return nil, "", fmt.Errorf("%v: %w", n.Kind(), ErrNotPosted)
	}
	if p.json && n.Kind() > lastOfJSON {
		return nil, "", fmt.Errorf("%v in JSON: %w", n.Kind(), ErrNotPosted)
	}
	message, err := decode.Marshal(n)
	if err != nil || !p.json {
		return message, "application/x-protobuf", err
	}
	if !utf8.Valid(message) { // That server's sender crashes.
		return nil, "", fmt.Errorf("%v is no UTF-8 text, so not in JSON: %w", n.Kind(), ErrNotPosted)
	}
	body, err = json.Marshal(map[string]string{"notification": string(message)})
	return body, "application/json", err
}
