// Package address reads the server addresses that users write.
package address

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// looksLike ends the errors about texts that could be meant in several ways.
const looksLike = "an address looks like localhost:5002, [::1]:5002, example.org/prefix or https://example.org"

// socketPath is where the server's WebSocket is. An address that ends in it means
// the server.
const socketPath = "/socket/server/websocket"

// Where hosted Fishjam serves the account of an id.
const (
	fishjamHost = "fishjam.io"
	fishjamPath = "/api/v1/connect/"
)

// Address is one server, or one node of a cluster.
type Address struct {
	secure bool
	host   string // A name or an IP address, without brackets, perhaps with a zone.
	port   string // Empty where the user gave none.
	prefix string // Empty, or a path that starts with a slash and doesn't end with one.
}

// Fishjam returns the address of a hosted Fishjam, given by its id or by a full URL,
// as in Fishjam's own SDKs.
func Fishjam(idOrURL string) (Address, error) {
	if strings.Contains(idOrURL, "://") {
		return Parse(idOrURL, false)
	}
	switch {
	case idOrURL == "":
		return Address{}, errors.New("must not be empty: it is the id that Fishjam's dashboard shows, or a full URL")
	case idOrURL == "." || idOrURL == "..", strings.ContainsFunc(idOrURL, notInID):
		return Address{}, errors.New("is no Fishjam id: it has the form 0123456789abcdef")
	}
	return Address{secure: true, host: fishjamHost, prefix: fishjamPath + url.PathEscape(idOrURL)}, nil
}

func notInID(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

// Parse reads host:port, [::1]:5002, host/prefix, or a full http, https, ws or wss
// URL, whose scheme selects TLS; without a scheme secure does. A scheme without TLS
// contradicts secure and is an error. Empty segments of the path are ignored, and so
// is the path of the WebSocket at its end. An IPv6 zone may be written as in a URL or
// plainly: [fe80::1%25eth0], [fe80::1%eth0]. Errors never repeat user information or
// a query that the text may hold.
func Parse(text string, secure bool) (Address, error) {
	if strings.Contains(text, "@") {
		return Address{}, errors.New("must not hold user information")
	}
	if strings.ContainsAny(text, "?#") {
		return Address{}, errors.New("must not hold a query or a fragment")
	}
	a := Address{secure: secure}
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		rest = text
	} else if err := a.setScheme(strings.ToLower(scheme)); err != nil {
		return Address{}, err
	}
	if rest == "" {
		return Address{}, errors.New("must not be empty: " + looksLike)
	}
	authority, path, _ := strings.Cut(rest, "/")
	if err := a.setAuthority(authority); err != nil {
		return Address{}, err
	}
	if err := a.setPath(path); err != nil {
		return Address{}, err
	}
	return a, nil
}

func (a *Address) setScheme(scheme string) error {
	switch scheme {
	case "https", "wss":
		a.secure = true
	case "http", "ws":
		if a.secure {
			return fmt.Errorf("scheme %q contradicts a secure connection", scheme)
		}
	default:
		return fmt.Errorf("unknown scheme %q: want http, https, ws, wss or none", scheme)
	}
	return nil
}

// setAuthority reads a host, with a port or without.
func (a *Address) setAuthority(text string) error {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Is6() {
		return fmt.Errorf("%q: an IPv6 address is written in brackets, as in [::1]:5002", text)
	}
	host, port, hasPort := strings.Cut(text, ":")
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 {
			return fmt.Errorf("%q: the bracket is not closed: %s", text, looksLike)
		}
		host, port = text[:end+1], text[end+1:]
		if port, hasPort = strings.CutPrefix(port, ":"); !hasPort && port != "" {
			return fmt.Errorf("%q: no port stands behind the bracket: %s", text, looksLike)
		}
	}
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%q: port %q is not a number from 1 to 65535: %s", text, port, looksLike)
		}
		a.port = strconv.FormatUint(n, 10)
	}
	var err error
	if a.host, err = parseHost(host); err != nil {
		return fmt.Errorf("%q: %w: %s", text, err, looksLike)
	}
	return nil
}

// parseHost reads a name, an IPv4 address, or an IPv6 address in brackets, which
// it leaves out.
func parseHost(text string) (string, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		return parseIPv6(strings.TrimSuffix(inner, "]"))
	}
	if text == "" {
		return "", errors.New("names no host")
	}
	if strings.Trim(text, "0123456789") == "" {
		return "", errors.New("is a number, not a host")
	}
	if u, err := url.Parse("http://" + text); err != nil || u.Host != text || redact.Line(text) != text || strings.ContainsAny(text, `"<>`) {
		return "", errors.New("is no host name")
	}
	return text, nil
}

func parseIPv6(text string) (string, error) {
	host, zone, hasZone := strings.Cut(text, "%")
	if ip, err := netip.ParseAddr(host); err != nil || !ip.Is6() {
		return "", errors.New("is no IPv6 address")
	}
	if !hasZone {
		return host, nil
	}
	// RFC 6874 escapes the percent sign.
	if plain, ok := strings.CutPrefix(zone, "25"); ok && plain != "" {
		zone = plain
	}
	if zone == "" || strings.ContainsFunc(zone, notInZone) {
		return "", errors.New("has a zone that is no name of an interface")
	}
	return host + "%" + zone, nil
}

func notInZone(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("._~-", r)
}

func (a *Address) setPath(text string) error {
	if strings.ContainsFunc(text, unicode.IsSpace) || strings.ContainsFunc(text, unicode.IsControl) {
		return fmt.Errorf("path %q must not hold white space or control characters", text)
	}
	path := ""
	for segment := range strings.SplitSeq(text, "/") {
		if segment == "" {
			continue
		}
		meant, err := url.PathUnescape(segment)
		if err != nil {
			return fmt.Errorf("path %q is malformed: %w", text, err)
		}
		path += "/" + url.PathEscape(meant)
	}
	for strings.HasSuffix(path, socketPath) {
		path = strings.TrimSuffix(path, socketPath)
	}
	a.prefix = path
	return nil
}

// Secure reports whether the address is reached over TLS.
func (a Address) Secure() bool { return a.secure }

// HTTP returns the URL of a REST path, which starts with a slash.
func (a Address) HTTP(path string) string { return a.url("http", path) }

// WebSocket returns the URL of a WebSocket path, which starts with a slash.
func (a Address) WebSocket(path string) string { return a.url("ws", path) }

func (a Address) url(scheme, path string) string {
	if a.secure {
		scheme += "s"
	}
	return scheme + "://" + strings.Replace(a.authority(), "%", "%25", 1) + a.prefix + path
}

// authority returns the host and the port.
func (a Address) authority() string {
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.port != "" {
		host += ":" + a.port
	}
	return host
}

// String returns the address without a scheme: host, port and prefix.
func (a Address) String() string { return a.authority() + a.prefix }

// Loopback reports whether the address names this machine's loopback interface.
func (a Address) Loopback() bool {
	if host := strings.ToLower(a.host); host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(a.host)
	return err == nil && ip.IsLoopback()
}
