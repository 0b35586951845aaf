package input

import (
	"net/http"
	"net/url"
	"strings"
)

// Header returns a copy of the header with its names in their canonical form, as
// package http expects them, or nil for nil. Its error is an [*Error] of the field
// Header, about what can't be sent, or more than one Host, or one that is none. No
// value is in it.
func Header(header http.Header) (http.Header, error) {
	if header == nil {
		return nil, nil
	}
	canonical := make(http.Header, len(header))
	for name, values := range header {
		if name == "" || strings.ContainsFunc(name, notInHeaderName) {
			return nil, New("Header", "must not hold the name %q", name)
		}
		for _, value := range values {
			if strings.ContainsFunc(value, notInHeaderValue) {
				return nil, New("Header", "must not hold a control character in %s", name)
			}
			canonical.Add(name, value)
		}
	}
	if hosts := canonical.Values("Host"); len(hosts) > 0 {
		if u, err := url.Parse("http://" + hosts[0]); err != nil || u.Host != hosts[0] || u.Host == "" || len(hosts) > 1 {
			return nil, New("Header", "must have one Host, such as media.example.org or media.example.org:5002")
		}
	}
	return canonical, nil
}

// notInHeaderName and notInHeaderValue follow RFC 9110, section 5.
func notInHeaderName(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

func notInHeaderValue(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
