package decode

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

// Secret is a string that can't be printed: its method Reveal returns it.
type Secret = secret.Secret

// NewSecret returns a secret that holds the given text.
func NewSecret(text string) Secret { return secret.New(text) }

// InputError reports a field or an argument that is invalid.
type InputError = input.Error

// SignatureHeader is the header with the signature of a webhook of Fishjam Cloud.
// Jellyfish and self-hosted Fishjam servers don't sign webhooks.
const SignatureHeader = "X-Fishjam-Signature-256"

const signaturePrefix = "sha256="

// Sign returns the value that Fishjam Cloud sends in the [SignatureHeader] of a
// webhook: "sha256=" and the lower-case hex digits of the body's HMAC-SHA256. It is
// for testing receivers. The error is as with [CheckSignature].
func Sign(secret Secret, body []byte) (string, error) {
	sum, err := mac(secret, body)
	if err != nil {
		return "", err
	}
	return signaturePrefix + hex.EncodeToString(sum), nil
}

// CheckSignature returns nil if the signature matches the body and one of the
// secrets, and [ErrUnverified] otherwise. Pass several secrets while one replaces
// another. An empty secret never matches, nor does an empty list. Another error means
// that a secret can't be used on this machine: with GODEBUG=fips140=only those of
// less than 14 bytes, which Go refuses.
//
// The body is the raw one, as it was received. The signature may lack the prefix
// "sha256=", and its hex digits may be upper case. The comparison is constant-time,
// and doesn't reveal which secret matched. A signature has no timestamp: it is still
// valid when a request is repeated.
func CheckSignature(signature string, body []byte, secrets ...Secret) error {
	got, ok := parseSignature(signature)
	if !ok {
		return ErrUnverified
	}
	verified := false
	var failed error
	for _, secret := range secrets {
		if secret.IsZero() {
			continue
		}
		want, err := mac(secret, body)
		if err != nil {
			failed = err
			continue
		}
		equal := hmac.Equal(got, want)
		verified = verified || equal
	}
	switch {
	case verified:
		return nil
	case failed != nil:
		return failed
	}
	return ErrUnverified
}

// parseSignature returns the HMAC in a signature, and false if there is none.
func parseSignature(signature string) (got []byte, ok bool) {
	got, err := hex.DecodeString(strings.TrimPrefix(signature, signaturePrefix))
	return got, err == nil && len(got) == sha256.Size
}

// mac returns the body's HMAC-SHA256. Package hmac panics if the process may not use a
// key; here that is an error.
func mac(secret Secret, body []byte) (sum []byte, err error) {
	defer func() {
		if refusal := recover(); refusal != nil {
			err = fmt.Errorf("decode: webhook signature: %v", refusal)
		}
	}()
	hash := hmac.New(sha256.New, []byte(secret.Reveal()))
	hash.Write(body)
	return hash.Sum(nil), nil
}

// urlUser is the user name in webhook URLs. Receivers ignore it.
const urlUser = "jellyfish"

// URL returns the webhook URL to create a room with: base, the http or https URL of
// the receiver, with the first of URLSecrets as its password and, if it has no path,
// the path / that the server insists on. The URL as a whole is a Secret; use it as
// rooms.RoomConfig.WebhookURL.
//
// It returns an [*InputError], which doesn't show base, if there is no first secret, if
// that can't be sent, or if base is no such URL, has user info already or has a
// fragment, which no server would send. (A # in a path or query must be written %23.)
func (d RequestDecoder) URL(base string) (Secret, error) {
	if len(d.URLSecrets) == 0 {
		return Secret{}, input.New("URLSecrets", "must have a secret for the URL")
	}
	if err := checkSecret("URLSecrets", 0, d.URLSecrets[0]); err != nil {
		return Secret{}, err
	}
	u, err := parseBase(base)
	if err != nil {
		return Secret{}, &InputError{Field: "base", Err: err}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	scheme, rest, _ := strings.Cut(u.String(), "://")
	return NewSecret(scheme + "://" + urlUser + ":" + escapeUserInfo(d.URLSecrets[0].Reveal()) + "@" + rest), nil
}

// parseBase parses the URL of a receiver. The errors of package url would show
// parts of it, such as a password.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, errors.New("must be a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("must be http or https")
	case u.Hostname() == "":
		return nil, errors.New("must have a host")
	case u.User != nil:
		return nil, errors.New("must not have user info already")
	case strings.Contains(base, "#"):
		return nil, errors.New("must not have a fragment")
	}
	return u, nil
}

// escapeUserInfo escapes text so that every URL parser reads it the same. Package url
// would leave a plus as it is, which the server's HTTP client reads as a space (hackney
// 1.20.1, servers 0.3.0 to 0.6.3).
func escapeUserInfo(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
