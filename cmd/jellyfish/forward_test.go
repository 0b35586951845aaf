//go:build unix

package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// flows are what a real server sent in all recorded flows, in order.
func flows(t *testing.T) []decode.Notification {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "jellyfishtest", "testdata", "flows.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []decode.Notification
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var step struct{ Hex string }
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			t.Fatal(err)
		}
		message, err := hex.DecodeString(step.Hex)
		if err != nil {
			t.Fatal(err)
		}
		if all, err = decode.Append(all, message); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d notifications were recorded", len(all))
	}
	return all
}

// receiver is the library's own webhook receiver.
type receiver struct {
	*stream.Subscription
	http    *http.Server
	address string
	handler http.Handler
	query   sync.Map
}

func receive(t *testing.T, requests decode.RequestDecoder) *receiver {
	t.Helper()
	webhook, err := stream.NewWebhook(t.Context(), stream.WebhookConfig{Requests: requests})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := webhook.Subscribe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{Subscription: sub, address: "127.0.0.1:0"}
	r.handler = http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		r.query.Store(request.URL.RequestURI(), true)
		webhook.ServeHTTP(answer, request)
	})
	r.start(t)
	t.Cleanup(r.stop)
	return r
}

func (r *receiver) start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	r.address = listener.Addr().String()
	r.http = &http.Server{Handler: r.handler}
	go func(server *http.Server) {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}(r.http)
}

func (r *receiver) stop() { r.http.Close() }

// next returns the next notifications that were received.
func (r *receiver) next(t *testing.T, count int) []decode.Notification {
	t.Helper()
	var all []decode.Notification
	timeout := time.After(patience)
	for len(all) < count {
		select {
		case n := <-r.Notifications():
			all = append(all, n)
		case <-timeout:
			t.Fatalf("%d of %d notifications were delivered, the last %v", len(all), count, all[max(0, len(all)-1):])
		}
	}
	return all
}

func TestListenForwardsTheRecordedFlowsInOrder(t *testing.T) {
	all := flows(t)
	var early []decode.Notification // What server 0.3.0 knows.
	for _, n := range all {
		if n.Kind() <= decode.KindHLSUploadCrashed {
			early = append(early, n)
		}
	}
	signing := decode.NewSecret("a secret to sign with")
	url := decode.NewSecret("hook")
	for name, test := range map[string]struct {
		args     []string
		env      string
		requests decode.RequestDecoder
		want     []decode.Notification
	}{
		"protobuf": {nil, "A=B", decode.RequestDecoder{URLSecrets: []decode.Secret{url}}, all},
		"signed":   {nil, "JELLYFISH_SIGNING_SECRET=" + signing.Reveal(), decode.RequestDecoder{SigningSecrets: []decode.Secret{signing}}, all},
		"JSON":     {[]string{"--body", "json"}, "A=B", decode.RequestDecoder{URLSecrets: []decode.Secret{url}}, early},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t)
			to := receive(t, test.requests)
			file := filepath.Join(t.TempDir(), "url")
			if err := os.WriteFile(file, fmt.Appendf(nil, "http://jellyfish:hook@%s/webhook?tenant=1&x=%%2F\n", to.address), 0o600); err != nil {
				t.Fatal(err)
			}
			listen := start(t, append(access(server), test.env), append([]string{"listen", "--forward-to-file", file}, test.args...)...)
			listen.until(t, "forwarding from")
			if err := server.Send(all...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, to.next(t, len(test.want))); diff != "" {
				t.Errorf("delivered (+) isn't what was sent (-):\n%s", diff)
			}
			if _, ok := to.query.Load("/webhook?tenant=1&x=%2F"); !ok {
				t.Error("the query string wasn't kept")
			}
			listen.interrupt(t)
			if text := listen.out.String() + listen.log.String(); strings.Contains(text, "hook@") || strings.Contains(text, signing.Reveal()) {
				t.Errorf("a secret is printed:\n%s", text)
			}
			if n := strings.Count(listen.out.String(), "200 OK"); n != len(test.want) {
				t.Errorf("%d deliveries are printed with their answer, want %d:\n%s", n, len(test.want), listen.out)
			}
		})
	}
}

func TestListenGoesOnOverAReceiverThatRestarts(t *testing.T) {
	server := serve(t)
	to := receive(t, decode.RequestDecoder{})
	listen := start(t, access(server), "listen", "--forward-to", "http://"+to.address, "-o", "json")
	listen.until(t, "forwarding from")
	send(t, server, `{"kind":"room_created","room_id":"before"}`)
	to.next(t, 1)
	to.stop()
	send(t, server, `{"kind":"room_created","room_id":"lost"}`)
	listen.until(t, `"error":"`)
	to.start(t)
	server.Cut(jellyfishtest.CutReset)
	listen.until(t, `"kind":"gap"`)
	send(t, server, `{"kind":"room_created","room_id":"after"}`)
	if got := to.next(t, 1)[0]; got != (decode.RoomCreated{RoomID: "after"}) {
		t.Errorf("after the restart came %v", got)
	}
	listen.interrupt(t)
}

func TestListenTellsOfRefusals(t *testing.T) {
	server := serve(t)
	to := receive(t, decode.RequestDecoder{SigningSecrets: []decode.Secret{decode.NewSecret("a secret to sign with")}})
	listen := start(t, access(server), "listen", "--forward-to", "http://"+to.address)
	listen.until(t, "forwarding from")
	send(t, server, `{"kind":"room_created","room_id":"atrium"}`)
	listen.until(t, "✗ 401 Unauthorized")
	listen.interrupt(t)
}

func TestTriggerToAReceiver(t *testing.T) {
	to := receive(t, decode.RequestDecoder{})
	url := "http://" + to.address + "/webhook"
	for _, name := range kindNames() {
		out, log, status := execute(t, nil, "trigger", name, "--to", url)
		kind, _ := decode.ParseKind(name)
		if status != 0 || !strings.Contains(out, "✓ 200 OK") {
			t.Errorf("%s: exit status %d\n%s%s", name, status, out, log)
			continue
		}
		if got := to.next(t, 1)[0].Kind(); got != kind {
			t.Errorf("%s: %v was delivered", name, got)
		}
	}
	_, _, status := execute(t, nil, "trigger", "track_added", "--to", url, "--set", "track.id=t", "--set", "track.type=video",
		"--set", `track.metadata={"a":1}`, "--set", "owner.type=component", "--set", "owner.id=c", "--set", "room_id=42")
	want := decode.TrackAdded{
		RoomID: "42", Owner: decode.Owner{Type: decode.OwnerComponent, ID: "c"},
		Track: decode.Track{ID: "t", Type: decode.TrackTypeVideo, Metadata: `{"a":1}`},
	}
	if got := to.next(t, 1)[0]; status != 0 || got != want {
		t.Errorf("exit status %d, delivered %v, want %v", status, got, want)
	}
	to.stop()
	if _, log, status := execute(t, nil, "trigger", "room_created", "--to", url); status != 4 || !strings.Contains(log, "Is the receiver running") {
		t.Errorf("no receiver: exit status %d, want 4\n%s", status, log)
	}
}

// testserver is a test server as a program.
func testserver(t *testing.T, args ...string) (p *program, address, steered string) {
	t.Helper()
	p = start(t, nil, append([]string{"testserver", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"}, args...)...)
	p.until(t, "listening on ")
	p.until(t, "steered at ")
	address = strings.TrimSpace(strings.TrimPrefix(p.out.String(), "listening on "))
	steered, _, _ = strings.Cut(strings.TrimPrefix(p.log.String(), "steered at "), "\n")
	return p, address, steered
}

func TestTestserverAndTrigger(t *testing.T) {
	server, address, steered := testserver(t)
	env := []string{"JELLYFISH_ADDRESS=" + address, "JELLYFISH_TOKEN=" + jellyfishtest.Token}
	watch := start(t, env, "watch", "-o", "json")
	watch.until(t, "connected to")
	out, log, status := execute(t, nil, "trigger", "room_created", "--test-server", steered, "--set", "room_id=atrium")
	if status != 0 || !strings.Contains(out, "sent room_created to 1 connections") {
		t.Errorf("exit status %d\n%s%s", status, out, log)
	}
	watch.until(t, `"room_id":"atrium"`)
	if _, _, status := execute(t, []string{"JELLYFISH_TOKEN=another"}, "trigger", "room_created", "--test-server", steered); status != 3 {
		t.Errorf("with a wrong token the exit status is %d, want 3", status)
	}
	for _, fault := range []struct {
		line, told, seen string
		times            int // How often that is seen by then.
	}{
		{"cut", "were cut", `"outages":1`, 1},
		{"g", "can't be decoded", `"undecodable":1`, 1},
		{"boot", "restarted", `"outages":1`, 2},
		{`{"kind":"peer_added","room_id":"a","peer_id":"ada"}`, "sent peer_added", `"peer_id":"ada"`, 1},
		{"unauthorized", "no token", "", 0},
	} {
		fmt.Fprintln(server.in, fault.line)
		server.until(t, fault.told)
		wait(t, func() bool { return strings.Count(watch.out.String(), fault.seen) >= fault.times }, watch.out.String)
	}
	if got := watch.status(); got != 3 {
		t.Errorf("watch ended with status %d, want 3\n%s", got, watch.log)
	}
	fmt.Fprintln(server.in, "nonsense")
	server.until(t, "is none of these")
	server.interrupt(t)
	if _, log, status := execute(t, nil, "trigger", "room_created", "--test-server", steered); status != 4 || !strings.Contains(log, "jellyfish testserver") {
		t.Errorf("no test server: exit status %d, want 4\n%s", status, log)
	}
}

func TestTestserverWithFaultsByFlag(t *testing.T) {
	_, address, _ := testserver(t, "--refuse", "503", "--demo")
	env := []string{"JELLYFISH_ADDRESS=" + address, "JELLYFISH_TOKEN=" + jellyfishtest.Token}
	if _, log, status := execute(t, env, "watch"); status != 4 || !strings.Contains(log, "503") {
		t.Errorf("exit status %d, want 4\n%s", status, log)
	}
	if out, log, status := execute(t, env, "rooms", "get", "webinar"); status != 0 || !strings.Contains(out, "video.h264") {
		t.Errorf("exit status %d\n%s%s", status, out, log)
	}
	if _, log, status := execute(t, nil, "testserver", "--listen", address, "--control", ""); status != 1 || !strings.Contains(log, "--listen") {
		t.Errorf("an address that is taken: exit status %d, want 1\n%s", status, log)
	}
	_, address, _ = testserver(t, "--cut-every", "4s", "--delay", "1ms")
	env[0] = "JELLYFISH_ADDRESS=" + address
	watch := start(t, env, "watch")
	watch.until(t, "GAP  1 outage")
	watch.interrupt(t)
}

// kindsOf returns the kinds in a recording; a Gap comes with its numbers.
func kindsOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		n, err := stream.UnmarshalNotification([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		if gap, ok := n.(stream.Gap); ok {
			all = append(all, fmt.Sprintf("gap of %d outages, %d undecodable", gap.Outages, gap.Undecodable))
			continue
		}
		own, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(own))
	}
	return all
}

func TestRecordAndReplayGiveTheSame(t *testing.T) {
	server := serve(t)
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first.jsonl"), filepath.Join(dir, "second.jsonl")
	record := start(t, access(server), "record", first, "--until", "room_deleted")
	record.until(t, "connected to")
	recorded := func(text string) {
		wait(t, func() bool {
			written, _ := os.ReadFile(first) // It is there as soon as it is connected.
			return strings.Contains(string(written), text)
		}, func() string { return "not recorded: " + text })
	}
	send(t, server, `{"kind":"room_created","room_id":"atrium"}`)
	server.Cut(jellyfishtest.CutClean)
	recorded(`"outages":1`)
	all := flows(t)[:12]
	if err := server.Send(all...); err != nil {
		t.Fatal(err)
	}
	server.SendMessage([]byte{0xff})
	recorded(`"undecodable":1`)
	send(t, server, `{"kind":"peer_connected","room_id":"atrium","peer_id":"ada"}`)
	recorded(`"peer_id":"ada"`)
	server.Cut(jellyfishtest.CutClean)
	wait(t, func() bool { return len(kindsOf(t, first)) == len(all)+5 }, func() string { return fmt.Sprint(kindsOf(t, first)) })
	send(t, server, `{"kind":"room_deleted","room_id":"atrium"}`)
	if got := record.status(); got != 0 {
		t.Fatalf("exit status %d\n%s", got, record.log)
	}

	replay := start(t, nil, "replay", first, "--listen", "127.0.0.1:0", "--speed", "0")
	replay.until(t, "listening on ")
	address := strings.TrimSpace(strings.TrimPrefix(replay.out.String(), "listening on "))
	env := []string{"JELLYFISH_ADDRESS=" + address, "JELLYFISH_TOKEN=" + jellyfishtest.Token}
	again := start(t, env, "record", second, "--until", "room_deleted")
	if got := again.status(); got != 0 {
		t.Fatalf("exit status %d\n%s", got, again.log)
	}
	if got := replay.status(); got != 0 {
		t.Errorf("replay: exit status %d\n%s", got, replay.log)
	}
	if diff := cmp.Diff(kindsOf(t, first), kindsOf(t, second)); diff != "" {
		t.Errorf("replayed (+) isn't what was recorded (-):\n%s", diff)
	}

	if _, log, status := execute(t, access(server), "record", first); status != 2 || !strings.Contains(log, "--force") {
		t.Errorf("a file that is there: exit status %d, want 2\n%s", status, log)
	}
	to := receive(t, decode.RequestDecoder{})
	if out, log, status := execute(t, nil, "replay", first, "--speed", "0", "--to", "http://"+to.address); status != 0 || strings.Count(out, "▓▓ GAP") != 3 {
		t.Errorf("replay by webhook: exit status %d\n%s%s", status, out, log)
	}
	to.next(t, len(all)+3)
}

func TestReplayKeepsThePace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slow.jsonl")
	recording := `{"time":"2026-11-25T13:00:00.000Z","kind":"room_created","room_id":"atrium"}
{"time":"2026-11-25T13:00:10.000Z","kind":"room_deleted","room_id":"atrium"}
`
	if err := os.WriteFile(file, []byte(recording), 0o600); err != nil {
		t.Fatal(err)
	}
	to := receive(t, decode.RequestDecoder{})
	began := time.Now()
	if _, log, status := execute(t, nil, "replay", file, "--speed", "20", "--to", "http://"+to.address); status != 0 {
		t.Errorf("exit status %d\n%s", status, log)
	}
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("10 s at 20 times the pace took %v", took)
	}
	slow := start(t, nil, "replay", file, "--speed", "0.001", "--to", "http://"+to.address)
	slow.until(t, "room_created")
	slow.interrupt(t)
	if err := os.WriteFile(file, []byte(recording+"nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, log, status := execute(t, nil, "replay", file, "--speed", "0", "--to", "http://"+to.address); status != 1 || !strings.Contains(log, "line 3") {
		t.Errorf("exit status %d, want 1\n%s", status, log)
	}
}
