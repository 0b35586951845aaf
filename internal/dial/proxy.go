package dial

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

const maxStatus = 200

// ProxyError means that an HTTP proxy refused to connect to the server.
type ProxyError struct {
	// Target is the host and port that it was asked for.
	Target string
	// Code is the HTTP status code of its answer.
	Code int
	// Status is the status line, such as "403 Forbidden".
	Status string
}

// Error says what the proxy refused and what to do.
func (e *ProxyError) Error() string {
	if e.Code == http.StatusProxyAuthRequired {
		return fmt.Sprintf("CONNECT to %s refused: %s: put the proxy's user and password into its URL", e.Target, e.Status)
	}
	_, port, _ := net.SplitHostPort(e.Target)
	return fmt.Sprintf("CONNECT to %s refused: %s: allow port %s in the proxy's configuration, or name the host in NO_PROXY",
		e.Target, e.Status, port)
}

// proxyUnknown is why the proxy isn't known. Where that repeats the proxy's URL,
// it may repeat its credentials, which can't be told from the rest.
func proxyUnknown(err error) error {
	if strings.Contains(err.Error(), "@") {
		return errors.New("the proxy's URL is malformed: check Transport.Proxy, HTTP_PROXY and HTTPS_PROXY")
	}
	return fmt.Errorf("find the proxy: %w", redact.Redactor{}.Error(err))
}

// TellProxySecrets makes t tell of what is secret in the URL and the header of the
// proxy of each request, with the request's context. Where the proxy isn't known,
// the error doesn't show its credentials. What ProxyConnectHeader has is not told.
func TellProxySecrets(t *http.Transport, tell func(context.Context, []string)) {
	if find := t.Proxy; find != nil {
		t.Proxy = func(request *http.Request) (*url.URL, error) {
			proxy, err := find(request)
			if err != nil {
				return nil, proxyUnknown(err)
			}
			if proxy != nil {
				tell(request.Context(), urlSecrets(proxy))
			}
			return proxy, nil
		}
	}
	if header := t.GetProxyConnectHeader; header != nil {
		t.GetProxyConnectHeader = func(ctx context.Context, proxy *url.URL, target string) (http.Header, error) {
			h, err := header(ctx, proxy, target)
			tell(ctx, redact.HeaderSecrets(h))
			return h, err
		}
	}
}

func urlSecrets(u *url.URL) []string {
	if u.User == nil {
		return nil
	}
	secrets := []string{basic(u.User)}
	if password, ok := u.User.Password(); ok {
		return append(secrets, password)
	}
	return append(secrets, u.User.Username()) // A token.
}

func basic(user *url.Userinfo) string {
	password, _ := user.Password()
	return base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
}
