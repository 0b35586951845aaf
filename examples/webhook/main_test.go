package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

var posted = strings.Fields("room_created peer_added peer_added peer_deleted peer_deleted room_deleted")

// kinds returns the kinds of the notifications that were printed.
func kinds(lines []string) []string {
	var list []string
	for _, line := range lines {
		if kind, rest, _ := strings.Cut(line, " "); strings.HasPrefix(rest, "room_id=") {
			list = append(list, kind)
		}
	}
	return list
}

func TestEmbedded(t *testing.T) {
	t.Parallel()
	lines, err := program.Start(t, run).End()
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(lines); !slices.Equal(got, posted) {
		t.Errorf("posted %q, want %q", got, posted)
	}
	if last := lines[len(lines)-1]; last != "6 requests accepted, 0 refused" {
		t.Errorf("the last line is %q", last)
	}
}

// In a cluster, on whichever node the room is created. Nothing is left behind, and no
// secret is printed.
func TestCluster(t *testing.T) {
	cluster := new(jellyfishtest.Cluster)
	first := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster})
	second := jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster})
	t.Setenv("JELLYFISH_ADDRESS", first.Address())
	t.Setenv("JELLYFISH_TOKEN", "secret")
	secrets := []string{"secret"}
	for range 2 {
		lines, err := program.Start(t, run).End()
		if err != nil {
			t.Fatalf("%v\n%q", err, lines)
		}
		if got := kinds(lines); !slices.Equal(got, posted) {
			t.Errorf("posted %q, want %q", got, posted)
		}
		secret, _ := webhookURL(t, first).User.Password()
		secrets = append(secrets, secret)
		for _, secret := range secrets {
			if len(secret) < 6 || strings.Contains(strings.Join(lines, "\n"), secret) {
				t.Errorf("printed %q:\n%q", secret, lines)
			}
		}
	}
	if secrets[1] == secrets[2] {
		t.Error("two runs had the same secret")
	}
	isEmpty(t, first, "secret")
	isEmpty(t, second, "secret")
}

// webhookURL returns the webhook URL of the latest room.
func webhookURL(t *testing.T, server *jellyfishtest.Server) *url.URL {
	t.Helper()
	for _, call := range slices.Backward(server.Calls()) {
		if call.Method != http.MethodPost || call.Path != "/room" {
			continue
		}
		var body struct{ WebhookURL string }
		if err := json.Unmarshal(call.Body, &body); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(body.WebhookURL)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	t.Fatal("no room was made")
	return nil
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

// A request without the secret is refused, and isn't printed.
func TestStranger(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	hangAt(t, server, http.MethodPost)
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "room_created")
	target := webhookURL(t, server)
	target.User = nil
	answer, err := http.Post(target.String(), "application/x-protobuf", bytes.NewReader([]byte("anything")))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("answered with %s", answer.Status)
	}
	p.Signal()
	lines, err := p.End()
	if err != nil || !slices.Contains(lines, "2 requests accepted, 1 refused") {
		t.Errorf("run: %v\n%q", err, lines)
	}
}

// The server reaches the receiver by another name, and with a path.
func TestURL(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	listener, err := net.Listen("tcp", "127.0.0.1:0") // For a free port.
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	lines, err := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token,
		"-listen", listener.Addr().String(), "-url", "http://localhost:"+port+"/jellyfish?a=b").End()
	if err != nil {
		t.Fatalf("%v\n%q", err, lines)
	}
	if got := webhookURL(t, server); got.Host != "localhost:"+port || got.Path != "/jellyfish" || got.RawQuery != "a=b" {
		t.Errorf("the server was to post to %s", got.Redacted())
	}
	if got := kinds(lines); !slices.Equal(got, posted) {
		t.Errorf("posted %q, want %q", got, posted)
	}
}

// hangAt makes the server never respond to calls about peers with that method, so that
// the program stays in the middle of its work until Ctrl-C.
func hangAt(t *testing.T, server *jellyfishtest.Server, method string) {
	t.Helper()
	err := server.FailCalls(
		jellyfishtest.CallFault{Method: method, Path: "/room/*/peer", Delay: time.Hour},
		jellyfishtest.CallFault{Method: method, Path: "/room/*/peer/*", Delay: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
}

// Ctrl-C leaves no room behind, and the room's end is still printed.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"room_created", "peer_added"} {
		server := jellyfishtest.Run(t, jellyfishtest.Config{})
		hangAt(t, server, http.MethodDelete)
		p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
		p.Next(t, last)
		p.Signal()
		lines, err := p.End()
		if err != nil {
			t.Errorf("run: %v, want no error after Ctrl-C", err)
		}
		if got := kinds(lines); !slices.Contains(got, "room_deleted") {
			t.Errorf("posted %q after Ctrl-C at %s, want the room's end", got, last)
		}
		isEmpty(t, server, jellyfishtest.Token)
	}
}

// The room is deleted by someone else in the middle.
func TestRoomThatIsLost(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{SequentialIDs: true})
	hangAt(t, server, http.MethodPost)
	p := program.Start(t, run, "-addr", server.Address(), "-token", jellyfishtest.Token)
	p.Next(t, "room_created")
	if err := server.CrashRoom("00000000-0000-4000-8000-000000000001"); err != nil {
		t.Error(err)
	}
	p.Signal()
	lines, err := p.End()
	if err != nil || !slices.Contains(kinds(lines), "room_crashed") {
		t.Errorf("run: %v\n%q", err, lines)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped.Stop()
	for _, test := range []struct{ address, args, want string }{
		{server.Address(), "-url localhost:8080", "must be http or https"},
		{server.Address(), "-url http://user:secret@a/", "must not have user info"},
		{server.Address(), "-listen " + server.Address(), "listen tcp"},
		{server.Address(), "", "401 Unauthorized"},
		{stopped.Address(), "", stopped.Address()},
		{"::1", "", "ServerAddress"},
	} {
		args := append([]string{"-addr", test.address, "-token", "secret"}, strings.Fields(test.args)...)
		_, err := program.Start(t, run, args...).End()
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: error %v, want one with %q", args[4:], err, test.want)
		}
	}
}
