package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestMain(m *testing.M) {
	os.Unsetenv("JELLYFISH_ADDRESS")
	os.Unsetenv("JELLYFISH_TOKEN")
	os.Exit(leak.Main(m))
}

const printed = `^room (tour-\w{8}) was created on 127\.0\.0\.1:\d+
peer ([-\w]{36}) was added, its client connects to ws://127\.0\.0\.1:\d+/socket/peer/websocket
peer ([-\w]{36}) was deleted
component ([-\w]{36}) was added, to be played at http://127\.0\.0\.1:\d+/hls/tour-\w{8}/index\.m3u8
component ([-\w]{36}) was deleted
room (tour-\w{8}) was deleted
$`

func TestEmbedded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), nil, &out); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(printed).FindStringSubmatch(out.String())
	if found == nil || found[1] != found[6] || found[2] != found[3] || found[4] != found[5] {
		t.Errorf("printed:\n%s", &out)
	}
}

// On a cluster, whichever node the room lands on.
func TestCluster(t *testing.T) {
	cluster := new(jellyfishtest.Cluster)
	first := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster})
	second := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster})
	t.Setenv("JELLYFISH_ADDRESS", first.Address())
	t.Setenv("JELLYFISH_TOKEN", "secret")
	var out bytes.Buffer
	for range 2 {
		if err := run(t.Context(), nil, &out); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
	}
	for _, server := range []*jellyfishtest.Server{first, second} {
		client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret("secret")})
		if err != nil {
			t.Fatal(err)
		}
		if list, err := client.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("left behind: %v, error %v", list, err)
		}
		client.CloseIdleConnections()
	}
	if strings.Contains(out.String(), "secret") {
		t.Errorf("printed the token:\n%s", &out)
	}
}

// brake writes until a line comes with a word, and then does something.
type brake struct {
	bytes.Buffer
	word string
	do   func()
}

func (b *brake) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(b.word)) {
		b.do()
	}
	return b.Buffer.Write(p)
}

// Ctrl-C in the middle leaves no room behind.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret"})
	ctx, cancel := context.WithCancel(t.Context())
	out := &brake{word: "peer", do: cancel}
	if err := run(ctx, []string{"-addr", server.Address(), "-token", "secret"}, out); err == nil {
		t.Error("no error")
	}
	calls := server.Calls()
	last := calls[len(calls)-1]
	if last.Method != http.MethodDelete || strings.Count(last.Path, "/") != 2 {
		t.Errorf("the last call was %s %s", last.Method, last.Path)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped.Stop()
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	for _, test := range []struct {
		args, want string
		status     int
	}{
		{"-nonsense", "flag provided but not defined: -nonsense", 2},
		{"localhost:5002", "an address is given with -addr", 2},
		{"-secure", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-token secret", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-addr localhost:5002", "give -token or set JELLYFISH_TOKEN", 2},
		{"-addr ::1 -token secret", "ServerAddress", 1},
		{"-addr " + server.Address() + " -token secret", "refused the token", 1},
		{"-addr " + stopped.Address() + " -token secret", stopped.Address(), 1},
		{"-addr " + other.URL + " -token secret", "404", 1},
	} {
		err := run(t.Context(), strings.Fields(test.args), t.Output())
		switch {
		case err == nil || !strings.Contains(err.Error(), test.want):
			t.Errorf("%s: error %v, want one with %q", test.args, err, test.want)
		case usage.ExitStatus(err) != test.status:
			t.Errorf("%s: exit status %d, want %d", test.args, usage.ExitStatus(err), test.status)
		case strings.Contains(err.Error(), "secret"):
			t.Errorf("%s: error shows the token: %v", test.args, err)
		}
	}
}

func TestHelpShowsNoToken(t *testing.T) {
	t.Setenv("JELLYFISH_TOKEN", "secret")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, &out); err != nil {
		t.Errorf("run: %v", err)
	}
	if text := out.String(); !strings.Contains(text, "JELLYFISH_TOKEN") || strings.Contains(text, "secret") {
		t.Errorf("help: %s", text)
	}
}
