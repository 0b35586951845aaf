package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

func TestMain(m *testing.M) {
	os.Unsetenv("JELLYFISH_ADDRESS")
	os.Unsetenv("JELLYFISH_TOKEN")
	os.Unsetenv("JELLYFISH_SIGNING_SECRET")
	os.Exit(leak.Main(m))
}

// kinds returns the kinds of the notifications that were printed.
func kinds(out string) []string {
	var list []string
	for _, line := range regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3}  \{"kind":"(\w+)","room_id":"[-\w]{36}".*\}$`).FindAllStringSubmatch(out, -1) {
		list = append(list, line[1])
	}
	return list
}

// pretended is what a test server posts, whose peers connect.
var pretended = strings.Fields(`room_created
	peer_added peer_connected peer_metadata_updated peer_added peer_connected peer_metadata_updated
	peer_disconnected peer_deleted peer_disconnected peer_deleted room_deleted`)

func TestEmbedded(t *testing.T) {
	begin := time.Now()
	var out bytes.Buffer
	if err := run(t.Context(), nil, &out); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took >= 5*time.Second {
		t.Errorf("took %v, want less than 5s", took)
	}
	text := out.String()
	for _, want := range []string{
		`\Areceiving at http://127\.0\.0\.1:\d+ what 127\.0\.0\.1:\d+ posts\n`,
		`\na request without the secret is answered with 401 Unauthorized\n`,
		`"metadata":\{"name":"Ada"\}\}\n`,
		`\nthe room has ended: 12 requests accepted, 1 refused\n\z`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("nothing matches %s", want)
		}
	}
	if got := kinds(text); !slices.Equal(got, pretended) {
		t.Errorf("posted %q, want %q", got, pretended)
	}
	if t.Failed() {
		t.Logf("printed:\n%s", text)
	}
}

// A server that signs: requests need both secrets.
func TestSigned(t *testing.T) {
	t.Setenv("JELLYFISH_SIGNING_SECRET", "from the dashboard")
	var out bytes.Buffer
	if err := run(t.Context(), nil, &out); err != nil {
		t.Fatal(err)
	}
	if got := kinds(out.String()); !slices.Equal(got, pretended) {
		t.Errorf("posted %q, want %q", got, pretended)
	}
}

// In a cluster, whichever node the room lands on. Nobody connects, nothing is left
// behind, and no secret is printed.
func TestServers(t *testing.T) {
	cluster := new(jellyfishtest.Cluster)
	servers := []*jellyfishtest.Server{
		jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster}),
		jellyfishtest.Run(t, jellyfishtest.Config{Token: "secret", Cluster: cluster}),
	}
	t.Setenv("JELLYFISH_ADDRESS", servers[0].Address())
	t.Setenv("JELLYFISH_TOKEN", "secret")
	secrets := []string{"secret"}
	for range 2 {
		var out bytes.Buffer
		if err := run(t.Context(), nil, &out); err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
		want := strings.Fields("room_created peer_added peer_added peer_deleted peer_deleted room_deleted")
		if got := kinds(out.String()); !slices.Equal(got, want) {
			t.Errorf("posted %q, want %q", got, want)
		}
		_, secret := created(t, servers[0])
		secrets = append(secrets, secret)
		for _, secret := range secrets {
			if strings.Contains(out.String(), secret) {
				t.Errorf("printed %q:\n%s", secret, &out)
			}
		}
	}
	if secrets[1] == secrets[2] {
		t.Error("two runs had the same secret")
	}
	for _, server := range servers {
		isEmpty(t, server, "secret")
	}
}

// created returns where the latest room was to post, and with which secret.
func created(t *testing.T, server *jellyfishtest.Server) (host, secret string) {
	t.Helper()
	for _, call := range slices.Backward(server.Calls()) {
		if call.Method != http.MethodPost || call.Path != "/room" {
			continue
		}
		var body struct {
			MaxPeers   int
			WebhookURL string
		}
		if err := json.Unmarshal(call.Body, &body); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(body.WebhookURL)
		if err != nil {
			t.Fatal(err)
		}
		secret, _ = u.User.Password()
		if len(secret) < 20 || body.MaxPeers != 10 {
			t.Fatalf("the room was asked for with %s", call.Body)
		}
		return u.Host, secret
	}
	t.Fatal("no room was made")
	return "", ""
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

// freeAddress returns an address that can be listened on.
func freeAddress(t *testing.T) (host, port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	host, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// The server knows the receiver by another name, and under a path.
func TestURL(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	host, port := freeAddress(t)
	args := "-addr " + server.Address() + " -token " + jellyfishtest.Token +
		" -listen " + net.JoinHostPort(host, port) + " -url http://localhost:" + port + "/jellyfish?a=b"
	var out bytes.Buffer
	if err := run(t.Context(), strings.Fields(args), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if got, _ := created(t, server); got != "localhost:"+port {
		t.Errorf("the server was to post to %s, want localhost:%s", got, port)
	}
	if !strings.HasPrefix(out.String(), "receiving at http://localhost:"+port+"/jellyfish?a=b what ") {
		t.Errorf("printed:\n%s", &out)
	}
}

// brake writes until a line comes with a word, and then does something once.
type brake struct {
	bytes.Buffer
	word string
	do   func()
}

func (b *brake) Write(p []byte) (int, error) {
	if b.do != nil && bytes.Contains(p, []byte(b.word)) {
		b.do()
		b.do = nil
	}
	return b.Buffer.Write(p)
}

// Ctrl-C leaves no room behind, and the room's end is still printed.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"room_created", "peer_added"} {
		server := jellyfishtest.Run(t, jellyfishtest.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		out := &brake{word: word, do: cancel}
		if err := run(ctx, []string{"-addr", server.Address(), "-token", jellyfishtest.Token}, out); err != nil {
			t.Errorf("run: %v, want no error after Ctrl-C", err)
		}
		got := kinds(out.String())
		if len(got) >= 6 || !slices.Contains(got, "room_deleted") {
			t.Errorf("posted %q with Ctrl-C at %s, want the room's end before its time", got, word)
		}
		isEmpty(t, server, jellyfishtest.Token)
	}
}

// Somebody else ends the room in the middle.
func TestRoomThatIsLost(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{SequentialIDs: true})
	out := &brake{word: "peer_added", do: func() {
		if err := server.CrashRoom("00000000-0000-4000-8000-000000000001"); err != nil {
			t.Error(err)
		}
	}}
	err := run(t.Context(), []string{"-addr", server.Address(), "-token", jellyfishtest.Token}, out)
	if !errors.Is(err, rooms.ErrRoomNotFound) {
		t.Errorf("run: %v, want %v", err, rooms.ErrRoomNotFound)
	}
	if got := kinds(out.String()); !slices.Equal(got, []string{"room_created", "peer_added", "room_crashed"}) {
		t.Errorf("posted %q", got)
	}
}

// full is an output that no notification can be written to.
type full struct{}

func (full) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("room_id")) {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestOutputThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	err := run(t.Context(), []string{"-addr", server.Address(), "-token", jellyfishtest.Token}, full{})
	if !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("run: %v, want %v", err, io.ErrShortWrite)
	}
	isEmpty(t, server, jellyfishtest.Token)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped := jellyfishtest.Run(t, jellyfishtest.Config{})
	stopped.Stop()
	to := func(server *jellyfishtest.Server) string { return "-addr " + server.Address() + " -token secret " }
	for _, test := range []struct {
		args, want string
		status     int
	}{
		{"-nonsense", "flag provided but not defined: -nonsense", 2},
		{"localhost:5002", "an address is given with -addr", 2},
		{"-secure", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-token secret", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-listen :8080", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-url http://a/", "give -addr or set JELLYFISH_ADDRESS", 2},
		{"-addr localhost:5002", "give -token or set JELLYFISH_TOKEN", 2},
		{to(server) + "-url http://a/", "-url needs a -listen", 2},
		{to(server) + "-listen :0", "-listen :0 needs a -url", 2},
		{to(server) + "-listen [::]:0", "-listen [::]:0 needs a -url", 2},
		{to(server) + "-listen 127.0.0.1:0 -url localhost:8080", "-url: invalid base: must be http or https", 2},
		{to(server) + "-listen 127.0.0.1:0 -url http://user:secret@a/", "must not have user info", 2},
		{to(server) + "-listen " + server.Address(), "listen tcp", 1},
		{"-addr ::1 -token secret", "ServerAddress", 1},
		{to(server), "401 Unauthorized", 1},
		{to(stopped), stopped.Address(), 1},
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

func TestHelpShowsNoSecret(t *testing.T) {
	t.Setenv("JELLYFISH_TOKEN", "hidden")
	t.Setenv("JELLYFISH_SIGNING_SECRET", "hidden")
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, &out); err != nil {
		t.Errorf("run: %v", err)
	}
	for _, want := range []string{"JELLYFISH_TOKEN", "JELLYFISH_SIGNING_SECRET", "-listen", "-url"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("help lacks %s:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "hidden") {
		t.Errorf("help: %s", &out)
	}
}
