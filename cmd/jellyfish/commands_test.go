//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// connecting are all commands that connect to a server, except for top.
var connecting = map[string][]string{
	"watch":             {"watch"},
	"record":            {"record", "-"},
	"listen":            {"listen", "--forward-to", "http://127.0.0.1:1/"},
	"rooms list":        {"rooms", "list"},
	"rooms list -w":     {"rooms", "list", "-w"},
	"rooms get":         {"rooms", "get", "atrium"},
	"rooms create":      {"rooms", "create"},
	"rooms delete":      {"rooms", "delete", "--yes", "atrium"},
	"peers list":        {"peers", "list", "atrium"},
	"peers get":         {"peers", "get", "atrium", "ada"},
	"peers create":      {"peers", "create", "atrium"},
	"peers delete":      {"peers", "delete", "-y", "atrium", "ada"},
	"components list":   {"components", "list", "atrium"},
	"components get":    {"components", "get", "atrium", "hls"},
	"components create": {"components", "create", "hls", "atrium"},
	"components delete": {"components", "delete", "-y", "atrium", "hls"},
	"doctor":            {"doctor"},
	"bridge":            {"bridge"},
	"serve":             {"serve", "--listen", "127.0.0.1:0"},
}

const secret = "not-the-servers-token"

func TestWrongToken(t *testing.T) {
	server := serve(t)
	for name, args := range connecting {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, log, status := execute(t, []string{"JELLYFISH_ADDRESS=" + server.Address(), "JELLYFISH_TOKEN=" + secret}, args...)
			if status != 3 {
				t.Errorf("exit status %d, want 3", status)
			}
			if !strings.Contains(out+log, "JELLYFISH_TOKEN") {
				t.Errorf("nothing says what to do:\n%s%s", out, log)
			}
			if strings.Contains(out+log, secret) {
				t.Errorf("the token is printed:\n%s%s", out, log)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	for name, args := range connecting {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, log, status := execute(t, []string{"JELLYFISH_ADDRESS=127.0.0.1:1", "JELLYFISH_TOKEN=" + secret}, args...)
			if status != 4 {
				t.Errorf("exit status %d, want 4:\n%s", status, log)
			}
			if name != "doctor" && !strings.Contains(log, "jellyfish doctor") {
				t.Errorf("nothing says what to do:\n%s", log)
			}
			if name != "doctor" && out != "" {
				t.Errorf("on the standard output stands\n%s", out)
			}
		})
	}
}

func TestWrongCommandLines(t *testing.T) {
	token := "JELLYFISH_TOKEN=" + secret
	for name, test := range map[string]struct {
		args []string
		env  string
		want string
	}{
		"flag":            {[]string{"watch", "--nonsense"}, token, "--nonsense"},
		"command":         {[]string{"nonsense"}, token, "nonsense"},
		"subcommand":      {[]string{"rooms", "nonsense"}, token, "nonsense"},
		"argument":        {[]string{"watch", "standup"}, token, "standup"},
		"no argument":     {[]string{"peers", "list"}, token, "1 arg"},
		"no token":        {[]string{"watch"}, "A=B", "JELLYFISH_TOKEN"},
		"kind":            {[]string{"watch", "--kind", "peer_gone"}, token, "peer_connected"},
		"until":           {[]string{"watch", "--until", "peer_gone"}, token, "--until"},
		"metrics as kind": {[]string{"watch", "--kind", "metrics_report"}, token, "--metrics"},
		"count":           {[]string{"watch", "-n", "-1"}, token, "--count"},
		"output":          {[]string{"watch", "-o", "yaml"}, token, "table or json"},
		"address":         {[]string{"watch", "-a", "http://a b"}, token, "ServerAddress"},
		"token file":      {[]string{"rooms", "list", "--token-file", "/nowhere"}, "A=B", "--token-file"},
		"CA file":         {[]string{"rooms", "list", "--ca-file", "main.go"}, token, "no certificate"},
		"node":            {[]string{"rooms", "list", "--node", "http://a b"}, token, "--node"},
		"nowhere":         {[]string{"listen"}, token, "--forward-to"},
		"no URL":          {[]string{"listen", "--forward-to", "localhost"}, token, "http://localhost:4000"},
		"body":            {[]string{"listen", "--forward-to", "http://localhost/", "--body", "xml"}, token, "protobuf or json"},
		"trigger what":    {[]string{"trigger", "peer_gone"}, token, "peer_connected"},
		"set what":        {[]string{"trigger", "peer_added", "--set", "rom_id=1"}, token, "room_id"},
		"set how":         {[]string{"trigger", "peer_added", "--set", "room_id"}, token, "FIELD=VALUE"},
		"delete unasked":  {[]string{"rooms", "delete", "standup"}, token, "--yes"},
		"speed":           {[]string{"replay", "-", "--speed", "-1"}, token, "--speed"},
		"decode both":     {[]string{"decode", "--raw", "52"}, token, "--raw"},
		"refuse":          {[]string{"testserver", "--listen", "127.0.0.1:0", "--control", "", "--refuse", "42"}, token, "--refuse"},
		"window":          {[]string{"components", "create", "file", "standup"}, token, "2 arg"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, log, status := execute(t, []string{test.env, "JELLYFISH_ADDRESS=127.0.0.1:1"}, test.args...)
			if status != 2 || !strings.Contains(log, test.want) || !strings.Contains(log, " -h tells more") {
				t.Errorf("exit status %d, want 2 and %q:\n%s", status, test.want, log)
			}
			if out != "" {
				t.Errorf("on the standard output stands\n%s", out)
			}
			if strings.Contains(log, secret) {
				t.Errorf("the token is printed:\n%s", log)
			}
		})
	}
}

func TestEveryHelpHasTwoExamples(t *testing.T) {
	var started bool
	root := newRoot(&started)
	root.InitDefaultCompletionCmd()
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		if c.Name() != "help" && c.Parent() != nil && c.Parent().Name() != "completion" && c.Name() != "completion" {
			lines := strings.Split(c.Example, "\n")
			if len(lines) != 2 || !strings.HasPrefix(lines[0], "  ") {
				t.Errorf("%s has the examples %q", c.CommandPath(), c.Example)
			}
		}
		for _, inner := range c.Commands() {
			check(inner)
		}
	}
	check(root)
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		out, log, status := execute(t, nil, "completion", shell)
		if status != 0 || !strings.Contains(out, "jellyfish") {
			t.Errorf("completion %s: exit status %d\n%s", shell, status, log)
		}
	}
	out, _, _ := execute(t, nil, "__complete", "watch", "--kind", "peer_")
	if !strings.Contains(out, "peer_connected\n") {
		t.Errorf("kinds are completed to\n%s", out)
	}
}

func TestVersion(t *testing.T) {
	out, _, status := execute(t, nil, "version")
	if status != 0 || !strings.HasPrefix(out, "jellyfish ") {
		t.Errorf("exit status %d: %s", status, out)
	}
}

func TestTokenFileIsReadAnew(t *testing.T) {
	server := serve(t)
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(jellyfishtest.Token)
	watch := start(t, nil, "watch", "-a", server.Address(), "--token-file", file, "--until", "room_created")
	watch.until(t, "connected to")
	write("another")
	server.SetToken("another")
	server.Cut(jellyfishtest.CutClean)
	watch.until(t, "GAP")
	send(t, server, `{"kind":"room_created","room_id":"atrium"}`)
	if got := watch.status(); got != 0 {
		t.Errorf("exit status %d, want 0:\n%s", got, watch.log)
	}
}

func TestTokenFromStandardInput(t *testing.T) {
	server := serve(t)
	list := start(t, nil, "rooms", "list", "-a", server.Address(), "--token-file", "-")
	if _, err := list.in.Write([]byte(jellyfishtest.Token + "\n")); err != nil {
		t.Fatal(err)
	}
	list.in.Close()
	if got := list.status(); got != 0 {
		t.Errorf("exit status %d, want 0:\n%s", got, list.log)
	}
}

func TestDecode(t *testing.T) {
	const want = `{"kind":"room_created","room_id":"room-1"}` + "\n"
	for name, args := range map[string][]string{
		"hex":     {"52080a06726f6f6d2d31"},
		"parts":   {"52080a06", "726f6f6d2d31"},
		"base64":  {"UggKBnJvb20tMQ=="},
		"webhook": {`{"notification":"R\b\n\u0006room-1"}`},
	} {
		if out, log, status := execute(t, nil, append([]string{"decode"}, args...)...); status != 0 || out != want {
			t.Errorf("%s: exit status %d, %s%s", name, status, out, log)
		}
	}

	file := filepath.Join(t.TempDir(), "frame")
	if err := os.WriteFile(file, []byte("R\b\n\x06room-1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, log, status := execute(t, nil, "decode", "--raw", "-f", file); status != 0 || out != want {
		t.Errorf("raw: exit status %d, %s%s", status, out, log)
	}

	lines := start(t, nil, "decode")
	if _, err := lines.in.Write([]byte("52 08 0a 06 72 6f 6f 6d 2d 31\n\nnonsense!\nUggKBnJvb20tMQ\n")); err != nil {
		t.Fatal(err)
	}
	lines.in.Close()
	if got := lines.status(); got != 1 || lines.out.String() != want+want || !strings.Contains(lines.log.String(), "line 3") {
		t.Errorf("lines: exit status %d, want 1\n%s%s", got, lines.out, lines.log)
	}
}

func TestDoctor(t *testing.T) {
	server := serve(t)
	out, log, status := execute(t, access(server), "doctor", "-o", "json")
	if status != 0 {
		t.Errorf("exit status %d, want 0:\n%s%s", status, out, log)
	}
	var steps []string
	for line := range strings.Lines(out) {
		var finding struct{ Step, Verdict string }
		if err := json.Unmarshal([]byte(line), &finding); err != nil {
			t.Fatal(err)
		}
		if finding.Verdict != "ok" {
			t.Errorf("not ok: %s", line)
		}
		steps = append(steps, finding.Step)
	}
	if got, want := strings.Join(steps, " "), "address proxy dns connect health clock rest subscribe"; got != want {
		t.Errorf("steps %s, want %s", got, want)
	}
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	sick := serve(t)
	if err := sick.FailCalls(jellyfishtest.CallFault{Path: "/room", Status: 500}); err != nil {
		t.Fatal(err)
	}
	old := jellyfishtest.Run(t, jellyfishtest.Config{DisableHealth: true})
	secure := jellyfishtest.Run(t, jellyfishtest.Config{TLS: true})
	closed := serve(t)
	closed.AnswerUpgrade(503, nil)
	well := serve(t)
	proxied, log, status := execute(t, []string{"JELLYFISH_TOKEN=x", "HTTP_PROXY=http://user:hidden@127.0.0.1:1"}, "doctor", "-a", "jellyfish.test:5002")
	if status != 4 || !strings.Contains(proxied, "user:xxxxx@127.0.0.1:1") || !strings.Contains(proxied, "fail  connect") || strings.Contains(proxied+log, "hidden") {
		t.Errorf("a proxy that isn't there: exit status %d, want 4\n%s%s", status, proxied, log)
	}
	for name, test := range map[string]struct {
		server *jellyfishtest.Server
		args   []string
		status int
		want   []string
	}{
		"REST fails":           {sick, nil, 1, []string{"fail  rest", "ok    subscribe"}},
		"old server":           {old, nil, 0, []string{"warn  health", "before 0.4.0"}},
		"unknown authority":    {secure, []string{"--tls"}, 4, []string{"fail  tls", "--ca-file"}},
		"no TLS there":         {well, []string{"--tls"}, 4, []string{"fail  tls", "leave --tls out"}},
		"no WebSocket":         {closed, nil, 4, []string{"ok    rest", "fail  subscribe", "proxy on the way"}},
		"another node is down": {well, []string{"--node", "127.0.0.1:1"}, 4, []string{"fail  node 127.0.0.1:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, log, status := execute(t, access(test.server), append([]string{"doctor"}, test.args...)...)
			if status != test.status {
				t.Errorf("exit status %d, want %d:\n%s%s", status, test.status, out, log)
			}
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

// What is piped into a program that has read enough ends quietly.
func TestClosedPipe(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium")
	done := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() { // So that there is always something to print.
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if err := server.Send(decode.RoomCreated{RoomID: fmt.Sprint("room-", n)}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	t.Cleanup(func() {
		close(done)
		sending.Wait()
	})
	for name, args := range map[string][]string{
		"watch":           {"watch"},
		"watch JSON":      {"watch", "-o", "json"},
		"record":          {"record", "-"},
		"listen":          {"listen", "--forward-to", "http://127.0.0.1:1/"},
		"rooms list":      {"rooms", "list"},
		"rooms list -w":   {"rooms", "list", "-w"},
		"rooms get JSON":  {"rooms", "get", "atrium", "-o", "json"},
		"peers list":      {"peers", "list", "atrium"},
		"components list": {"components", "list", "atrium"},
		"doctor":          {"doctor"},
		"decode":          {"decode", "52080a06726f6f6d2d31"},
		"trigger":         {"trigger", "room_created", "--dry-run"},
		"version":         {"version"},
		"help":            {"watch", "-h"},
		"completion":      {"completion", "bash"},
	} {
		t.Run(name, func(t *testing.T) {
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			read.Close()
			defer write.Close()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			command := exec.CommandContext(ctx, built, args...)
			command.Env = append(append(os.Environ(), access(server)...), "GORACE=atexit_sleep_ms=0")
			command.Stdout = write
			log := &growing{}
			command.Stderr = log
			_ = command.Run() // How it ended is looked at.
			status, ok := command.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !(status.Signaled() && status.Signal() == syscall.SIGPIPE) && status.ExitStatus() != 0 {
				t.Errorf("ended with %v", command.ProcessState)
			}
			if strings.Contains(log.String(), "pipe") {
				t.Errorf("on the standard error stands\n%s", log)
			}
		})
	}
}

// Ctrl-C ends whatever goes on, with status 130 and nothing to say.
func TestCtrlC(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium")
	dir := t.TempDir()
	for name, test := range map[string]struct {
		args  []string
		until string
	}{
		"record":             {[]string{"record", filepath.Join(dir, "a.jsonl")}, "connected to"},
		"listen":             {[]string{"listen", "--forward-to", "http://127.0.0.1:1/"}, "forwarding from"},
		"rooms list -w":      {[]string{"rooms", "list", "-w"}, "atrium"},
		"peers list -w":      {[]string{"peers", "list", "atrium", "-w"}, "Ada"},
		"components list -w": {[]string{"components", "list", "atrium", "-w"}, "COMPONENT"},
		"replay":             {[]string{"replay", "README.md", "--listen", "127.0.0.1:0"}, "waiting for 1 client"},
		"testserver":         {[]string{"testserver", "--listen", "127.0.0.1:0", "--control", ""}, "listening on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, access(server), test.args...)
			p.until(t, test.until)
			p.interrupt(t)
			if strings.Contains(p.log.String(), "jellyfish:") {
				t.Errorf("on the standard error stands\n%s", p.log)
			}
		})
	}
}
