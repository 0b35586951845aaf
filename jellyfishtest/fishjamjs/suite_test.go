// Package fishjamjs_test runs the official SDK for JavaScript against the test server.
package fishjamjs_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// step is what the program printed of one step.
type step struct {
	Step  string
	Value json.RawMessage
}

// run runs the program against a server, and returns what it printed.
func run(t *testing.T, server *jellyfishtest.Server) []step {
	t.Helper()
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join("node_modules", "@fishjam-cloud", "js-server-sdk"))
	}
	switch {
	case err != nil && os.Getenv("JELLYFISH_REQUIRE_NODE") != "":
		t.Fatal(err)
	case err != nil:
		t.Skipf("needs node, and npm install --no-package-lock in this folder: %v", err)
	}
	command := exec.CommandContext(t.Context(), node, "suite.js", server.URL(), jellyfishtest.Token)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, &stderr)
	}
	var steps []step
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("printed %q: %v", lines.Text(), err)
		}
		steps = append(steps, s)
	}
	return steps
}

// The official SDK finds what it expects of hosted Fishjam: rooms, peers, an agent,
// livestreams, and notifications of them.
func TestOfficialSDK(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: "0123456789abcdef"})
	steps := run(t, server)
	i := slices.IndexFunc(steps, func(s step) bool { return s.Step == "probed" })
	if i < 0 {
		t.Fatalf("printed %v", steps)
	}
	value := make(map[string]string)
	var notified []string
	for _, s := range steps[i+1:] {
		switch s.Step {
		case "roomCreated", "peerAdded", "peerDeleted", "roomDeleted", "trackAdded", "trackRemoved", "peerConnected", "peerDisconnected":
			notified = append(notified, s.Step)
		default:
			value[s.Step] = string(s.Value)
		}
	}
	for name, want := range map[string]string{
		"refreshPeerToken": `true`,
		"createAgent":      `{"type":"agent","status":"disconnected","track":"string"}`,
		"getAllRooms":      `1`,
		"limit":            `"Error: Request failed with status code 409"`,
		"tokens":           `["string","string"]`,
		"no peer":          `"PeerNotFoundException"`,
		"no livestream":    `"FishjamNotFoundException"`,
		"no room":          `"RoomNotFoundException"`,
		"wrong token":      `"UnauthorizedException"`,
		"done":             ``,
	} {
		if got, ok := value[name]; !ok || got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	wanted := []string{
		"roomCreated", "peerAdded", "peerAdded", "peerConnected", "trackAdded", // A room, a peer, an agent.
		"trackRemoved", "peerDisconnected", "peerDeleted", // The agent goes, the peer is deleted.
		"roomCreated", "roomDeleted", // A livestream.
		"peerDeleted", "roomDeleted", // The room with the agent.
	}
	slices.Sort(wanted[5:7]) // The SDK's order of the two is the server's own.
	slices.Sort(notified[min(5, len(notified)):min(7, len(notified))])
	if !slices.Equal(notified, wanted) {
		t.Errorf("was notified of %q, want %q", notified, wanted)
	}
	checkRoom(t, value["getRoom"])
}

// checkRoom checks what the SDK says of the room with its two peers.
func checkRoom(t *testing.T, text string) {
	t.Helper()
	type peer struct {
		Type, Status  string
		Metadata      struct{ Server map[string]string }
		Subscriptions struct{ Peers, Tracks []string }
		Tracks        []struct{ Type string }
	}
	var room struct {
		Config struct {
			MaxPeers             int
			RoomType, VideoCodec string
		}
		Peers []peer
	}
	if err := json.Unmarshal([]byte(text), &room); err != nil {
		t.Fatal(err)
	}
	agent := slices.IndexFunc(room.Peers, func(p peer) bool { return p.Type == "agent" })
	if room.Config.MaxPeers != 2 || room.Config.VideoCodec != "vp8" || len(room.Peers) != 2 || agent < 0 {
		t.Fatalf("the room is %s", text)
	}
	ada, other := room.Peers[1-agent], room.Peers[agent]
	if ada.Metadata.Server["name"] != "Ada" || len(ada.Subscriptions.Peers) != 1 || len(ada.Subscriptions.Tracks) != 1 {
		t.Errorf("the peer is %+v", ada)
	}
	if other.Status != "connected" || len(other.Tracks) != 1 || other.Tracks[0].Type != "audio" {
		t.Errorf("the agent is %+v", other)
	}
}
