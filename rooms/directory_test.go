package rooms_test

import (
	"fmt"
	"net/http"
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
