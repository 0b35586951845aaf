package jellyfishtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// bodyLimit is how many bytes the body of a request may have.
const bodyLimit = 8_000_000

// request is a REST request whose body was read.
type request struct {
	*http.Request
	body   []byte
	params map[string]any    // what the query and the body say
	path   map[string]string // what stands in the path's place holders
}

// readRequest reads a request's body and finds its parameters. The answer is nil
// unless that fails.
func readRequest(w http.ResponseWriter, r *http.Request) (*request, *answer) {
	q := &request{Request: r, params: make(map[string]any)}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return q, frameworkError(http.StatusRequestEntityTooLarge)
	case err != nil:
		return q, frameworkError(http.StatusBadRequest)
	}
	q.body = body
	q.add(r.URL.Query())
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return q, q.parseBody()
	}
	return q, nil
}

// parseBody takes the parameters from a body of JSON or of a form. Others are
// ignored, like those without a content type.
func (q *request) parseBody() *answer {
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil
	case kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(q.body))
		if err != nil {
			return frameworkError(http.StatusBadRequest)
		}
		q.add(values)
	case len(q.body) > 0 && (kind == "application/json" || strings.HasSuffix(kind, "+json")):
		value, err := parseJSON(q.body)
		if err != nil {
			return frameworkError(http.StatusBadRequest)
		}
		if object, ok := value.(map[string]any); ok {
			maps.Copy(q.params, object)
		}
	}
	return nil
}

func (q *request) add(values url.Values) {
	for name, all := range values {
		q.params[name] = all[len(all)-1]
	}
}

// options returns the options that the request gives. It returns false for such
// as the server's room doesn't survive.
func (q *request) options() (map[string]any, bool) {
	value, given := q.params["options"]
	if !given {
		return nil, true
	}
	options, ok := value.(map[string]any)
	return options, ok
}

// parseJSON returns the value of a JSON text, with its numbers as they are
// written.
func parseJSON(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("JSON text is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("JSON text goes on after its value")
	}
	return value, nil
}

// interpolate returns a JSON value as the server puts it into a text. It returns
// false for one with which that raises an error there.
func interpolate(value any) (string, bool) {
	switch value := value.(type) {
	case nil:
		return "", true
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case json.Number:
		return value.String(), true
	case []any:
		return characters(value)
	}
	return "", false
}

// characters returns the text of a list of characters' numbers.
func characters(list []any) (string, bool) {
	var text strings.Builder
	for _, element := range list {
		n, ok := int64Of(element)
		if !ok || n < 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return "", false
		}
		text.WriteRune(rune(n))
	}
	return text.String(), true
}
