package rooms_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// serve starts a server and returns a client for it.
func serve(t *testing.T, handle http.HandlerFunc) *rooms.Client {
	t.Helper()
	return serveWith(t, rooms.Config{}, handle)
}

// serveWith starts a server and returns a client for it with some configuration.
func serveWith(t *testing.T, cfg rooms.Config, handle http.HandlerFunc) *rooms.Client {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	cfg.ServerAddress, cfg.ServerAPIToken = server.URL, rooms.NewSecret("development")
	return newClient(t, cfg)
}

func newClient(t *testing.T, cfg rooms.Config) *rooms.Client {
	t.Helper()
	client, err := rooms.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// answering is a server that always responds the same.
func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
