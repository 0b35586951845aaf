package redact_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

func TestP10SecretsAreFoundHoweverTheyAreWritten(t *testing.T) {
	for _, secret := range []string{"development", `a"b\c/d%e+f g&h<i>`, "pässwörd→😀", "%25%2F", "%2Fab"} {
		quoted, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		r := redact.New(secret)
		for way, written := range map[string]string{
			"as it is":    secret,
			"JSON":        strings.Trim(string(quoted), `"`),
			"path":        url.PathEscape(secret),
			"query":       url.QueryEscape(secret),
			"lower case":  strings.ToLower(url.QueryEscape(secret)),
			"Go":          strings.Trim(strconv.Quote(secret), `"`),
			"HTML":        html.EscapeString(secret),
			"every byte":  fmt.Sprintf("%%%x", []byte(secret)[0]) + url.PathEscape(secret[1:]),
			"all escaped": allEscaped(secret),
		} {
			if way == "lower case" && strings.ToLower(secret) != secret {
				continue
			}
			if got := r.Text("no such token: " + written + "!"); got != "no such token: [redacted]!" {
				t.Errorf("%s of %q: %q", way, secret, got)
			}
			// Cut anywhere, at least four bytes of the secret behind it or none.
			for cut := range len(written) {
				got := r.Text("token: " + written[:cut])
				if shown := strings.TrimPrefix(got, "token: "); len(shown) > 3*len(`\ud83d`) && !strings.Contains(shown, "[redacted]") {
					t.Errorf("%s of %q, cut after %d bytes: %q", way, secret, cut, got)
				}
			}
		}
	}
}

func allEscaped(text string) string {
	var escaped strings.Builder
	for _, b := range []byte(text) {
		fmt.Fprintf(&escaped, "%%%02X", b)
	}
	return escaped.String()
}

func TestP10SeveralSecrets(t *testing.T) {
	r := redact.New("", "token-of-a-user", "token-of-a-user-and-more", "pw")
	for text, want := range map[string]string{
		"x token-of-a-user-and-more y": "x [redacted] y",
		"x token-of-a-user y":          "x [redacted] y",
		"x token-of-a-us":              "x [redacted]",
		"x token-of-a-us y":            "x token-of-a-us y", // Not cut by the text's end.
		"x tok":                        "x tok",
		"the pw is wrong, not pwd":     "the [redacted] is wrong, not pwd",
		"pw":                           "[redacted]",
		"toktoken-of-a-user":           "tok[redacted]",
		"token-of-token-of-a-user":     "token-of-[redacted]",
	} {
		if got := r.Text(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// What Line makes of a secret is hidden as the secret is, and so is one into which
// something invisible was written.
func TestP10SecretsThatALineChanges(t *testing.T) {
	for _, secret := range []string{"two  spaces", "soft\u00adhyphen", "a b\u2003c"} {
		r := redact.New(secret)
		for _, text := range []string{secret, redact.Line(secret), secret[:3] + "\u200b" + secret[3:]} {
			if got := r.Text("not " + text + "!"); got != "not [redacted]!" {
				t.Errorf("%q: %q became %q", secret, text, got)
			}
		}
	}
}

func TestErrorKeepsWhatCanBeShown(t *testing.T) {
	r := redact.New("development")
	plain := fmt.Errorf("read: %w", io.ErrUnexpectedEOF)
	if got := r.Error(plain); got != plain {
		t.Errorf("an error without a secret became %v", got)
	}
	loud := fmt.Errorf("token development\r\nrefused: %w", io.ErrUnexpectedEOF)
	got := r.Error(loud)
	if got.Error() != "token [redacted] refused: unexpected EOF" || !errors.Is(got, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", got)
	}
	if printed := fmt.Sprintf("%#v %+v", got, errors.Unwrap(got)); strings.Contains(printed, "development") {
		t.Errorf("the secret shows in %s", printed)
	}
	if r.Error(nil) != nil {
		t.Error("nil became an error")
	}
}

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"plain text":                            "plain text",
		"":                                      "",
		"bye\x1b[2J\x1b[31m\u2028\u0085\x00now": "bye [2J [31m now",
		"one\r\n  two\t":                        "one two",
		"a\u202egpj.exe\u2066b":                 "agpj.exeb",
		"bad \xff byte":                         "bad \ufffd byte",
		"größer 日本 😀":                           "größer 日本 😀",
		"no\u00a0break":                         "no break",
		"\u009b31m":                             "31m",
	} {
		if got := redact.Line(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for text, want := range map[string]string{"abcd": "abcd", "abcde": "abcd…", "abcß": "abc…", "": ""} {
		if got := redact.Cut(text, 4); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// A text of the size that a server may send costs no time worth speaking of,
// whatever is in it.
func TestRedactionEnds(t *testing.T) {
	secret := strings.Repeat("%25", 300) + "x"
	begin := time.Now()
	redact.New(secret, strings.Repeat(`\`, 900)+"x").Text(strings.Repeat("%25", 600) + strings.Repeat(`\`, 1800))
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzText(f *testing.F) {
	f.Add("token %64evelopment \\u0064evelop", "development")
	f.Fuzz(func(t *testing.T, text, secret string) {
		if len(text) > 200 || len(secret) > 50 {
			t.Skip("larger than what is of interest")
		}
		got := redact.New(secret).Text(text)
		if len(secret) >= 4 && secret != "[redacted]" && strings.Contains(got, secret) && !strings.Contains("[redacted]", secret) &&
			!strings.Contains(secret, "[") && !strings.Contains(secret, "]") && redact.Line(secret) == secret && redact.Line(text) == text {
			t.Errorf("%q shows in %q, made of %q", secret, got, text)
		}
	})
}

func TestHeaderSecrets(t *testing.T) {
	secrets := redact.HeaderSecrets(map[string][]string{
		"Authorization": {"Bearer 0123456789"},
		"X-Flag":        {"1", "yes"},
		"Cookie":        {"a=aaaaaaaa; session=bbbbbbbb", `c="cccccccc"`},
	})
	if got, want := redact.New(secrets...).Text("Bearer 0123456789, 0123456789, 1, yes"), "[redacted], [redacted], 1, yes"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := redact.New(secrets...).Text("aaaaaaaa bbbbbbbb, cccccccc or a=aaaaaaaa;"); got != "[redacted] [redacted], [redacted] or [redacted]" {
		t.Errorf("got %s", got)
	}
}
