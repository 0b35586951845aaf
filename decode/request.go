package decode

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// defaultBodyLimit is far above what servers send: a notification is as large as
// the metadata in it, which peers choose.
const defaultBodyLimit = 1 << 20

// RequestDecoder verifies the webhook requests of a server and decodes them. The zero
// value verifies nothing and accepts bodies of up to 1 MiB. A RequestDecoder is safe
// for concurrent use as long as it isn't modified.
type RequestDecoder struct {
	// URLSecrets are for servers that don't sign requests, Jellyfish and self-hosted
	// Fishjam: a request must carry one of them as the password of HTTP Basic
	// authentication, which is what these servers make of user info in a webhook's
	// URL; see [RequestDecoder.URL]. Use several while one replaces another; the
	// first is used in new URLs. The server reveals a room's URL to everyone with its
	// API token, and logs it when a webhook fails; in transit the secret is protected
	// only by https.
	//
	// Nil means that none is required. A list that isn't nil must hold at least one,
	// and none may be empty or one that can't be sent as it is, such as one with the
	// line feed of the file that it was read from: see [RequestDecoder.Check]. So a
	// missing setting lets nobody in.
	URLSecrets []Secret
	// SigningSecrets are for Fishjam Cloud, whose dashboard has the secret: a request
	// must be signed with one of them, see [CheckSignature]. Nil and the contents of a
	// list are as with URLSecrets. If both are set, both must hold.
	SigningSecrets []Secret
	// BodyLimit is how many bytes a body may have; 0 means 1 MiB.
	BodyLimit int64
}

// Check returns an [*InputError] that names the field if the decoder can't be used as
// it is: an empty list of secrets that isn't nil, a secret that can't be sent or, on
// this machine, can't sign, or a negative BodyLimit. Decode refuses every request then.
func (d RequestDecoder) Check() error {
	if err := d.checkFields(); err != nil {
		return err
	}
	for i, secret := range d.SigningSecrets {
		if _, err := mac(secret, nil); err != nil {
			return &InputError{Field: fmt.Sprintf("SigningSecrets[%d]", i), Err: err}
		}
	}
	return nil
}

// checkFields is Check, except for what only using a secret shows.
func (d RequestDecoder) checkFields() error {
	if err := checkSecrets("URLSecrets", d.URLSecrets); err != nil {
		return err
	}
	if err := checkSecrets("SigningSecrets", d.SigningSecrets); err != nil {
		return err
	}
	if d.BodyLimit < 0 {
		return input.New("BodyLimit", "must not be negative")
	}
	return nil
}

func checkSecrets(field string, secrets []Secret) error {
	if secrets != nil && len(secrets) == 0 {
		return input.New(field, "must be nil or have a secret")
	}
	for i, secret := range secrets {
		if err := checkSecret(field, i, secret); err != nil {
			return err
		}
	}
	return nil
}

func checkSecret(field string, i int, secret Secret) error {
	if err := secret.Check(); err != nil {
		return &InputError{Field: fmt.Sprintf("%s[%d]", field, i), Err: err}
	}
	return nil
}

// Decode returns the notifications of a webhook request, in order: one, or those of a
// batch, or none if the message holds none, as with [Append]. The content type
// selects the format: application/x-protobuf (server 0.4.0 and later, Fishjam Cloud)
// or application/json (server 0.3.0).
//
// Every error is a [*RequestError], with the HTTP status to respond with and one of the
// sentinels beside it or [ErrUndecodable]. The status is 5xx if the same request may
// succeed later, since Fishjam Cloud repeats it only after such a response. The first
// of these that applies:
//
//	500 *InputError      the decoder can't be used, see Check
//	405 ErrMethod        not a POST
//	401 ErrUnverified    none of URLSecrets
//	401 ErrUnverified    SigningSecrets isn't nil, and there is no signature, or
//	                     one that isn't 64 hex digits
//	415 ErrContentType   another content type or none, or a content encoding
//	413 ErrBodyTooLarge  over BodyLimit, by Content-Length or by what was read
//	503 ErrBodyTimeout   the body took longer than the server's read deadline
//	503                  the body couldn't be read; the cause is wrapped
//	401 ErrUnverified    signed with none of SigningSecrets
//	400 ErrEmptyBody     no message
//	400 ErrUndecodable   no message of a server
//
// If the Read of a replaced request body returns a [*RequestError], Decode returns it
// as it is.
//
// Decode reads at most one byte over the limit and doesn't close the body, which
// is the HTTP server's task. How long it waits for the body is up to the read deadline
// of the HTTP server: without one, forever. Set [http.Server].ReadTimeout, or
// [http.ResponseController.SetReadDeadline] before Decode.
func (d RequestDecoder) Decode(r *http.Request) ([]Notification, error) {
	if err := d.checkFields(); err != nil {
		return nil, refused(http.StatusInternalServerError, err)
	}
	if r.Method != http.MethodPost {
		return nil, refused(http.StatusMethodNotAllowed, ErrMethod)
	}
	if d.URLSecrets != nil && !hasURLSecret(d.URLSecrets, r) {
		return nil, refused(http.StatusUnauthorized, ErrUnverified)
	}
	signature := r.Header.Get(SignatureHeader)
	if _, ok := parseSignature(signature); !ok && d.SigningSecrets != nil {
		return nil, refused(http.StatusUnauthorized, ErrUnverified)
	}
	appendTo, err := bodyType(r.Header)
	if err != nil {
		return nil, refused(http.StatusUnsupportedMediaType, err)
	}
	body, err := d.read(r)
	if err != nil {
		return nil, err
	}
	if d.SigningSecrets != nil {
		if err := CheckSignature(signature, body, d.SigningSecrets...); err != nil {
			return nil, refused(statusOf(err), err)
		}
	}
	notifications, err := appendTo(nil, body)
	if err != nil {
		return nil, refused(http.StatusBadRequest, err)
	}
	return notifications, nil
}

// statusOf returns the status for a signature that wasn't verified.
func statusOf(err error) int {
	if errors.Is(err, ErrUnverified) {
		return http.StatusUnauthorized
	}
	return http.StatusInternalServerError // The secret can't be used on this machine.
}

// hasURLSecret reports whether the request has one of the secrets as its password. It
// compares hashes, which have the same length, and always all of them, so that the time
// it takes reveals neither how close a guess is nor to which secret.
func hasURLSecret(secrets []Secret, r *http.Request) bool {
	_, password, _ := r.BasicAuth()
	got := sha256.Sum256([]byte(password))
	found := 0
	for _, secret := range secrets {
		want := sha256.Sum256([]byte(secret.Reveal()))
		found |= subtle.ConstantTimeCompare(got[:], want[:])
	}
	return found == 1
}

// bodyType returns the function that decodes bodies of the request's content type.
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
func (d RequestDecoder) read(r *http.Request) ([]byte, error) {
	limit := d.limit()
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	var overLimit *http.MaxBytesError
	var own *RequestError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &overLimit):
		return nil, tooLarge(overLimit.Limit)
	case errors.As(err, &own):
		return nil, own
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refused(http.StatusServiceUnavailable, ErrBodyTimeout)
	}
	return nil, refused(http.StatusServiceUnavailable, fmt.Errorf("decode: webhook body: %w", err))
}

func (d RequestDecoder) limit() int64 {
	if d.BodyLimit == 0 {
		return defaultBodyLimit
	}
	return d.BodyLimit
}

func tooLarge(limit int64) error {
	return refused(http.StatusRequestEntityTooLarge, fmt.Errorf("%w: over %d bytes", ErrBodyTooLarge, limit))
}

// The reasons why [RequestDecoder.Decode] refuses a request, besides
// [ErrUndecodable]. Use errors.Is on its [*RequestError].
var (
	// ErrMethod means that the request isn't a POST: status 405. A [http.ServeMux]
	// with a pattern such as "POST /webhook" answers these itself, with the Allow
	// header that HTTP requires.
	ErrMethod = errors.New("decode: webhook method is not POST")
	// ErrUnverified means that a required secret or signature is missing or wrong:
	// status 401. It doesn't say which. [CheckSignature] returns it too.
	ErrUnverified = errors.New("decode: unverified webhook")
	// ErrContentType means that the body is neither application/x-protobuf nor
	// application/json, or is compressed: status 415. No server sends such a request.
	ErrContentType = errors.New("decode: webhook is neither protobuf nor JSON")
	// ErrBodyTooLarge means that the body is over the limit, [RequestDecoder].BodyLimit or
	// that of a [http.MaxBytesReader] around it: status 413.
	ErrBodyTooLarge = errors.New("decode: webhook body too large")
	// ErrBodyTimeout means that the body didn't arrive before the read deadline of
	// the connection, such as that of [http.Server].ReadTimeout: status 503, so that
	// a sender with retries sends it again.
	ErrBodyTimeout = errors.New("decode: webhook body took too long")
	// ErrEmptyBody means that there is no message: status 400. [AppendBody] returns
	// it too.
	ErrEmptyBody = errors.New("decode: empty webhook body")
)

// RequestError is the error for a webhook request that was refused.
type RequestError struct {
	// Status is the HTTP status to respond with. Hosted Fishjam retries after a 5xx and
	// never after a 4xx; other servers only log the status, with the webhook's URL.
	Status int
	// Err is why: one of the sentinels, with or without details, an [*InputError] for
	// secrets that can't be used (status 500), or what else kept the body from being
	// read, such as a connection that broke (status 503).
	Err error
}

// Error returns the text of Err. It contains no secret, neither the receiver's nor
// one from the request, so it may be sent in the response.
func (e *RequestError) Error() string {
	if e.Err == nil {
		return "decode: webhook refused with status " + strconv.Itoa(e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *RequestError) Unwrap() error { return e.Err }

// refused returns a [*RequestError] as an error.
func refused(status int, err error) error { return &RequestError{status, err} }
