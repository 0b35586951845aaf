package decode

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// urlUser is the user name in webhook URLs. Receivers don't look at it.
const urlUser = "jellyfish"

// URL returns the webhook URL to create a room with: base, the http or https URL
// of the receiver, with the first of URLSecrets as its password and, if it has no
// path, the path / that the server insists on. For a room it goes to
// rooms.RoomConfig.WebhookURL.
//
// The error says what is wrong, without showing base: there is no first secret or
// it is empty, or base is no such URL, has user info already or has a fragment,
// which no server would send. (A # of a path or query must be written %23.)
func (w Webhook) URL(base string) (string, error) {
	if len(w.URLSecrets) == 0 || w.URLSecrets[0] == "" {
		return "", errors.New("decode: webhook URL: no secret for it")
	}
	u, err := parseBase(base)
	if err != nil {
		return "", fmt.Errorf("decode: webhook URL: %w", err)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	scheme, rest, _ := strings.Cut(u.String(), "://")
	return scheme + "://" + urlUser + ":" + escapeUserInfo(w.URLSecrets[0]) + "@" + rest, nil
}

// parseBase parses the URL of a receiver. The errors of package url would show
// parts of it, such as a password.
func parseBase(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	switch {
	case err != nil:
		return nil, errors.New("the receiver's URL can't be parsed")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the receiver's URL is neither http nor https")
	case u.Hostname() == "":
		return nil, errors.New("the receiver's URL has no host")
	case u.User != nil:
		return nil, errors.New("the receiver's URL has user info already")
	case strings.Contains(base, "#"):
		return nil, errors.New("the receiver's URL has a fragment")
	}
	return u, nil
}

// escapeUserInfo escapes text so that all readers of a URL read the same. Package
// url would leave a plus as it is, which is a space to the server's HTTP client
// (hackney 1.20.1, servers 0.3.0 to 0.6.3).
func escapeUserInfo(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
