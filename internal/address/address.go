// Package address reads the server addresses that users write.
package address

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Address is one server, or one node of a cluster.
type Address struct {
	secure bool
	host   string // With a port where the user gave one.
	prefix string // Empty, or a path that starts with a slash and doesn't end with one.
}

// Parse reads host:port, [::1]:5002, host/prefix, or a full http, https, ws or
// wss URL, whose scheme decides about TLS; without a scheme secure does. A
// scheme without TLS contradicts secure and is an error. Errors never repeat
// user information that the text may hold.
func Parse(text string, secure bool) (Address, error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		scheme, rest = "http", text
		if secure {
			scheme = "https"
		}
	}
	a := Address{}
	switch strings.ToLower(scheme) {
	case "https", "wss":
		a.secure = true
	case "http", "ws":
		if secure {
			return Address{}, fmt.Errorf("scheme %q contradicts a secure connection", scheme)
		}
	default:
		return Address{}, fmt.Errorf("unknown scheme %q: want http, https, ws, wss or none", scheme)
	}
	if err := a.split(rest); err != nil {
		return Address{}, err
	}
	return a, nil
}

func (a *Address) split(rest string) error {
	if rest == "" {
		return errors.New("empty address")
	}
	if strings.Contains(rest, "@") {
		return errors.New("must not hold user information")
	}
	if strings.ContainsAny(rest, "?#") {
		return fmt.Errorf("%q must not hold a query or a fragment", rest)
	}
	host, _, _ := strings.Cut(rest, "/")
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		return fmt.Errorf("%q: an IPv6 address is written in brackets, as in [::1]:5002", rest)
	}
	u, err := url.Parse("http://" + rest)
	if err != nil {
		var cause *url.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return fmt.Errorf("%q is malformed: %w", rest, err)
	}
	if u.Hostname() == "" {
		return fmt.Errorf("%q names no host", rest)
	}
	if strings.ContainsAny(rest, " \t\r\n") {
		return fmt.Errorf("%q holds white space", rest)
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("%q: port %q is not a number from 1 to 65535", rest, port)
		}
	}
	a.host = u.Host
	a.prefix = strings.TrimRight(u.EscapedPath(), "/")
	return nil
}

// Secure tells whether the address is reached over TLS.
func (a Address) Secure() bool { return a.secure }

// HTTP returns the URL of a REST path, which starts with a slash.
func (a Address) HTTP(path string) string { return a.url("http", path) }

// WebSocket returns the URL of a WebSocket path, which starts with a slash.
func (a Address) WebSocket(path string) string { return a.url("ws", path) }

func (a Address) url(scheme, path string) string {
	if a.secure {
		scheme += "s"
	}
	return scheme + "://" + a.host + a.prefix + path
}

// String returns the address without a scheme: host, port and prefix.
func (a Address) String() string { return a.host + a.prefix }

// Loopback tells whether the address names this machine's loopback interface.
func (a Address) Loopback() bool {
	host := a.host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
