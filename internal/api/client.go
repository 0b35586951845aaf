// Package api is what the clients of the two REST interfaces share, that of Jellyfish
// servers and that of hosted Fishjam: paths with ids, bodies in JSON, and answers of
// which a part can't be read. The requests are those of package rest.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

// Client makes calls. It is safe for concurrent use.
type Client struct {
	*rest.Client
	logger  *slog.Logger
	refused func(rest.Refusal) error

	odd, leftOut atomic.Uint64
}

// New returns a client. Its refused returns the sentinel for an answer that is an
// error, or nil. A nil logger logs nothing. Its error is an *input.Error.
func New(cfg rest.Config, logger *slog.Logger, refused func(rest.Refusal) error) (*Client, error) {
	requests, err := rest.New(cfg)
	if err != nil {
		return nil, err
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Client{Client: requests, logger: logger, refused: refused}, nil
}

// Odd returns how many list elements, in all answers, had problems, and how many
// were left out.
func (c *Client) Odd() (odd, leftOut uint64) { return c.odd.Load(), c.leftOut.Load() }

// Call is one call, and what it expects.
type Call struct {
	Method string
	Path   string   // With {names} where ids go.
	IDs    []string // In the order of the path.
	Query  url.Values
	Body   any // Sent as JSON, or as it is if it is a [Form]; nil means no body.
	// Secrets are the parts of the body that must not appear in an error.
	Secrets []string
	Status  []int // The statuses that mean success.
	// Read reads the answer's data; nil if it doesn't matter. It returns false if
	// there is nothing to return to the caller.
	Read func(*Reader) bool
	// Bare says that the data isn't in an envelope: the answer itself is the data.
	Bare bool
	// Refused goes before the client's function; nil means that there is none.
	Refused func(rest.Refusal) error
}

// Form is a body that isn't JSON.
type Form struct {
	ContentType string
	Body        []byte
}

// Do makes the call. Its errors are an *input.Error or a *rest.Error.
func (c *Client) Do(ctx context.Context, server address.Address, call Call) error {
	path, err := Path(call.Path, call.IDs...)
	if err != nil {
		return err
	}
	request := rest.Request{
		Method:  call.Method,
		Address: server,
		Path:    path,
		Query:   call.Query.Encode(),
		Secrets: call.Secrets,
		Status:  call.Status,
		Bare:    call.Bare,
		Refused: c.refused,
	}
	if call.Refused != nil {
		request.Refused = call.Refused
	}
	switch body := call.Body.(type) {
	case nil:
	case Form:
		request.ContentType, request.Body = body.ContentType, body.Body
	default:
		if request.Body, err = json.Marshal(body); err != nil {
			return &input.Error{Field: "options", Err: err}
		}
	}
	var r *Reader
	if call.Read != nil {
		request.Data = func(json *jsonread.Reader) bool {
			r = &Reader{Reader: json}
			return call.Read(r)
		}
	}
	if err := c.Client.Do(ctx, request); err != nil {
		return err
	}
	if r != nil {
		c.report(ctx, server, path, r)
	}
	return nil
}

// report counts and logs what couldn't be read of an answer.
func (c *Client) report(ctx context.Context, server address.Address, path string, r *Reader) {
	c.odd.Add(r.odd)
	c.leftOut.Add(r.LeftOut)
	if problems := r.Problems(); len(problems) > 0 && r.first == "" {
		r.first = problems[0] // Of something that isn't in a list.
	}
	if r.first != "" {
		c.logger.WarnContext(ctx, "part of an answer couldn't be read", "address", server.String(), "path", path,
			"odd_elements", r.odd, "elements_left_out", r.LeftOut, "first_problem", r.first)
	}
}

// Path puts ids in place of the {names} of a pattern. Ids are escaped; those that no
// URL can carry are refused.
func Path(pattern string, ids ...string) (string, error) {
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
func URLSecrets(link secret.Secret) []string {
	_, rest, found := strings.Cut(link.Reveal(), "://")
	if !found {
		rest = link.Reveal()
	}
	_, query, _ := strings.Cut(rest, "?")
	// Malformed URLs too, since a password may be what spoils one.
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
