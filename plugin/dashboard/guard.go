package dashboard

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	// wrongPassword is how long the answer to a wrong password takes.
	wrongPassword = time.Second
	// maxGuesses is how many of them wait for it at once; further passwords aren't
	// looked at.
	maxGuesses = 16
)

// contentPolicy allows the page's own files and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// proxyHeaders show that the client is another than the one that is connected.
var proxyHeaders = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"}

// refuse answers requests that the page isn't for, and says whether it did.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request) bool {
	header := w.Header()
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "The page is read-only.", http.StatusMethodNotAllowed)
	case !h.knowsHost(r.Host):
		http.Error(w, "This host name isn't one of the page's: add it to the Hosts of its configuration.", http.StatusForbidden)
	case isForeign(r):
		http.Error(w, "Another site's page may not read this one.", http.StatusForbidden)
	case h.config.Password.IsZero() && !h.config.AllowAnyone && !isLoopback(r):
		http.Error(w, "Without a password the page is for clients on this machine alone.", http.StatusForbidden)
	case !h.config.Password.IsZero():
		return h.refusePassword(w, r)
	default:
		return false
	}
	return true
}

// knowsHost reports whether a Host header is the page's. A name that somebody rebinds
// to this machine's address is none of its names, and an IP address can't be rebound.
func (h *Handler) knowsHost(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(hostname(host), "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	for _, known := range h.config.Hosts {
		if name != "" && name == strings.ToLower(strings.TrimSuffix(known, ".")) {
			return true
		}
	}
	return false
}

// hostname returns a Host header without its port and brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// isForeign reports whether another site's page makes the request. Following a link
// from another site to the page is allowed.
func isForeign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}

// isLoopback reports whether the client is on this machine, and not behind a proxy
// that is.
func isLoopback(r *http.Request) bool {
	for _, name := range proxyHeaders {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// refusePassword answers requests without the password. Guessing is slow: the
// answer to a wrong one takes a second, and few are looked at at once.
func (h *Handler) refusePassword(w http.ResponseWriter, r *http.Request) bool {
	_, password, given := r.BasicAuth()
	if given {
		select {
		case h.guesses <- struct{}{}:
			defer func() { <-h.guesses }()
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "Too many wrong passwords at once.", http.StatusTooManyRequests)
			return true
		}
		got, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(h.config.Password.Reveal()))
		if subtle.ConstantTimeCompare(got[:], want[:]) == 1 {
			return false
		}
		timer := time.NewTimer(wrongPassword)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="Jellyfish", charset="UTF-8"`)
	http.Error(w, "The page needs a password.", http.StatusUnauthorized)
	return true
}
