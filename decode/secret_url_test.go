package decode_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

func TestWebhookURL(t *testing.T) {
	w := decode.RequestDecoder{URLSecrets: secrets("new", "old")}
	for base, want := range map[string]string{
		"https://host/hook":                "https://jellyfish:new@host/hook",
		"http://127.0.0.1:5000/a?b=c":      "http://jellyfish:new@127.0.0.1:5000/a?b=c",
		"https://host":                     "https://jellyfish:new@host/",
		"https://host?a=b":                 "https://jellyfish:new@host/?a=b",
		"https://host?a=x://y@z/":          "https://jellyfish:new@host/?a=x://y@z/",
		"HTTPS://Host:443/":                "https://jellyfish:new@Host:443/",
		"http://[::1]:5000/a%2Fb/%20/%23/": "http://jellyfish:new@[::1]:5000/a%2Fb/%20/%23/",
		"https://host/@a:b@c/":             "https://jellyfish:new@host/@a:b@c/",
	} {
		if got, err := w.URL(base); got.Reveal() != want || err != nil {
			t.Errorf("URL(%q) = %q, %v, want %q", base, got.Reveal(), err, want)
		}
	}
}

func TestWebhookURLRefuses(t *testing.T) {
	w := decode.RequestDecoder{URLSecrets: secrets("a")}
	for base, reason := range map[string]string{
		"":                      "must be http or https",
		"host/hook":             "must be http or https",
		"host:5000":             "must be http or https",
		"//host/hook":           "must be http or https",
		"ws://host/":            "must be http or https",
		"http:///hook":          "must have a host",
		"http://:5000/":         "must have a host",
		"http:host/hook":        "must have a host",
		"https://user@host/":    "user info",
		"https://user:pw@host/": "user info",
		"https://@host/":        "user info",
		"https://host/#part":    "fragment",
		"https://host/a?b#":     "fragment",
		"https://host:port/":    "must be a URL",
		"https://host/%zz":      "must be a URL",
		"https://ho st/":        "must be a URL",
	} {
		got, err := w.URL(base)
		if !got.IsZero() || err == nil || !strings.Contains(err.Error(), reason) || !strings.HasPrefix(err.Error(), "invalid base: ") {
			t.Errorf("URL(%q) = %q, %v, want an error about %q", base, got.Reveal(), err, reason)
		}
	}
	for _, list := range [][]decode.Secret{nil, secrets(), secrets(""), secrets("", "old"), secrets("a\n")} {
		got, err := decode.RequestDecoder{URLSecrets: list, SigningSecrets: secrets("a")}.URL("https://host/")
		if !got.IsZero() || err == nil || !strings.Contains(err.Error(), "invalid URLSecrets") {
			t.Errorf("URL with %d secrets = %q, %v", len(list), got.Reveal(), err)
		}
	}
}

// senderPassword reads the password of a URL as the server's HTTP client does (hackney
// 1.20.1): up to the first @ and after the first colon, with a plus for a space.
func senderPassword(t *testing.T, text string) string {
	t.Helper()
	_, rest, _ := strings.Cut(text, "://")
	address, _, _ := strings.Cut(rest, "/")
	info, _, _ := strings.Cut(address, "@")
	_, escaped, _ := strings.Cut(info, ":")
	password, err := url.QueryUnescape(escaped)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return password
}

// Any secret that can be sent is read back from the URL by the server and by Go.
func TestWebhookURLCarriesAnySecret(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	texts := []string{"a+b", "a b", "%41", "a:b@c/d?e#f", "é☃", strings.Repeat("x", 1000), "&=;$,!'()*~[]\\\"<>^`{|}"}
	for range 2000 {
		secret := make([]byte, 1+r.IntN(20))
		for i := range secret {
			secret[i] = byte('!' + r.IntN(94))
		}
		texts = append(texts, string(secret))
	}
	for _, secret := range texts {
		w := decode.RequestDecoder{URLSecrets: secrets(secret)}
		made, err := w.URL("https://host/a?b")
		if err != nil {
			t.Fatalf("%q: %v", secret, err)
		}
		text := made.Reveal()
		if got := senderPassword(t, text); got != secret {
			t.Errorf("the server reads %q from %q, want %q", got, text, secret)
		}
		u, err := url.Parse(text)
		if err != nil {
			t.Fatalf("%q: %v", secret, err)
		}
		if got, _ := u.User.Password(); got != secret || u.Host != "host" || u.RequestURI() != "/a?b" {
			t.Errorf("Go reads %v from %q, password %q, want %q", u, text, got, secret)
		}
		request := newRequest(protobufType, peerConnected)
		request.SetBasicAuth(u.User.Username(), senderPassword(t, text))
		if _, err := w.Decode(request); err != nil {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

// TestWebhookURLOverHTTP posts to a receiver by its URL with a secret.
func TestWebhookURLOverHTTP(t *testing.T) {
	w := decode.RequestDecoder{URLSecrets: secrets("a+b/c==")}
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		list, err := w.Decode(r)
		fmt.Fprint(rw, list, err)
	}))
	defer receiver.Close()
	address, err := w.URL(receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]string{
		address.Reveal(): `[room_created room_id="room-1"] <nil>`,
		receiver.URL:     "[] decode: unverified webhook",
	} {
		response, err := receiver.Client().Post(to, protobufType, strings.NewReader(signed))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(got) != want {
			t.Errorf("POST %s: %q, %v, want %q", to, got, err, want)
		}
	}
}
