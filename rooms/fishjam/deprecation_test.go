package fishjam_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// What Fishjam says about the library's version is kept, and logged once.
func TestDeprecated(t *testing.T) {
	t.Parallel()
	var said atomic.Value
	said.Store("")
	var log bytes.Buffer
	client := serve(t, fishjam.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-fishjam-api-deprecated", said.Load().(string))
		responding(500, jsonType, `{}`)(w, r) // An error says it too.
	})
	for _, test := range []struct {
		header string
		want   fishjam.Deprecation
		ok     bool
		level  string // Of the line that is logged, if any.
	}{
		{header: ""},
		{header: "soon"},
		{header: `{"status":"up_to_date","message":"m"}`},
		{header: `{"status":"deprecated","message":"` + strings.Repeat("x", 5000) + `"}`},
		{`{"status":"deprecated","message":"use development\u001b[31m"}`, fishjam.Deprecation{Message: "use [redacted] [31m"}, true, "WARN"},
		{`{"status":"deprecated","message":"again"}`, fishjam.Deprecation{Message: "again"}, true, ""},
		{`not JSON`, fishjam.Deprecation{Message: "again"}, true, ""},
		{`{"status":"unsupported"}`, fishjam.Deprecation{Unsupported: true}, true, "ERROR"},
		{`{"status":"unsupported"}`, fishjam.Deprecation{Unsupported: true}, true, ""},
	} {
		said.Store(test.header)
		log.Reset()
		if err := client.Validate(t.Context()); err == nil {
			t.Fatal("no error")
		}
		if got, ok := client.Deprecated(); got != test.want || ok != test.ok {
			t.Errorf("%.80s: %+v, %t; want %+v, %t", test.header, got, ok, test.want, test.ok)
		}
		text := log.String()
		if test.level == "" && text != "" || test.level != "" && (strings.Count(text, "\n") != 1 || !strings.Contains(text, "level="+test.level)) {
			t.Errorf("%.80s: log %q, want level %q", test.header, text, test.level)
		}
	}
}
