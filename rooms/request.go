package rooms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
)

// request is what a call sends, and what it expects.
type request struct {
	method string
	path   string   // With {names} where ids go.
	ids    []string // In the order of the path.
	body   any      // Sent as JSON; nil means no body.
	// secrets are what of the body must not show in an error.
	secrets []string
	status  []int // The statuses that mean success.
	data    any   // A pointer to what the answer's data is parsed into; nil if there is none.
}

// do makes the request. Its errors are an *InputError or an *Error.
func (c *Client) do(ctx context.Context, r request) error {
	path, err := expand(r.path, r.ids...)
	if err != nil {
		return err
	}
	failure := &Error{Method: r.method, Address: c.address.String(), Path: path}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout,
		fmt.Errorf("no answer within %v: %w", c.timeout, context.DeadlineExceeded))
	defer cancel()

	token, err := c.token(ctx)
	if err == nil && token == "" {
		err = errors.New("token source returned an empty token")
	}
	if err != nil {
		failure.Err = fmt.Errorf("token: %w", err)
		return failure
	}
	hide := newRedaction(c.header(), append(r.secrets, token))
	answer, err := c.exchange(ctx, r, path, token)
	failure.Status = answer.status
	if answer.status != 0 && !slices.Contains(r.status, answer.status) {
		text := answer.message()
		failure.Message = hide.text(text)
		failure.Err = meaning(answer.status, text)
		switch {
		case failure.Err == nil && err != nil:
			failure.Err = hide.clean(cause(ctx, err))
		case answer.status < 300:
			failure.Err = fmt.Errorf("expected HTTP %d", r.status[0])
		}
		return failure
	}
	if err == nil && r.data != nil {
		err = answer.parse(r.data)
	}
	if err != nil {
		failure.Err = hide.clean(cause(ctx, err))
		return failure
	}
	return nil
}

// exchange sends the request and reads its answer, whose status is set as soon
// as one came.
func (c *Client) exchange(ctx context.Context, r request, path, token string) (answer, error) {
	sent, err := c.newRequest(ctx, r, path, token)
	if err != nil {
		return answer{}, err
	}
	response, err := c.http.Do(sent)
	if err != nil {
		return answer{}, err
	}
	return readAnswer(response, c.limit)
}

func (c *Client) newRequest(ctx context.Context, r request, path, token string) (*http.Request, error) {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return nil, err
		}
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, c.address.HTTP(path), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	sent.Header = c.header()
	if sent.Header == nil {
		sent.Header = http.Header{}
	}
	if sent.Header.Get("User-Agent") == "" {
		sent.Header.Set("User-Agent", "jellyfish-go")
	}
	sent.Header.Set("Accept", "application/json")
	sent.Header.Set("Authorization", "Bearer "+token)
	if r.body != nil {
		// With any other type the server ignores the body without a word.
		sent.Header.Set("Content-Type", "application/json")
	}
	return sent, nil
}

// cause returns why a request failed: its context's end if that has come, and
// otherwise the error without the URL that package http adds.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return lifetime.Err(ctx)
	}
	var added *url.Error
	if errors.As(err, &added) {
		return added.Err
	}
	return err
}
