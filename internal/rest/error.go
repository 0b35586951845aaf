package rest

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Error is the error of a call: the server responded with an error or with something
// unexpected, or there was no response.
type Error struct {
	Method string
	// Address is the server's, without a scheme.
	Address string
	// Path is the path of the request, with escaped ids.
	Path string
	// Status is the HTTP status, 0 without a response.
	Status int
	// Message is the server's text, shortened to some 500 bytes and without this
	// client's secrets; empty if there was none, or only a page without a title.
	Message string
	// RetryAfter is how long the server asks to wait before the next call, at most
	// a day: its Retry-After with HTTP 429 or 503, and otherwise 0.
	RetryAfter time.Duration
	// MaybeDone means that a call that changes something was sent, but no complete
	// response arrived: the server may have carried it out.
	MaybeDone bool
	// Err is the sentinel for the response, if the package has one, or the reason why
	// there is no usable response, or nil.
	Err error
}

// Error names the request, the status, and the server's text or the cause.
func (e *Error) Error() string {
	text := e.Method + " " + e.Address + e.Path
	if e.Status != 0 {
		text += ": " + strconv.Itoa(e.Status)
		if name := http.StatusText(e.Status); name != "" {
			text += " " + name
		}
	}
	switch {
	case e.Message != "":
		text += ": " + e.Message
	case e.Err != nil:
		text += ": " + e.Err.Error()
	}
	if e.MaybeDone {
		text += "; the call may have been carried out"
	}
	return text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

const (
	maxMessage   = 64 << 10 // How much of an error in JSON is read, in bytes,
	maxPage      = 4 << 10  // and of one that is something else.
	shownMessage = 500      // How much of it is shown.
	maxWait      = 24 * time.Hour
)

// Refusal is a response that is an error, for [Config].Sentinel.
type Refusal struct {
	Status int
	Text   string // In one line, and not shortened.
	Source Source
}

// Source says in what a refusal's text was found.
type Source int

// The sources of a text.
const (
	SourceEmpty  Source = iota // The response has no body.
	SourceOther                // A page, plain text, or JSON with neither of what follows.
	SourceDetail               // "detail", as gateways before a server write it.
	SourceErrors               // "errors", as servers write it.
)

// refused fills in the failure from an unsuccessful response. Its error is why the
// response's text couldn't be read, unless the status alone has a sentinel.
func (c *Client) refused(response *http.Response, call Call, failure *Error, hide redact.Redactor) error {
	failure.RetryAfter = min(backoff.RetryAfter(response.StatusCode, response.Header), maxWait)
	switch {
	case response.StatusCode < 300:
		failure.Err = fmt.Errorf("expected HTTP %d", call.Status[0])
		return nil
	case response.StatusCode < 400:
		failure.Message = "redirects are not followed"
		return nil
	}
	text, source, err := message(response.Body, c.detailFirst)
	failure.Message = redact.Cut(hide.Text(text), shownMessage)
	failure.Err = c.sentinel(call, Refusal{response.StatusCode, redact.Line(text), source})
	if failure.Err != nil {
		return nil
	}
	return err
}

// message returns the text of an error response, empty if there is none: a string or
// an object under "errors", a gateway's "detail", the title of a page, or plain text.
// Of "errors" and "detail" it is the first that has a text.
func message(body io.Reader, detailFirst bool) (text string, source Source, err error) {
	page, err := read(body, nil, maxPage)
	begin := bytes.TrimSpace(page)
	switch {
	case len(begin) == 0:
		return "", SourceEmpty, err
	case begin[0] == '<':
		return pageTitle(begin), SourceOther, err
	case begin[0] != '{' && begin[0] != '[':
		return string(begin), SourceOther, err
	}
	if err == nil {
		page, err = read(body, page, maxMessage)
	}
	errors, detail := jsonMessages(page)
	switch {
	case detail != "" && (detailFirst || errors == ""):
		return detail, SourceDetail, err
	case errors != "":
		return errors, SourceErrors, err
	}
	return "", SourceOther, err
}

// read appends to text what the body has, until it has limit bytes.
func read(body io.Reader, text []byte, limit int) ([]byte, error) {
	rest, err := io.ReadAll(io.LimitReader(body, int64(limit-len(text))))
	if err != nil {
		err = fmt.Errorf("read the response: %w", err)
	}
	return append(text, rest...), err
}

func jsonMessages(text []byte) (errors, detail string) {
	r := jsonread.New(context.Background(), bytes.NewReader(text), maxMessage)
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "errors":
			errors = messageIn(r)
		case "detail":
			detail = messageIn(r)
		default:
			r.Skip()
		}
	}
	return errors, detail
}

// messageIn reads a string, the "detail" of an object, or any other value as text.
func messageIn(r *jsonread.Reader) string {
	raw := r.Raw()
	found := raw
	if raw == "null" {
		return ""
	}
	r.Nested(raw, func(r *jsonread.Reader) {
		switch raw[0] {
		case '"':
			found = r.Text()
		case '{':
			for ok := r.Object(); ok && r.Field(); {
				if string(r.Key()) != "detail" {
					r.Skip()
				} else if detail := r.Text(); detail != "" {
					found = detail
				}
			}
		default:
			r.Skip()
		}
	})
	return found
}

// title finds the title of a page, or the part of it that was read.
var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)(?:</title|$)`)

func pageTitle(page []byte) string {
	found := title.FindSubmatch(page)
	if found == nil {
		return ""
	}
	return html.UnescapeString(string(found[1]))
}
