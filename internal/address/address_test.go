package address_test

import (
	"strings"
	"testing"

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
		{"localhost:port", false, "malformed"},
		{"localhost:", false, "port"},
		{"localhost:0", false, "port"},
		{"localhost:65536", false, "port"},
		{"local host:5002", false, "malformed"},
		{"localhost:5002/a b", false, "white space"},
		{"localhost:5002?a=b", false, "query"},
		{"localhost:5002#top", false, "fragment"},
		{"https://user:hunter2@localhost", false, "user information"},
		{"[::1:5002", false, "malformed"},
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
