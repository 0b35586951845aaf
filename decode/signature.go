package decode

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader is the header with the signature of a webhook of Fishjam Cloud.
// Jellyfish and self-hosted Fishjam servers sign nothing.
const SignatureHeader = "X-Fishjam-Signature-256"

const signaturePrefix = "sha256="

// Sign returns what Fishjam Cloud sends in the [SignatureHeader] of a webhook:
// "sha256=" and the lower-case hex digits of the body's HMAC-SHA256. It is for
// tests of one's receiver.
func Sign(secret string, body []byte) string {
	return signaturePrefix + hex.EncodeToString(mac(secret, body))
}

// CheckSignature returns nil if the signature is that of the body with one of the
// secrets, and [ErrUnverified] otherwise. Several secrets are for the time in which
// one replaces another. An empty secret matches nothing, and so do no secrets.
//
// The body is the raw one, as it was received. The signature may lack the prefix
// "sha256=", and its hex digits may be upper case. How long the comparison takes
// tells nothing about the signature that was expected, nor which secret matched.
// There is no time in a signature: it holds again when a request is repeated.
func CheckSignature(signature string, body []byte, secrets ...string) error {
	got, ok := parseSignature(signature)
	if !ok {
		return ErrUnverified
	}
	verified := false
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		equal := hmac.Equal(got, mac(secret, body))
		verified = verified || equal
	}
	if !verified {
		return ErrUnverified
	}
	return nil
}

// parseSignature returns the HMAC that a signature spells, unless it spells none.
func parseSignature(signature string) (got []byte, ok bool) {
	got, err := hex.DecodeString(strings.TrimPrefix(signature, signaturePrefix))
	return got, err == nil && len(got) == sha256.Size
}

// mac returns the body's HMAC-SHA256.
func mac(secret string, body []byte) []byte {
	hash := hmac.New(sha256.New, []byte(secret))
	hash.Write(body)
	return hash.Sum(nil)
}
