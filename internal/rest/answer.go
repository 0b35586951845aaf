package rest

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/backoff"
	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

const (
	longestMessage = 64 << 10 // How much of an error in JSON is read, in bytes,
	longestPage    = 4 << 10  // and of one that is something else.
	shownMessage   = 500      // How much of it is shown.
	longestWait    = 24 * time.Hour
)

// refused fills in the failure from an answer that is no success. Its error is
// what kept the answer's text from arriving, if its status alone means nothing.
func refused(response *http.Response, r Request, failure *Error, hide redact.Redactor) error {
	failure.RetryAfter = min(backoff.RetryAfter(response.StatusCode, response.Header), longestWait)
	switch {
	case response.StatusCode < 300:
		failure.Err = fmt.Errorf("expected HTTP %d", r.Status[0])
		return nil
	case response.StatusCode < 400:
		failure.Message = "redirects are not followed"
		return nil
	}
	refusal, err := readRefusal(response)
	failure.Message = redact.Cut(hide.Text(refusal.Text), shownMessage)
	refusal.Text = redact.Line(refusal.Text)
	failure.Err = r.Refused(refusal)
	if failure.Err != nil {
		return nil
	}
	return err
}

// readRefusal reads an answer that is an error. Its text is a string or an object under
// "errors", which is the servers' form, a gateway's "detail", the title of a page, or
// plain text.
func readRefusal(response *http.Response) (Refusal, error) {
	refusal := Refusal{Status: response.StatusCode}
	page, err := read(response.Body, nil, longestPage)
	begin := bytes.TrimSpace(page)
	switch {
	case len(begin) == 0:
	case begin[0] == '<':
		refusal.Text, refusal.Gateway = pageTitle(begin), true
	case begin[0] != '{' && begin[0] != '[':
		refusal.Text, refusal.Gateway = string(begin), true
	default:
		if err == nil {
			page, err = read(response.Body, page, longestMessage)
		}
		refusal.Text, refusal.Gateway = jsonMessage(page)
	}
	return refusal, err
}

// read reads on behind the text until the end or until it has as many bytes as
// the limit says.
func read(body io.Reader, text []byte, limit int) ([]byte, error) {
	rest, err := io.ReadAll(io.LimitReader(body, int64(limit-len(text))))
	if err != nil {
		err = fmt.Errorf("read the answer: %w", err)
	}
	return append(text, rest...), err
}

func jsonMessage(text []byte) (message string, gateway bool) {
	r := jsonread.New(context.Background(), bytes.NewReader(text), longestMessage)
	var errors, detail string
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
	if detail != "" {
		return detail, true
	}
	return errors, errors == ""
}

// messageIn reads a text, the detail of an object, or the text of anything else.
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
