package rooms_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// A client knows where it created rooms, and so do those that are made of it
// (Jellyfish protocol, section 4.8: a room is where the answer says).
func TestNodeOf(t *testing.T) {
	made := 0
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		made++
		answering(201, fmt.Sprintf(`{"data":{"room":{"id":"room-%d","config":{}},"jellyfish_address":"node-%d:5002"}}`, made, made))(w, r)
	})
	create := func(c *rooms.Client) {
		if _, err := c.Create(t.Context(), rooms.RoomConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	other, err := client.At(client.Address())
	if err != nil {
		t.Fatal(err)
	}
	if node, ok := client.NodeOf("room-1"); ok {
		t.Errorf("room-1 is on %q before it is made", node)
	}
	create(client)
	create(other)
	for i, c := range []*rooms.Client{client, other} {
		for n := 1; n <= 2; n++ {
			if node, ok := c.NodeOf(fmt.Sprintf("room-%d", n)); !ok || node != fmt.Sprintf("node-%d:5002", n) {
				t.Errorf("client %d has room-%d on %q (%v)", i, n, node, ok)
			}
		}
	}
	for range 4096 {
		create(client)
	}
	if node, ok := client.NodeOf("room-2"); ok {
		t.Errorf("room-2 is remembered on %q after 4,096 others", node)
	}
	if _, ok := client.NodeOf("room-3"); !ok {
		t.Error("room-3 is forgotten")
	}
}

// Placements are the latest rooms first, without those that the client deleted.
func TestPlacements(t *testing.T) {
	made := 0
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		made++
		answering(201, fmt.Sprintf(`{"data":{"room":{"id":"room-%d","config":{}},"jellyfish_address":"node-%d:5002"}}`, made%3, made))(w, r)
	})
	for range 5 { // Rooms 1, 2, 0, and again 1 and 2.
		if _, err := client.Create(t.Context(), rooms.RoomConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Delete(t.Context(), "room-1"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for id, node := range client.Placements() {
		got = append(got, id+" on "+node)
	}
	if want := []string{"room-2 on node-5:5002", "room-0 on node-3:5002"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for range client.Placements() {
		break // A loop may be left.
	}
}
