//go:build unix

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// hosted starts a hosted Fishjam, and returns it, its client, and the environment in
// which a program finds it.
func hosted(t *testing.T) (*jellyfishtest.Server, *fishjam.Client, []string) {
	t.Helper()
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: "0123abcd"})
	client, err := fishjam.New(fishjam.Config{FishjamID: server.URL(), ManagementToken: fishjam.NewSecret(jellyfishtest.Token)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return server, client, []string{"JELLYFISH_ADDRESS=", "FISHJAM_ID=" + server.URL(), "FISHJAM_MANAGEMENT_TOKEN=" + jellyfishtest.Token}
}

func TestHostedRoomsAndLivestreams(t *testing.T) {
	server, client, env := hosted(t)
	live, err := client.CreateLivestream(t.Context(), fishjam.LivestreamConfig{})
	if err != nil {
		t.Fatal(err)
	}
	streamer, err := client.AddStreamer(t.Context(), live.ID)
	if err != nil {
		t.Fatal(err)
	}
	list := start(t, env, "rooms", "list", "-w")
	list.until(t, "livestream: 1 streamer")
	watching := start(t, env, "watch")
	wait(t, func() bool { return strings.Contains(watching.log.String(), "connected to") }, watching.log.String)

	made := object(t, env, "rooms", "create", "--max-peers", "1", "-o", "json")
	room, _ := made["room_id"].(string)
	if made["max_peers"] != 1.0 {
		t.Errorf("made %v", made)
	}
	list.until(t, "+ "+room[:8])
	added := object(t, env, "peers", "create", room, "-o", "json")
	if added["peer_id"] == "" || added["token"] == "" || !strings.HasSuffix(added["websocket_url"].(string), "/socket/peer/websocket") {
		t.Errorf("added %v", added)
	}
	watching.until(t, "peer_added")
	if _, log, status := execute(t, env, "peers", "create", room); status != 1 || !strings.Contains(log, "limit") {
		t.Errorf("a second peer: exit status %d\n%s", status, log)
	}
	if err := server.ConnectStreamer(live.ID, streamer.ID); err != nil {
		t.Fatal(err)
	}
	watching.until(t, "streamer_connected")
	shown := object(t, env, "rooms", "get", live.ID, "-o", "json")
	if shown["room_type"] != "livestream" || len(shown["streamers"].([]any)) != 1 {
		t.Errorf("the livestream is %v", shown)
	}
	out, log, status := execute(t, env, "rooms", "list", "-o", "json")
	if status != 0 || strings.Count(out, "\n") != 2 || strings.Contains(out, streamer.Token.Reveal()) {
		t.Errorf("rooms list: exit status %d\n%s%s", status, out, log)
	}
	if _, log, status := execute(t, env, "peers", "delete", "-y", room, added["peer_id"].(string)); status != 0 {
		t.Error(log)
	}
	if _, log, status := execute(t, env, "rooms", "delete", "-y", room); status != 0 {
		t.Error(log)
	}
	list.until(t, "- "+room[:8])
	list.interrupt(t)
	watching.interrupt(t)
}

func TestHostedUsage(t *testing.T) {
	_, _, env := hosted(t)
	for name, test := range map[string]struct {
		args []string
		env  []string
		text string
	}{
		"both":       {args: []string{"rooms", "list", "--fishjam", "a", "-a", "b:1"}, text: "exclude each other"},
		"node":       {args: []string{"rooms", "list", "--node", "b:1"}, text: "no --node"},
		"id":         {args: []string{"rooms", "create", "standup"}, text: "makes the ids"},
		"purge":      {args: []string{"rooms", "create", "--purge-after", "10m"}, text: "--purge-after"},
		"simulcast":  {args: []string{"peers", "create", "ROOM", "--no-simulcast"}, text: "--no-simulcast"},
		"components": {args: []string{"components", "create", "hls", "ROOM"}, text: "no components"},
		"token":      {args: []string{"rooms", "list"}, env: []string{"FISHJAM_MANAGEMENT_TOKEN="}, text: "set FISHJAM_MANAGEMENT_TOKEN"},
	} {
		args := test.args
		for i, arg := range args {
			if arg == "ROOM" {
				args[i] = object(t, env, "rooms", "create", "-o", "json")["room_id"].(string)
			}
		}
		_, log, status := execute(t, append(env, test.env...), args...)
		if status != 2 || !strings.Contains(log, test.text) {
			t.Errorf("%s: exit status %d\n%s", name, status, log)
		}
	}
	// An address goes before the id in the environment.
	other := serve(t)
	if out, log, status := execute(t, append(env, access(other)...), "rooms", "list"); status != 0 || out != "" {
		t.Errorf("with both in the environment: exit status %d\n%s%s", status, out, log)
	}
}

func TestHostedDoctor(t *testing.T) {
	server, _, env := hosted(t)
	out, log, status := execute(t, env, "doctor")
	for _, step := range []string{"ok    address", "ok    account", "ok    rest", "ok    subscribe"} {
		if status != 0 || !strings.Contains(out, step) {
			t.Errorf("exit status %d, no %q in\n%s%s", status, step, out, log)
		}
	}
	if strings.Contains(out, "metrics") || strings.Contains(out, "health") {
		t.Errorf("it looks for what Fishjam doesn't have:\n%s", out)
	}
	for name, wrong := range map[string]string{
		"token": "FISHJAM_MANAGEMENT_TOKEN=mistaken",
		"id":    "FISHJAM_ID=" + strings.Replace(server.URL(), "0123abcd", "other", 1),
	} {
		out, log, status := execute(t, append(env, wrong), "doctor")
		if status != 3 || !strings.Contains(out, "fail  account") || !strings.Contains(out, "those of the dashboard") {
			t.Errorf("a wrong %s: exit status %d\n%s%s", name, status, out, log)
		}
	}
}

// The page and the health checks work, without metrics of WebRTC; recordings too.
func TestHostedServeAndRecord(t *testing.T) {
	_, client, env := hosted(t)
	live, err := client.CreateLivestream(t.Context(), fishjam.LivestreamConfig{})
	if err != nil {
		t.Fatal(err)
	}
	web := start(t, env, "serve", "--listen", "127.0.0.1:0")
	wait(t, func() bool { return strings.Contains(web.log.String(), "listening on ") }, web.log.String)
	url := regexp.MustCompile(`http://\S+/`).FindString(web.log.String())
	for path, want := range map[string]string{
		"readyz": "", "metrics": "jellyfish_client_", "room?id=" + live.ID: `"t":"livestream"`,
	} {
		wait(t, func() bool {
			status, body := get(t, url+path, "")
			return status == http.StatusOK && strings.Contains(body, want)
		}, func() string { return path + " never had " + want })
	}
	web.interrupt(t)

	file := filepath.Join(t.TempDir(), "events.jsonl")
	recording := start(t, env, "record", file, "--count", "1")
	wait(t, func() bool { return strings.Contains(recording.log.String(), "connected to") }, recording.log.String)
	if _, err := client.CreateRoom(t.Context(), fishjam.RoomConfig{}); err != nil {
		t.Fatal(err)
	}
	if status := recording.status(); status != 0 {
		t.Errorf("record: exit status %d\n%s", status, recording.log)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "room_created") {
		t.Errorf("recorded %s: %v", text, err)
	}
}
