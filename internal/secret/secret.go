// Package secret holds texts that must not be printed: tokens, passwords and
// keys. Package stream, rooms and decode export its type under their own names.
package secret

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shown is what stands for a secret wherever one is printed.
const shown = "[secret]"

// Secret is a text that no way of printing shows: not fmt with any verb, not
// encoding/json, not log/slog, and not a struct that has it in an unexported
// field. [Secret.Reveal] returns the text. The zero value is no secret. A Secret
// may be copied and used by any number of goroutines. To reflect.DeepEqual two are
// equal if their texts are.
type Secret struct {
	// A pointer, since fmt follows none below the outermost value. Not a function,
	// since no two of those are equal to reflect.DeepEqual.
	text *string
}

// New returns a secret of the given text; that of an empty text is the zero
// value.
func New(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

// Reveal returns the text, empty for the zero value.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero tells whether there is no secret.
func (s Secret) IsZero() bool { return s.text == nil }

// Equal tells whether both are the same text. It is not for checking what a
// stranger sent: it takes longer the more of the text is right.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns "[secret]", or nothing for the zero value.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return shown
}

// Format prints what String returns, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue returns what String returns.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns what String returns, so that JSON doesn't hold the secret
// either.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Check returns why the secret can't be sent as it is, or nil. The error doesn't
// repeat it.
func (s Secret) Check() error {
	text := s.Reveal()
	switch {
	case text == "":
		return errors.New("must not be empty")
	case !utf8.ValidString(text):
		return errors.New("must be valid UTF-8")
	case strings.TrimSpace(text) != text:
		return errors.New("must not begin or end with white space, such as the line feed at the end of a file: trim it")
	case strings.ContainsFunc(text, unicode.IsControl):
		return errors.New("must not hold a control character")
	}
	return nil
}
