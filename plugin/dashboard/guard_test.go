package dashboard_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// header returns a change of a request that sets headers, given in pairs.
func header(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == "Host" {
				r.Host = pairs[i+1]
			} else {
				r.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
}

func TestWhoIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *dashboard.Config) { c.Hosts = []string{"ops.example"} })
		from := func(address string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = address } }
		for _, test := range []struct {
			name   string
			change func(*http.Request)
			want   int
		}{
			{"this machine", nil, 200},
			{"this machine over IPv6", from("[::1]:4000"), 200},
			{"this machine over mapped IPv4", from("[::ffff:127.0.0.1]:4000"), 200},
			{"another machine", from("192.0.2.7:4000"), 403},
			{"a proxy's client", header("X-Forwarded-For", "192.0.2.7"), 403},
			{"a standard proxy's client", header("Forwarded", "for=192.0.2.7"), 403},
			{"a host by its address", header("Host", "127.0.0.1:8080"), 200},
			{"a host by its IPv6 address", header("Host", "[::1]:8080"), 200},
			{"a host without a port", header("Host", "LOCALHOST"), 200},
			{"a host that was named", header("Host", "ops.example:443"), 200},
			{"a rebound host", header("Host", "evil.example:8080"), 403},
			{"a host that ends alike", header("Host", "notlocalhost"), 403},
			{"no host", header("Host", ""), 403},
			{"its own origin", header("Origin", "http://localhost:8080"), 200},
			{"another origin", header("Origin", "http://evil.example"), 403},
			{"another port", header("Origin", "http://localhost:9000"), 403},
			{"an opaque origin", header("Origin", "null"), 403},
			{"another site's script", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"), 403},
			{"another site's frame", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"), 403},
			{"another site's link", header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"), 200},
			{"its own script", header("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"), 200},
			{"only the headers", func(r *http.Request) { r.Method, r.URL.Path = http.MethodHead, "/jellyfish/stream" }, 200},
			{"a post", func(r *http.Request) { r.Method = http.MethodPost }, 405},
		} {
			if got := w.get("", test.change).Code; got != test.want {
				t.Errorf("%s: status %d, want %d", test.name, got, test.want)
			}
		}
	})
}

func TestAnyoneIsServedOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *dashboard.Config) { c.AllowAnyone = true })
		if got := w.get("", func(r *http.Request) { r.RemoteAddr = "192.0.2.7:4000" }).Code; got != 200 {
			t.Errorf("status %d", got)
		}
	})
}

func TestPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(c *dashboard.Config) { c.Password = stream.NewSecret("open sesame") })
		for password, want := range map[string]int{"": 401, "wrong": 401, "open sesam": 401, "open sesame": 200} {
			answer := w.get("stream", func(r *http.Request) {
				r.Method = http.MethodGet
				r.URL.Path = "/jellyfish/app.js"
				r.RemoteAddr = "192.0.2.7:4000"
				if password != "" {
					r.SetBasicAuth("anybody", password)
				}
			})
			if answer.Code != want {
				t.Errorf("%q: status %d, want %d", password, answer.Code, want)
			}
			if want == 401 && !strings.HasPrefix(answer.Header().Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("%q: the browser isn't told to ask", password)
			}
		}
		if printed := fmt.Sprintf("%v %+v %#v", w.page, w.page, w.page); strings.Contains(printed, "sesame") {
			t.Errorf("the password is printed: %s", printed)
		}
	})
}

// Every answer is guarded, refused ones too, and what the page is made of has no
// script or style but in files.
func TestContentPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		for _, path := range []string{"", "app.js", "room?id=x", "nothing"} {
			answer := w.get(path, nil)
			policy := answer.Header().Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, want) {
					t.Errorf("%q: the policy lacks %s: %s", path, want, policy)
				}
			}
			if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
				t.Errorf("%q: the policy is loose: %s", path, policy)
			}
			if got := answer.Header().Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("%q: X-Content-Type-Options %q", path, got)
			}
		}
		page := w.get("", nil).Body.String()
		for _, forbidden := range []string{"<style", "style=", "onclick=", "http://", "https://", "<script>"} {
			if strings.Contains(page, forbidden) {
				t.Errorf("the page has %s", forbidden)
			}
		}
		for _, name := range []string{"app.js", "room.js", "rooms.js", "events.js", "list.js", "dom.js", "chart.js", "timeline.js", "overview.js", "model.js", "format.js"} {
			text := w.get(name, nil).Body.String()
			for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
				if text == "" || strings.Contains(text, forbidden) {
					t.Errorf("%s has %s, or nothing", name, forbidden)
				}
			}
		}
	})
}

// What the page shows has neither the token nor other secrets.
func TestP10NoSecretReachesThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.create("standup")
		w.join("standup", "Ada")
		w.follow(func(all []message) bool { return last(all).Counts.Connected == 1 })
		for _, path := range []string{"", "room?id=standup", "app.js"} {
			if text := w.get(path, nil).Body.String(); strings.Contains(text, jellyfishtest.Token) {
				t.Errorf("%q has the token", path)
			}
		}
	})
}
