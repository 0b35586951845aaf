package rest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/address"
	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
	"github.com/jellyfish-dev/jellyfish-go/internal/secret"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// serve starts a server and returns its address and a client.
func serve(t *testing.T, cfg rest.Config, handle http.HandlerFunc) (*rest.Client, address.Address) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	at, err := address.Parse(server.URL+"/prefix", false)
	if err != nil {
		t.Fatal(err)
	}
	cfg.ServerAPIToken = secret.New("hunter2-token")
	if cfg.Sentinel == nil {
		cfg.Sentinel = func(rest.Call, rest.Refusal) error { return nil }
	}
	client, err := rest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client, at
}

// A request has the call's path, query and body, and the client's headers.
func TestRequest(t *testing.T) {
	t.Parallel()
	var got string
	client, at := serve(t, rest.Config{APIClient: "test/1", Header: http.Header{"X-Fishjam-Api-Client": {"other"}}}, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = strings.Join([]string{r.Method, r.RequestURI, r.Header.Get("Content-Type"), strings.Join(r.Header["X-Fishjam-Api-Client"], ","), string(body)}, " ")
	})
	for _, test := range []struct {
		call rest.Call
		want string
	}{
		{rest.Call{Method: "GET", Path: "/a/{id}", IDs: []string{"b c"}, Query: url.Values{"k[x]": {"v&"}}}, "GET /prefix/a/b%20c?k%5Bx%5D=v%26  test/1 "},
		{rest.Call{Method: "POST", Path: "/a"}, "POST /prefix/a  test/1 "},
		{rest.Call{Method: "POST", Path: "/a", Body: map[string]int{"n": 1}}, `POST /prefix/a application/json test/1 {"n":1}`},
		{rest.Call{Method: "POST", Path: "/a", Body: rest.Encoded{ContentType: "text/x", Text: []byte("form")}}, "POST /prefix/a text/x test/1 form"},
	} {
		test.call.Status = []int{http.StatusOK}
		if err := client.Do(t.Context(), at, test.call); err != nil || got != test.want {
			t.Errorf("%+v: sent %q, error %v, want %q", test.call, got, err, test.want)
		}
	}
	err := client.Do(t.Context(), at, rest.Call{Method: "POST", Path: "/a", Body: func() {}, Status: []int{200}})
	var refused *input.Error
	if !errors.As(err, &refused) {
		t.Errorf("a body that is no JSON: error %v", err)
	}
}

// A refusal says in what its text was found, and which of two texts counts.
func TestRefusal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body        string
		detailFirst bool
		text        string
		source      rest.Source
	}{
		{"", false, "", rest.SourceEmpty},
		{" \n", false, "", rest.SourceEmpty},
		{`{"errors":"a"}`, false, "a", rest.SourceErrors},
		{`{"errors":{"detail":"a"}}`, true, "a", rest.SourceErrors},
		{`{"detail":"b"}`, false, "b", rest.SourceDetail},
		{`{"errors":"a","detail":"b"}`, false, "a", rest.SourceErrors},
		{`{"errors":"a","detail":"b"}`, true, "b", rest.SourceDetail},
		{`{"errors":"a","detail":""}`, true, "a", rest.SourceErrors},
		{`{"errors":null}`, false, "", rest.SourceOther},
		{`{"message":"c"}`, false, "", rest.SourceOther},
		{`[1]`, false, "", rest.SourceOther},
		{`<title>d</title>`, false, "d", rest.SourceOther},
		{"e\nf", false, "e f", rest.SourceOther},
	} {
		var got rest.Refusal
		sentinel := errors.New("sentinel")
		cfg := rest.Config{DetailFirst: test.detailFirst, Sentinel: func(call rest.Call, r rest.Refusal) error {
			got = r
			return call.Sentinels[r.Status]
		}}
		client, at := serve(t, cfg, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, test.body)
		})
		err := client.Do(t.Context(), at, rest.Call{Method: "GET", Path: "/", Status: []int{200}, Sentinels: map[int]error{418: sentinel}})
		if want := (rest.Refusal{Status: 418, Text: test.text, Source: test.source}); got != want || !errors.Is(err, sentinel) {
			t.Errorf("%q: %+v, error %v, want %+v", test.body, got, err, want)
		}
		client.CloseIdleConnections()
	}
}

// Data is read from the envelope or, if the response is bare, from all of it.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		body  string
		bare  bool
		token string // Empty if there is an error.
	}{
		{`{"data":{"token":"t"}}`, false, "t"},
		{`{"other":[1],"data":{"token":"t"},"more":{}}`, false, "t"},
		{`{"token":"t"}`, true, "t"},
		{`{"token":"t"}`, false, ""},
		{`{"data":{"token":"t"}}`, true, ""},
		{`{"token":"t"} x`, true, ""},
		{`{"token":"t"`, true, ""},
		{`[]`, true, ""},
		{``, true, ""},
	} {
		client, at := serve(t, rest.Config{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, test.body) })
		got := ""
		err := client.Do(t.Context(), at, rest.Call{Method: "GET", Path: "/", Status: []int{200}, Bare: test.bare, Read: func(r *rest.Reader) bool {
			for ok := r.Object(); ok && r.Field(); {
				if string(r.Key()) == "token" {
					got = r.Text()
				} else {
					r.Skip()
				}
			}
			return got != ""
		}})
		if (err == nil) != (test.token != "") || err == nil && got != test.token {
			t.Errorf("%q: %q, error %v, want %q", test.body, got, err, test.token)
		}
		client.CloseIdleConnections()
	}
}

// Elements that can't be read in full are counted, and each response has one line of log.
func TestOddElementsAreCounted(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	client, at := serve(t, rest.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[{"id":"a"},{"id":"b","n":"x"},{"n":1},{"id":"c","n":[]}]}`)
	})
	list := func() {
		err := client.Do(t.Context(), at, rest.Call{Method: "GET", Path: "/list", Status: []int{200}, Read: func(r *rest.Reader) bool {
			return len(rest.Elements(r, "thing", func() (string, bool) {
				id := ""
				for ok := r.Begin(); ok && r.Field(); {
					if string(r.Key()) == "id" {
						id = r.Text()
					} else {
						r.Count()
					}
				}
				_, ok := r.Ended("thing", id)
				return id, ok
			})) == 3
		}})
		if err != nil {
			t.Error(err)
		}
	}
	list()
	list()
	if got := client.Stats(); got != (rest.Stats{Odd: 4, LeftOut: 2}) {
		t.Errorf("%+v", got)
	}
	if text := log.String(); strings.Count(text, "\n") != 2 || strings.Count(text, "path=/list odd=2 left_out=1 first_problem=\"n: want a whole number\"") != 2 {
		t.Errorf("log %s", text)
	}
}

// Each response is passed on with what hides the secrets that were sent.
func TestOnResponse(t *testing.T) {
	t.Parallel()
	var said []string
	cfg := rest.Config{OnResponse: func(_ context.Context, header http.Header, hide redact.Redactor) {
		said = append(said, hide.Text(header.Get("X-Said")))
	}}
	client, at := serve(t, cfg, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Said", "it was "+r.Header.Get("Authorization"))
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	_ = client.Do(t.Context(), at, rest.Call{Method: "GET", Path: "/", Status: []int{200}})
	_ = client.Do(t.Context(), at, rest.Call{Method: "DELETE", Path: "/", Status: []int{200}})
	if len(said) != 2 || said[0] != "it was Bearer [redacted]" || said[1] != said[0] {
		t.Errorf("%q", said)
	}
}

func TestTokenField(t *testing.T) {
	t.Parallel()
	_, err := rest.New(rest.Config{TokenField: "ManagementToken"})
	var refused *input.Error
	if !errors.As(err, &refused) || refused.Field != "ManagementToken" {
		t.Errorf("error %v", err)
	}
}
