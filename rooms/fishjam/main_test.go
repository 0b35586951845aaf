package fishjam_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// serve starts a server and returns a client for it with some configuration.
func serve(t *testing.T, cfg fishjam.Config, handle http.HandlerFunc) *fishjam.Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	cfg.FishjamID = server.URL + "/api/v1/connect/abc"
	cfg.ManagementToken = fishjam.NewSecret("development")
	client, err := fishjam.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// responding is a server that always responds the same.
func responding(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// account is the id of the test servers' account.
const account = "0123abcd"

// connect returns a hosted server and a client for it, which share only the id, as in
// production.
func connect(t *testing.T) (*jellyfishtest.Server, *fishjam.Client) {
	t.Helper()
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: account, InMemory: true})
	return server, clientOf(t, server, fishjam.Config{})
}

func clientOf(t *testing.T, server *jellyfishtest.Server, cfg fishjam.Config) *fishjam.Client {
	t.Helper()
	if cfg.FishjamID == "" {
		cfg.FishjamID = account
	}
	if cfg.ManagementToken.IsZero() {
		cfg.ManagementToken = fishjam.NewSecret(jellyfishtest.Token)
	}
	cfg.HTTPClient = server.HTTPClient()
	client, err := fishjam.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// must returns a value, and fails the test if there is an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// wantError checks that err is the sentinel, of a call that got the status.
func wantError(t *testing.T, what string, err, sentinel error, status int) {
	t.Helper()
	var failed *fishjam.Error
	switch {
	case !errors.As(err, &failed):
		t.Errorf("%s: error %v, want an *Error", what, err)
	case failed.Status != status || sentinel != nil && !errors.Is(err, sentinel):
		t.Errorf("%s: error %v, want %v with status %d", what, err, sentinel, status)
	case sentinel == nil && failed.Err != nil && failed.Status != 0 && failed.Status >= 300:
		t.Errorf("%s: error %v is %v, want no sentinel", what, err, failed.Err)
	case strings.Contains(err.Error(), jellyfishtest.Token):
		t.Errorf("%s: error shows the token: %v", what, err)
	}
}

// lastCall returns the latest REST call.
func lastCall(server *jellyfishtest.Server) jellyfishtest.Call {
	calls := server.Calls()
	return calls[len(calls)-1]
}
