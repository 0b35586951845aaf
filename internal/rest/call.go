package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Call is a request and what is expected in response.
type Call struct {
	Method string
	Path   string   // With {names} where ids go.
	IDs    []string // In the order of the path.
	Query  url.Values
	Body   any // Sent as JSON, unless it is Encoded; nil means no body.
	// Secrets are the parts of the body that must not appear in an error.
	Secrets []string
	// Status are the statuses that mean success.
	Status []int
	// Bare means that the response has no envelope: all of it is the data, rather than
	// what is under "data".
	Bare bool
	// Read reads the response's data; nil ignores it. It returns false if the data is
	// missing, which is an error: the reader's first problem, if it has one.
	Read func(*Reader) bool
	// Sentinels are the errors for statuses with a meaning specific to the call, for
	// Config.Sentinel to choose from.
	Sentinels map[int]error
}

// Encoded is a body that isn't JSON.
type Encoded struct {
	ContentType string
	Text        []byte
}

// encoded returns the body as it is sent; without a body, the zero value.
func (c Call) encoded() (Encoded, error) {
	switch body := c.Body.(type) {
	case nil:
		return Encoded{}, nil
	case Encoded:
		return body, nil
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return Encoded{}, &input.Error{Field: "options", Err: err}
		}
		// The server silently ignores a body of any other type.
		return Encoded{"application/json", text}, nil
	}
}

// Expand puts ids in place of the {names} of a path. Ids are escaped; those that no
// URL can carry are refused with an *input.Error.
func Expand(pattern string, ids ...string) (string, error) {
	var path strings.Builder
	for _, id := range ids {
		before, rest, _ := strings.Cut(pattern, "{")
		name, after, _ := strings.Cut(rest, "}")
		switch id {
		case "":
			return "", input.New(name, "must not be empty")
		case ".", "..":
			return "", input.New(name, "must not be a relative path")
		}
		path.WriteString(before + url.PathEscape(id))
		pattern = after
	}
	return path.String() + pattern, nil
}

// URLSecrets returns the parts of a URL that must not appear in an error: its user
// name and password, as they are and unescaped, and its query.
func URLSecrets(link string) []string {
	_, rest, found := strings.Cut(link, "://")
	if !found {
		rest = link
	}
	_, query, _ := strings.Cut(rest, "?")
	// Not url.Parse, since an odd password may be what makes a URL malformed.
	info := rest[:max(0, strings.LastIndexByte(rest, '@'))]
	_, password, found := strings.Cut(info, ":")
	if !found {
		password = info
	}
	secrets := []string{info, password, query}
	if plain, err := url.PathUnescape(password); err == nil {
		secrets = append(secrets, plain)
	}
	return secrets
}

// Do makes a call to a server, and returns nil, an *input.Error or an *Error. It ends
// with ctx, and at the latest after the client's timeout.
func (c *Client) Do(ctx context.Context, server address.Address, call Call) error {
	path, err := Expand(call.Path, call.IDs...)
	if err != nil {
		return err
	}
	body, err := call.encoded()
	if err != nil {
		return err
	}
	failure := &Error{Method: call.Method, Address: server.String(), Path: path}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout,
		fmt.Errorf("no response within %v: %w", c.timeout, context.DeadlineExceeded))
	defer cancel()
	token, err := c.askToken(ctx)
	if err != nil {
		failure.Err = err
		return failure
	}
	if len(call.Query) > 0 {
		path += "?" + call.Query.Encode()
	}
	progress := progress{secrets: append([]string{token}, call.Secrets...)}
	request, err := c.newRequest(progress.tracing(ctx), call.Method, server.HTTP(path), body, token, &progress)
	if err != nil {
		failure.Err = err
		return failure
	}
	succeeded, err := c.exchange(request, call, failure, &progress)
	if err == nil {
		if succeeded {
			return nil
		}
		return failure
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		c.connections.renew(progress.used)
	}
	if ctx.Err() != nil {
		err = lifetime.Err(ctx)
	}
	failure.Err = err
	failure.MaybeDone = call.Method != http.MethodGet && failure.Status < 300 && (progress.sent.Load() || !c.connections.traced())
	return failure
}

// exchange sends the request and reads the response. It reports success for a
// complete response with one of the expected statuses, and fills in failure for any
// other. Its error means that there is no complete response, or a malformed one. Text
// from outside is redacted here, where it comes in, and our own text never is.
func (c *Client) exchange(request *http.Request, call Call, failure *Error, progress *progress) (succeeded bool, err error) {
	response, err := c.http.Do(request)
	hide := c.redactor(request, progress)
	if err != nil {
		return false, hide.Error(withoutURL(err))
	}
	defer response.Body.Close()
	response.Body = redactedBody{response.Body, hide}
	failure.Status = response.StatusCode
	if c.onResponse != nil {
		c.onResponse(request.Context(), response.Header, hide)
	}
	switch {
	case response.StatusCode < 200:
		return false, errors.New("response isn't final")
	case !slices.Contains(call.Status, response.StatusCode):
		return false, c.refused(response, call, failure, hide)
	case call.Read == nil:
		return true, discard(response.Body)
	}
	r := &Reader{Reader: jsonread.New(request.Context(), response.Body, c.limit)}
	if err := readResponse(r, call); err != nil {
		return true, err
	}
	c.report(request.Context(), failure, r)
	return true, nil
}

// redactedBody is a response body whose errors, which may quote the server, are
// redacted.
type redactedBody struct {
	io.ReadCloser
	hide redact.Redactor
}

func (b redactedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = b.hide.Error(err)
	}
	return n, err
}

// readResponse reads a response's data.
func readResponse(r *Reader, call Call) error {
	if !r.AtObject() && r.Err() == nil {
		return errors.New("response is malformed: it is no JSON object")
	}
	found := false
	if call.Bare {
		found = call.Read(r)
	} else {
		for ok := r.Object(); ok && r.Field(); {
			if string(r.Key()) == "data" {
				found = call.Read(r)
			} else {
				r.Skip()
			}
		}
	}
	if err := r.End(); err != nil {
		return err
	}
	if problems := r.Problems(); !found && len(problems) > 0 {
		return fmt.Errorf("response is malformed: %s", problems[0])
	}
	if !found {
		return errors.New("response is malformed: it has no data")
	}
	return nil
}

// discard reads a body that isn't needed, so that its connection can be reused. It
// doesn't read a long one to its end.
func discard(body io.Reader) error {
	if _, err := io.CopyN(io.Discard, body, maxMessage); err != nil && err != io.EOF {
		return fmt.Errorf("read the response: %w", err)
	}
	return nil
}
