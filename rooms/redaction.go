package rooms

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	redacted = "[redacted]"
	// longest is how many bytes of a server's text are kept.
	longest = 500
	// shortest is how many bytes a secret must have to be told from the words of
	// an ordinary text, shortestHeader those of a header, which needn't be secret.
	shortest, shortestHeader = 4, 8
)

// redaction takes the secrets of one call out of the texts that its error shows:
// a server may repeat what it was sent.
type redaction struct {
	spellings []string
}

func newRedaction(header http.Header, secrets []string) redaction {
	for _, values := range header {
		for _, value := range values {
			if len(value) >= shortestHeader {
				secrets = append(secrets, value)
			}
		}
	}
	var r redaction
	for _, secret := range secrets {
		for _, spelling := range spellings(secret) {
			if len(spelling) >= shortest {
				r.spellings = append(r.spellings, spelling)
			}
		}
	}
	// The longest first, so that none is cut by a shorter one within it.
	slices.SortFunc(r.spellings, func(a, b string) int { return len(b) - len(a) })
	return r
}

// spellings returns the ways in which a text may be repeated.
func spellings(secret string) []string {
	quoted, _ := json.Marshal(secret) // A string always can be.
	return []string{
		secret,
		strings.Trim(string(quoted), `"`),
		oneLine(secret),
		url.PathEscape(secret),
		url.QueryEscape(secret),
	}
}

// text returns a server's text without secrets, and short.
func (r redaction) text(text string) string {
	text = r.replace(text)
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}

// clean returns err, or where its text holds a secret only what remains of that.
func (r redaction) clean(err error) error {
	text := err.Error()
	if remains := r.replace(text); remains != text {
		return errors.New(remains)
	}
	return err
}

func (r redaction) replace(text string) string {
	for _, spelling := range r.spellings {
		text = strings.ReplaceAll(text, spelling, redacted)
	}
	return text
}

// withoutUserInfo returns a URL without the user name and password in it.
func withoutUserInfo(text string) string {
	if info := userInfo(text); info != "" {
		return strings.ReplaceAll(text, info, redacted)
	}
	return text
}

// userInfo returns what stands before the last @ of a URL and after its scheme.
// It reads malformed URLs too, since a password may be what spoils one.
func userInfo(text string) string {
	_, rest, found := strings.Cut(text, "://")
	if !found {
		rest = text
	}
	return rest[:max(0, strings.LastIndexByte(rest, '@'))]
}

// passwords returns the secrets in a URL, as it is and unescaped.
func passwords(text string) []string {
	info := userInfo(text)
	_, password, found := strings.Cut(info, ":")
	if !found {
		password = info
	}
	secrets := []string{info, password}
	if plain, err := url.PathUnescape(password); err == nil {
		secrets = append(secrets, plain)
	}
	return secrets
}
