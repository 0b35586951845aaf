package rooms

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"unicode"
)

// believed is how much of the length that an answer claims memory is made ready
// for.
const believed = 1 << 20

// answer is what the server answered; the zero value is no answer.
type answer struct {
	status int
	body   []byte
}

// readAnswer reads a response to its end, or what can be had of it, and closes
// it. It may have as many bytes as the limit says.
func readAnswer(response *http.Response, limit int64) (answer, error) {
	defer response.Body.Close()
	a := answer{status: response.StatusCode}
	var buffer bytes.Buffer
	if n := response.ContentLength; n > 0 {
		buffer.Grow(int(min(n, believed)) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(io.LimitReader(response.Body, limit+1))
	a.body = buffer.Bytes()
	switch {
	case err != nil:
		return a, fmt.Errorf("read the answer: %w", err)
	case int64(len(a.body)) > limit:
		return a, fmt.Errorf("answer has more than %d bytes", limit)
	}
	return a, nil
}

// parse reads the answer's data into the value that data points to.
func (a answer) parse(data any) error {
	envelope := struct {
		Data any `json:"data"`
	}{data}
	if err := json.Unmarshal(a.body, &envelope); err != nil {
		return fmt.Errorf("answer is malformed: %w", err)
	}
	if envelope.Data == nil || reflect.ValueOf(data).Elem().IsZero() {
		return errors.New("answer is malformed: it has no data")
	}
	return nil
}

// message returns the text of an answer that is an error, empty if there is
// none: a string or an object under "errors", Fishjam's "detail", the title of a
// page, or plain text.
func (a answer) message() string {
	body := bytes.TrimSpace(a.body)
	switch {
	case a.status >= 300 && a.status < 400:
		return "redirects are not followed"
	case a.status < 300 || len(body) == 0:
		return ""
	case body[0] == '{' || body[0] == '[':
		return oneLine(jsonMessage(body))
	case body[0] == '<':
		return oneLine(pageTitle(body))
	}
	return oneLine(string(body))
}

func jsonMessage(body []byte) string {
	var envelope struct {
		Errors json.RawMessage `json:"errors"`
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return ""
	}
	found := envelope.Errors
	if found == nil {
		found = envelope.Detail
	}
	var text string
	if json.Unmarshal(found, &text) == nil {
		return text
	}
	var object struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(found, &object) == nil && object.Detail != "" {
		return object.Detail
	}
	return string(found)
}

var title = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

func pageTitle(body []byte) string {
	found := title.FindSubmatch(body)
	if found == nil {
		return ""
	}
	return html.UnescapeString(string(found[1]))
}

// oneLine makes printable what a server sent.
func oneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text))
}
