package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

const printed = `^room (tour-\w{8}) was created on 127\.0\.0\.1:\d+
peer ([-\w]{36}) was added, its client connects to ws://127\.0\.0\.1:\d+/socket/peer/websocket
peer ([-\w]{36}) was deleted
component ([-\w]{36}) was added, to be played at http://127\.0\.0\.1:\d+/hls/tour-\w{8}/index\.m3u8
component ([-\w]{36}) was deleted
room (tour-\w{8}) was deleted$`

func TestEmbedded(t *testing.T) {
	t.Parallel()
	lines, err := program.Start(t, run).End()
	if err != nil {
		t.Fatal(err)
	}
	out := strings.Join(lines, "\n")
	found := regexp.MustCompile(printed).FindStringSubmatch(out)
	if found == nil || found[1] != found[6] || found[2] != found[3] || found[4] != found[5] {
		t.Errorf("printed:\n%s", out)
	}
}

// In a cluster, on whichever node the room is created.
func TestCluster(t *testing.T) {
	cluster := new(jellyfishtest.Cluster)
	first := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster})
	second := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster})
	t.Setenv("JELLYFISH_ADDRESS", first.Address())
	t.Setenv("JELLYFISH_TOKEN", "secret")
	for range 2 {
		lines, err := program.Start(t, run).End()
		if err != nil {
			t.Fatalf("%v\n%q", err, lines)
		}
		if out := strings.Join(lines, "\n"); strings.Contains(out, "secret") {
			t.Errorf("printed the token:\n%s", out)
		}
	}
	isEmpty(t, first, "secret")
	isEmpty(t, second, "secret")
}

// Ctrl-C in the middle leaves no room behind.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	slow := jellyfishtest.CallFault{Method: http.MethodPost, Path: "/room/*/component", Delay: time.Hour}
	if err := server.FailCalls(slow); err != nil {
		t.Fatal(err)
	}
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "was created")
	p.Next(t, "was deleted")
	p.Signal()
	if _, err := p.End(); !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v, want context.Canceled", err)
	}
	isEmpty(t, server, jellyfishtest.Token)
}

// A room that can't be deleted is reported, even after Ctrl-C.
func TestRoomIsLeftBehind(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	err := server.FailCalls(
		jellyfishtest.CallFault{Path: "/room/*/component", Delay: time.Hour},
		jellyfishtest.CallFault{Method: http.MethodDelete, Path: "/room/*", Status: 500})
	if err != nil {
		t.Fatal(err)
	}
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "was deleted")
	p.Signal()
	if _, err := p.End(); err == nil || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "500") {
		t.Errorf("run: %v", err)
	}
}

func isEmpty(t *testing.T, server *jellyfishtest.Server, token string) {
	t.Helper()
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(token)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if list, err := client.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, error %v", list, err)
	}
}

// Servers before 0.4.0 have no health call, and those before 0.5.0 don't report their
// version in it. The example does nothing on either.
func TestServerBefore050(t *testing.T) {
	t.Parallel()
	without := jellyfishtest.Run(t, jellyfishtest.Config{DisableHealth: true})
	silent := jellyfishtest.Run(t, jellyfishtest.Config{})
	err := silent.FailCalls(jellyfishtest.CallFault{Path: "/health", Status: 200, Body: `{"data":{
		"status":"UP","uptime":1,"distribution":{"enabled":false,"nodeStatus":"DOWN","nodesInCluster":0}}}`})
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*jellyfishtest.Server{without, silent} {
		_, err := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token).End()
		if err == nil || !strings.Contains(err.Error(), "0.5.0 or later") {
			t.Errorf("run: %v", err)
		}
		if calls := server.Calls(); len(calls) != 1 {
			t.Errorf("%d calls", len(calls))
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped.Stop()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }))
	t.Cleanup(broken.Close)
	for address, want := range map[string]string{
		"::1":             "ServerAddress",
		server.Address():  "401 Unauthorized",
		stopped.Address(): stopped.Address(),
		broken.URL:        "502",
	} {
		_, err := program.Start(t, run, "-addr", address, "-token", "secret").End()
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want one with %q", address, err, want)
		}
	}
}
