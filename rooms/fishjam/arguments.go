package fishjam

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// object encodes metadata, which must be an object; it returns nil if there is none.
func object(field string, metadata any) (json.RawMessage, error) {
	if metadata == nil {
		return nil, nil
	}
	text, err := json.Marshal(metadata)
	switch {
	case err != nil:
		return nil, &input.Error{Field: field, Err: err}
	case string(text) == "null":
		return nil, nil
	case !bytes.HasPrefix(text, []byte("{")):
		return nil, input.New(field, "must be a JSON object")
	}
	return text, nil
}

// maxTextLength is how many characters Fishjam allows for the URL and the output of a
// composition.
const maxTextLength = 255

// checkComposition refuses a URL that can't be a composition's.
func checkComposition(field, link string) error {
	switch {
	case link == "":
		return input.New(field, "must not be empty")
	case utf8.RuneCountInString(link) > maxTextLength:
		return input.New(field, "must not have more than %d characters", maxTextLength)
	}
	if err := checkURL(link); err != nil {
		return &input.Error{Field: field, Err: err}
	}
	return nil
}

// checkWebhook refuses a URL that notifications can't be sent to.
func checkWebhook(field string, link Secret) error {
	if link.IsZero() {
		return nil
	}
	if err := link.Check(); err != nil {
		return &input.Error{Field: field, Err: err}
	}
	if err := checkURL(link.Reveal()); err != nil {
		return &input.Error{Field: field, Err: err}
	}
	return nil
}

// checkURL refuses URLs that Fishjam's OpenAPI refuses. The error doesn't repeat the
// URL.
func checkURL(link string) error {
	rest, ok := strings.CutPrefix(link, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(link, "http://")
	}
	if !ok {
		return errors.New("must begin with https:// or http://")
	}
	if host, _, ok := strings.Cut(rest, "/"); !ok || host == "" {
		return errors.New("must have a host and a path, at least a slash")
	}
	return nil
}

// webhookSecrets returns what an error must not show of a webhook's URL.
func webhookSecrets(link Secret) []string { return rest.URLSecrets(link.Reveal()) }
