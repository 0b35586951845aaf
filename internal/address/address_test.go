package address_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text     string
		secure   bool
		http, ws string
		shown    string
		loopback bool
	}{
		{text: "localhost:5002", http: "http://localhost:5002/room", ws: "ws://localhost:5002/room", shown: "localhost:5002", loopback: true},
		{text: "localhost:5002", secure: true, http: "https://localhost:5002/room", ws: "wss://localhost:5002/room", shown: "localhost:5002", loopback: true},
		{text: "[::1]:5002", http: "http://[::1]:5002/room", ws: "ws://[::1]:5002/room", shown: "[::1]:5002", loopback: true},
		{text: "[::1]", http: "http://[::1]/room", ws: "ws://[::1]/room", shown: "[::1]", loopback: true},
		{text: "media.example.org/jf/", http: "http://media.example.org/jf/room", ws: "ws://media.example.org/jf/room", shown: "media.example.org/jf"},
		{text: "https://fishjam.io/api/v1/connect/abc", http: "https://fishjam.io/api/v1/connect/abc/room", ws: "wss://fishjam.io/api/v1/connect/abc/room", shown: "fishjam.io/api/v1/connect/abc"},
		{text: "WSS://fishjam.io", secure: true, http: "https://fishjam.io/room", ws: "wss://fishjam.io/room", shown: "fishjam.io"},
		{text: "ws://127.0.0.1:5002", http: "http://127.0.0.1:5002/room", ws: "ws://127.0.0.1:5002/room", shown: "127.0.0.1:5002", loopback: true},
		{text: "localhost:5002/", http: "http://localhost:5002/room", ws: "ws://localhost:5002/room", shown: "localhost:5002", loopback: true},
		{text: "http://localhost:5002//", http: "http://localhost:5002/room", ws: "ws://localhost:5002/room", shown: "localhost:5002", loopback: true},
		{text: "a.test//jf///x/", http: "http://a.test/jf/x/room", ws: "ws://a.test/jf/x/room", shown: "a.test/jf/x"},
		{text: "ws://a.test:5002/socket/server/websocket", http: "http://a.test:5002/room", ws: "ws://a.test:5002/room", shown: "a.test:5002"},
		{text: "wss://a.test/jf//socket/server/websocket/", http: "https://a.test/jf/room", ws: "wss://a.test/jf/room", shown: "a.test/jf"},
		{text: "a.test/socket/server", http: "http://a.test/socket/server/room", ws: "ws://a.test/socket/server/room", shown: "a.test/socket/server"},
		{text: "[::1%25lo]:5002", http: "http://[::1%25lo]:5002/room", ws: "ws://[::1%25lo]:5002/room", shown: "[::1%lo]:5002", loopback: true},
		{text: "https://[fe80::1%eth0.1]", http: "https://[fe80::1%25eth0.1]/room", ws: "wss://[fe80::1%25eth0.1]/room", shown: "[fe80::1%eth0.1]"},
		{text: "ws:5002", http: "http://ws:5002/room", ws: "ws://ws:5002/room", shown: "ws:5002"},
		{text: "node-5002", http: "http://node-5002/room", ws: "ws://node-5002/room", shown: "node-5002"},
		{text: "jelly_fish.internal:1/a%20b", http: "http://jelly_fish.internal:1/a%20b/room", ws: "ws://jelly_fish.internal:1/a%20b/room", shown: "jelly_fish.internal:1/a%20b"},
		{text: "LocalHost:05002", http: "http://LocalHost:5002/room", ws: "ws://LocalHost:5002/room", shown: "LocalHost:5002", loopback: true},
		{text: "例え.jp:5002", http: "http://例え.jp:5002/room", ws: "ws://例え.jp:5002/room", shown: "例え.jp:5002"},
		{text: "10.0.0.7:5002", http: "http://10.0.0.7:5002/room", ws: "ws://10.0.0.7:5002/room", shown: "10.0.0.7:5002"},
	} {
		a, err := address.Parse(c.text, c.secure)
		if err != nil {
			t.Errorf("Parse(%q, %v): %v", c.text, c.secure, err)
			continue
		}
		if got := a.HTTP("/room"); got != c.http {
			t.Errorf("Parse(%q).HTTP = %q, want %q", c.text, got, c.http)
		}
		if got := a.WebSocket("/room"); got != c.ws {
			t.Errorf("Parse(%q).WebSocket = %q, want %q", c.text, got, c.ws)
		}
		if a.String() != c.shown || a.Loopback() != c.loopback {
			t.Errorf("Parse(%q) = %v, loopback %v; want %v, %v", c.text, a, a.Loopback(), c.shown, c.loopback)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		text   string
		secure bool
		want   string
	}{
		{"", false, "empty"},
		{"http://", false, "empty"},
		{"/prefix", false, "no host"},
		{":5002", false, "no host"},
		{"::1", false, "brackets"},
		{"::1/prefix", false, "brackets"},
		{"ftp://localhost:5002", false, "unknown scheme"},
		{"http://localhost:5002", true, "contradicts"},
		{"ws://localhost:5002", true, "contradicts"},
		{"localhost:port", false, "port"},
		{"localhost:", false, "port"},
		{"localhost:0", false, "port"},
		{"localhost:65536", false, "port"},
		{"local host:5002", false, "no host name"},
		{"localhost:5002/a b", false, "white space"},
		{"localhost:5002?a=b", false, "query"},
		{"localhost:5002#top", false, "fragment"},
		{"https://user:hunter2@localhost", false, "user information"},
		{"user:hunter2@localhost://x", false, "user information"},
		{"localhost?token=hunter2", false, "query"},
		{"5002", false, "looks like localhost:5002"},
		{"5002/prefix", false, "looks like localhost:5002"},
		{"http:127.0.0.1:5002", false, "looks like localhost:5002"},
		{"https:example.org", false, "looks like localhost:5002"},
		{"a.test:1:2", false, "looks like localhost:5002"},
		{"[::1]5002", false, "port"},
		{"[127.0.0.1]:5002", false, "no IPv6 address"},
		{"[fe80::1%]:5002", false, "zone"},
		{"[fe80::1%a b]:5002", false, "zone"},
		{"localhost/%zz", false, "malformed"},
		{"a\x1b[31m.test", false, "no host name"},
		{"a\u202etset.:5002", false, "no host name"},
		{"a\u200b.test", false, "no host name"},
		{"ex\u00adample.org", false, "no host name"},
		{"a\u0085.test", false, "no host name"},
		{"\u2028", false, "no host name"},
		{`"a.test"`, false, "no host name"},
		{"<a.test>", false, "no host name"},
		{"[::1:5002", false, "bracket"},
	} {
		_, err := address.Parse(c.text, c.secure)
		if err == nil {
			t.Errorf("Parse(%q, %v) succeeded", c.text, c.secure)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("Parse(%q, %v) = %q, want it to say %q", c.text, c.secure, err, c.want)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Parse(%q) repeats the secret: %v", c.text, err)
		}
	}
}

// What is read can be asked for, and reads the same again.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"localhost:5002", "[::1%25lo]:5002", "https://a.test//b/socket/server/websocket", "http:127.0.0.1:5002", "5002",
		"ws://user:password@host", "[fe80::1%eth0]/x", "a%41.test", "a.test/%2f/", "::1",
	} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, secure bool) {
		a, err := address.Parse(text, secure)
		if err != nil {
			if strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q: error %q has control characters", text, err)
			}
			return
		}
		for _, written := range []string{a.HTTP("/room"), a.WebSocket("/room")} {
			u, err := url.Parse(written)
			if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
				t.Fatalf("%q: URL %q, %v", text, written, err)
			}
			if path := u.EscapedPath(); strings.Contains(path, "//") || !strings.HasSuffix(path, "/room") {
				t.Errorf("%q: path %q", text, path)
			}
			if _, err := http.NewRequest(http.MethodGet, strings.Replace(written, "ws", "http", 1), nil); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
		again, err := address.Parse(a.String(), a.Secure())
		if err != nil || again != a || strings.ContainsFunc(a.String(), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q reads as %q, which reads as %q, %v", text, a, again, err)
		}
	})
}

func TestFishjam(t *testing.T) {
	for _, c := range []struct{ text, http, ws string }{
		{"0123abcd", "https://fishjam.io/api/v1/connect/0123abcd/room", "wss://fishjam.io/api/v1/connect/0123abcd/room"},
		{"a/b", "https://fishjam.io/api/v1/connect/a%2Fb/room", "wss://fishjam.io/api/v1/connect/a%2Fb/room"},
		{"50%", "https://fishjam.io/api/v1/connect/50%25/room", "wss://fishjam.io/api/v1/connect/50%25/room"},
		{"a?b#c@d", "https://fishjam.io/api/v1/connect/a%3Fb%23c@d/room", "wss://fishjam.io/api/v1/connect/a%3Fb%23c@d/room"},
		{"http://127.0.0.1:5002/api/v1/connect/x", "http://127.0.0.1:5002/api/v1/connect/x/room", "ws://127.0.0.1:5002/api/v1/connect/x/room"},
		{"https://fishjam.io/api/v1/connect/x/", "https://fishjam.io/api/v1/connect/x/room", "wss://fishjam.io/api/v1/connect/x/room"},
	} {
		a, err := address.Fishjam(c.text)
		if err != nil {
			t.Errorf("Fishjam(%q): %v", c.text, err)
		} else if a.HTTP("/room") != c.http || a.WebSocket("/room") != c.ws {
			t.Errorf("Fishjam(%q) has the URLs %s and %s, want %s and %s", c.text, a.HTTP("/room"), a.WebSocket("/room"), c.http, c.ws)
		}
	}
	for _, text := range []string{"", ".", "..", "a b", "id\n", "\x00", "ftp://fishjam.io/x", "https://"} {
		if a, err := address.Fishjam(text); err == nil {
			t.Errorf("Fishjam(%q) returned %v, want an error", text, a)
		}
	}
}
