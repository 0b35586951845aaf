//go:build unix

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// object runs the program and returns the object that it prints.
func object(t *testing.T, env []string, args ...string) map[string]any {
	t.Helper()
	out, log, status := execute(t, env, args...)
	if status != 0 {
		t.Fatalf("%v: exit status %d\n%s", args, status, log)
	}
	var o map[string]any
	if err := json.Unmarshal([]byte(out), &o); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return o
}

func TestRoomsPeersAndComponents(t *testing.T) {
	env := access(serve(t))
	made := object(t, env, "rooms", "create", "atrium", "--max-peers", "2", "--codec", "h264", "--purge-after", "10m", "-o", "json")
	if made["room_id"] != "atrium" || made["max_peers"] != 2.0 || made["video_codec"] != "h264" {
		t.Errorf("made %v", made)
	}
	added := object(t, env, "peers", "create", "atrium", "-o", "json")
	peer, _ := added["peer_id"].(string)
	if peer == "" || added["token"] == "" || !strings.HasPrefix(added["websocket_url"].(string), "ws://") {
		t.Errorf("added %v", added)
	}
	token, _, _ := execute(t, env, "peers", "create", "atrium", "--token-only")
	if strings.Count(token, "\n") != 1 || strings.ContainsAny(token, " \t") {
		t.Errorf("--token-only printed %q", token)
	}
	if _, log, status := execute(t, env, "peers", "create", "atrium"); status != 1 || !strings.Contains(log, "limit") {
		t.Errorf("a third peer: exit status %d\n%s", status, log)
	}
	component := object(t, env, "components", "create", "hls", "atrium", "--low-latency", "-o", "json")
	if component["component_type"] != "hls" || component["room_id"] != "atrium" {
		t.Errorf("added %v", component)
	}
	object(t, env, "components", "create", "file", "atrium", "video.h264", "-o", "json")
	id := component["component_id"].(string)
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"rooms list":      {[]string{"rooms", "list"}, "hls"},
		"rooms get":       {[]string{"rooms", "get", "atrium"}, peer},
		"peers list":      {[]string{"peers", "list", "atrium"}, "disconnected"},
		"peers get":       {[]string{"peers", "get", "atrium", peer}, peer},
		"components list": {[]string{"components", "list", "atrium"}, "not playable yet"},
		"components get":  {[]string{"components", "get", "atrium", id}, id},
	} {
		if out, log, status := execute(t, env, test.args...); status != 0 || !strings.Contains(out, test.want) {
			t.Errorf("%s: exit status %d, no %q in\n%s%s", name, status, test.want, out, log)
		}
		out, log, status := execute(t, env, append(test.args, "-o", "json")...)
		for line := range strings.Lines(out) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%s: no JSON: %s", name, line)
			}
		}
		if status != 0 || out == "" {
			t.Errorf("%s -o json: exit status %d\n%s", name, status, log)
		}
	}

	for _, args := range [][]string{{"components", "delete", "-y", "atrium", id}, {"peers", "delete", "-y", "atrium", peer}, {"rooms", "delete", "-y", "atrium"}} {
		if out, log, status := execute(t, env, args...); status != 0 || out != "" || !strings.Contains(log, "deleted") {
			t.Errorf("%v: exit status %d\n%s%s", args, status, out, log)
		}
	}
	if _, log, status := execute(t, env, "rooms", "get", "atrium"); status != 1 || !strings.Contains(log, "--node") {
		t.Errorf("a room that is gone: exit status %d\n%s", status, log)
	}
}

func TestDeletionAsks(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium")
	for _, test := range []struct {
		answer string
		status int
	}{{"n\r", 1}, {"\r", 1}, {"\x03", 130}, {"y\r", 0}} {
		screen := open(t, 80, 24, access(server), "rooms", "delete", "atrium")
		screen.until(t, "Delete atrium? [y/N]")
		screen.press(t, test.answer)
		if got := screen.status(); got != test.status {
			t.Errorf("%q: exit status %d, want %d\n%s", test.answer, got, test.status, screen.text())
		}
	}
	out, _, _ := execute(t, access(server), "rooms", "list", "-o", "json")
	if out != "" {
		t.Errorf("left is\n%s", out)
	}
}

func TestListsThatAreKeptUpToDate(t *testing.T) {
	server := serve(t)
	fill(t, server, "atrium")
	list := start(t, access(server), "rooms", "list", "-w")
	list.until(t, "+ atrium")
	peers := start(t, access(server), "peers", "list", "atrium", "-w", "-o", "json")
	peers.until(t, `"event":"added"`)

	fill(t, server, "lobby")
	list.until(t, "+ lobby")
	added := object(t, access(server), "peers", "create", "atrium", "-o", "json")
	list.until(t, "* atrium")
	peers.until(t, added["peer_id"].(string))
	server.Cut(jellyfishtest.CutClean)
	if _, log, status := execute(t, access(server), "peers", "delete", "-y", "atrium", added["peer_id"].(string)); status != 0 {
		t.Fatal(log)
	}
	peers.until(t, `"event":"removed"`)
	if _, log, status := execute(t, access(server), "rooms", "delete", "-y", "atrium"); status != 0 {
		t.Fatal(log)
	}
	list.until(t, "- atrium")
	if got := peers.status(); got != 1 || !strings.Contains(peers.log.String(), "has ended") {
		t.Errorf("the peers of a room that has ended: exit status %d\n%s", got, peers.log)
	}
	list.interrupt(t)
}

func TestNodesOfACluster(t *testing.T) {
	var cluster jellyfishtest.Cluster
	var nodes []*jellyfishtest.Server
	for range 2 {
		nodes = append(nodes, jellyfishtest.Run(t, jellyfishtest.Config{Cluster: &cluster}))
	}
	env := append(access(nodes[0]), "X=Y")
	both := []string{"--node", nodes[1].Address()}
	seen := make(map[any]bool)
	for _, id := range []string{"a", "b", "c", "d"} {
		seen[object(t, env, "rooms", "create", id, "-o", "json")["node"]] = true
		if got := object(t, env, append([]string{"rooms", "get", id, "-o", "json"}, both...)...); got["room_id"] != id {
			t.Errorf("got %v", got)
		}
	}
	if len(seen) != 2 {
		t.Errorf("rooms are on %v, want both nodes", seen)
	}
	out, log, _ := execute(t, env, append([]string{"rooms", "list"}, both...)...)
	if strings.Count(out, "\n") != 5 {
		t.Errorf("listed are\n%s%s", out, log)
	}
	screen := open(t, 140, 40, env, append([]string{"top"}, both...)...)
	screen.until(t, "nodes 2: all fresh")
	screen.until(t, "ROOMS 4")
	screen.press(t, "q")
}

func TestTLSWithAnOwnAuthority(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.pem")
	server := start(t, nil, "testserver", "--listen", "127.0.0.1:0", "--control", "", "--tls", "--certificate-file", file)
	server.until(t, "listening on ")
	address := strings.TrimSpace(strings.TrimPrefix(server.out.String(), "listening on "))
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	env := []string{"JELLYFISH_ADDRESS=https://" + address, "JELLYFISH_TOKEN=" + jellyfishtest.Token}
	if out, log, status := execute(t, env, "doctor", "--ca-file", file); status != 0 || !strings.Contains(out, "ok    tls") {
		t.Errorf("exit status %d\n%s%s", status, out, log)
	}
	if _, log, status := execute(t, env, "rooms", "list"); status != 4 {
		t.Errorf("an authority that isn't trusted: exit status %d, want 4\n%s", status, log)
	}
}
