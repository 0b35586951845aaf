package fishjam_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

// serve starts a server and returns a client of it with some configuration.
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

// responding is a server that says the same to everything.
func responding(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}
