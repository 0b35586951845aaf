package decode

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strings"
)

// defaultBodyLimit is far above what servers send: a notification is as large as
// the metadata in it, which peers choose.
const defaultBodyLimit = 1 << 20

// Webhook says which webhook requests are accepted, and reads them. The zero value
// verifies nothing and takes bodies of up to 1 MiB. A Webhook may be used by any
// number of goroutines, as long as none changes it.
//
// It prints without its secrets, whatever the verb, and is written without them as
// JSON, but read with them. The exception is one in an unexported field of another
// struct, where package fmt can't ask it how.
type Webhook struct {
	// URLSecrets are for servers that sign nothing, Jellyfish and self-hosted
	// Fishjam: a request must carry one of them as the password of HTTP Basic
	// authentication, which is what these servers make of user info in a webhook's
	// URL; see [Webhook.URL]. Several are for the time in which one replaces
	// another; the first goes into new URLs. The server shows a room's URL to
	// everyone with its API token, and logs it when a webhook fails; on the way the
	// secret is safe with https only.
	//
	// Nil asks for none. A list that isn't nil but without a secret in it, with no
	// elements or only empty ones, refuses every request: a setting that is missing
	// from such a list opens nothing.
	URLSecrets []string
	// SigningSecrets are for Fishjam Cloud, whose dashboard has the secret: a
	// request must be signed with one of them, see [CheckSignature]. Nil and lists
	// without a secret are as with URLSecrets. If both are set, both must hold.
	SigningSecrets []string
	// BodyLimit is how many bytes a body may have; 0 or less means 1 MiB.
	BodyLimit int64
}

// Decode returns the notifications of a webhook request, in order: one, or those of
// a batch, or none if the message holds none, as with [Append]. The content type
// says which kind of body it is: application/x-protobuf (server 0.4.0 and later,
// Fishjam Cloud) or application/json (server 0.3.0).
//
// Every error is a [*RequestError], with the HTTP status to answer with and one of
// the sentinels beside it or [ErrUndecodable]. The first of these that applies:
//
//	405 ErrMethod        not a POST
//	401 ErrUnverified    none of URLSecrets
//	401 ErrUnverified    SigningSecrets isn't nil, and there is no signature, or
//	                     something else than 64 hex digits in its place
//	415 ErrContentType   another content type or none, or a content encoding
//	413 ErrBodyTooLarge  over BodyLimit, by Content-Length or when so much was read
//	408 ErrBodyTimeout   the body took longer than the server's read deadline
//	400                  the body couldn't be read; the cause is wrapped
//	401 ErrUnverified    signed with none of SigningSecrets
//	400 ErrEmptyBody     no message
//	400 ErrUndecodable   no message of a server
//
// Decode reads at most one byte over the limit and doesn't close the body, which
// is the HTTP server's task. How long it waits for the body is up to the read
// deadline of the HTTP server: without one, for ever. Set [http.Server].ReadTimeout,
// or [http.ResponseController.SetReadDeadline] before Decode.
func (w Webhook) Decode(r *http.Request) ([]Notification, error) {
	if r.Method != http.MethodPost {
		return nil, &RequestError{http.StatusMethodNotAllowed, ErrMethod}
	}
	if w.URLSecrets != nil && !carriesOneOf(w.URLSecrets, r) {
		return nil, &RequestError{http.StatusUnauthorized, ErrUnverified}
	}
	signature := r.Header.Get(SignatureHeader)
	if _, ok := parseSignature(signature); !ok && w.SigningSecrets != nil {
		return nil, &RequestError{http.StatusUnauthorized, ErrUnverified}
	}
	appendTo, err := bodyType(r.Header)
	if err != nil {
		return nil, &RequestError{http.StatusUnsupportedMediaType, err}
	}
	body, err := w.read(r)
	if err != nil {
		return nil, err
	}
	if w.SigningSecrets != nil {
		if err := CheckSignature(signature, body, w.SigningSecrets...); err != nil {
			return nil, &RequestError{http.StatusUnauthorized, err}
		}
	}
	notifications, err := appendTo(nil, body)
	if err != nil {
		return nil, &RequestError{http.StatusBadRequest, err}
	}
	return notifications, nil
}

// carriesOneOf returns whether the request has one of the secrets as its password.
// It compares hashes, which are of one length, and always all of them, so that the
// time it takes tells neither how near a guess is nor to which secret.
func carriesOneOf(secrets []string, r *http.Request) bool {
	_, password, _ := r.BasicAuth()
	got := sha256.Sum256([]byte(password))
	found := 0
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		want := sha256.Sum256([]byte(secret))
		found |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return found == 1
}

// bodyType returns the function that reads the type of body that a request has.
func bodyType(header http.Header) (func([]Notification, []byte) ([]Notification, error), error) {
	for _, encoding := range header.Values("Content-Encoding") {
		if !strings.EqualFold(encoding, "identity") {
			return nil, fmt.Errorf("%w: it has a content encoding", ErrContentType)
		}
	}
	contentType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, ErrContentType
	case contentType == "application/x-protobuf":
		return appendMessage, nil
	case contentType == "application/json":
		return appendJSON, nil
	}
	return nil, ErrContentType
}

// read returns a request's body.
func (w Webhook) read(r *http.Request) ([]byte, error) {
	limit := w.limit()
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	var overLimit *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &overLimit):
		return nil, tooLarge(overLimit.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &RequestError{http.StatusRequestTimeout, ErrBodyTimeout}
	}
	return nil, &RequestError{http.StatusBadRequest, fmt.Errorf("decode: webhook body: %w", err)}
}

func (w Webhook) limit() int64 {
	if w.BodyLimit <= 0 {
		return defaultBodyLimit
	}
	return w.BodyLimit
}

func tooLarge(limit int64) error {
	return &RequestError{http.StatusRequestEntityTooLarge, fmt.Errorf("%w: over %d bytes", ErrBodyTooLarge, limit)}
}

// Format prints the webhook without its secrets, whatever the verb.
func (w Webhook) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "decode.Webhook%v", w.shown())
}

// LogValue returns the webhook without its secrets.
func (w Webhook) LogValue() slog.Value { return slog.GroupValue(w.shown()...) }

// MarshalJSON returns the webhook without its secrets, as JSON logs want it. Lists
// that are set are empty then: what is read from that refuses every request.
func (w Webhook) MarshalJSON() ([]byte, error) {
	type fields Webhook
	return json.Marshal(fields{withoutSecrets(w.URLSecrets), withoutSecrets(w.SigningSecrets), w.BodyLimit})
}

// withoutSecrets returns an empty list, which is nil only if secrets is.
func withoutSecrets(secrets []string) []string { return secrets[:0:0] }

func (w Webhook) shown() []slog.Attr {
	return []slog.Attr{
		slog.Bool("URLSecrets set", w.URLSecrets != nil),
		slog.Bool("SigningSecrets set", w.SigningSecrets != nil),
		slog.Int64("BodyLimit", w.limit()),
	}
}
