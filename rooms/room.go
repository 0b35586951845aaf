package rooms

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
)

// Room is a room and who is in it.
type Room struct {
	ID         string      `json:"id"`
	Config     RoomConfig  `json:"config"`
	Peers      []Peer      `json:"peers"`
	Components []Component `json:"components"`
}

// Format prints the room without the secrets of its components, whatever the verb.
func (r Room) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.Room[ID=%v Config=%v Peers=%v Components=%v]", r.ID, r.Config, r.Peers, r.Components)
}

// LogValue returns the room without the secrets of its components.
func (r Room) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// Created is a new room and where to find it.
type Created struct {
	Room Room
	// Address is that of the node that holds the room, as the server is
	// configured to give it, without a scheme; it is made for [Client.At]. It is
	// the address that was asked if the server gave none.
	Address string
}

// Format prints the room without the secrets of its components, whatever the verb.
func (c Created) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.Created[Room=%v Address=%v]", c.Room, c.Address)
}

// LogValue returns the room without the secrets of its components, and the
// address.
func (c Created) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// UnmarshalJSON reads the data of an answer, of any server version.
func (c *Created) UnmarshalJSON(text []byte) error {
	var sent struct {
		Room      json.RawMessage `json:"room"`
		Jellyfish string          `json:"jellyfish_address"` // Before 0.6.0.
		Fishjam   string          `json:"fishjam_address"`
	}
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	room := sent.Room
	if room == nil {
		room = text // The room alone, as servers before 0.2.0 answer.
	}
	*c = Created{Address: sent.Fishjam}
	if c.Address == "" {
		c.Address = sent.Jellyfish
	}
	return json.Unmarshal(room, &c.Room)
}

// Create makes a room: POST /room. A cluster may put it on another node than was
// asked, which [Created].Address names. Subscribers may hear of the room before
// Create returns.
//
// Its errors are [ErrAlreadyExists] for a RoomID that is in use on that node,
// [ErrInvalid] for what the server doesn't accept, and [ErrUnauthorized].
func (c *Client) Create(ctx context.Context, config RoomConfig) (Created, error) {
	if err := config.check(); err != nil {
		return Created{}, err
	}
	var created Created
	err := c.do(ctx, request{
		method:  http.MethodPost,
		path:    "/room",
		body:    config,
		secrets: passwords(config.WebhookURL),
		status:  []int{http.StatusCreated},
		data:    &created,
	})
	if err != nil {
		return Created{}, err
	}
	if created.Address == "" {
		created.Address = c.Address()
	}
	return created, nil
}

// List returns the rooms of the node that is asked: GET /room. Other nodes of a
// cluster have others.
//
// Its error is [ErrUnauthorized].
func (c *Client) List(ctx context.Context) ([]Room, error) {
	var list roomList
	err := c.do(ctx, request{
		method: http.MethodGet,
		path:   "/room",
		status: []int{http.StatusOK},
		data:   &list,
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Get returns a room: GET /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) Get(ctx context.Context, roomID string) (Room, error) {
	var room Room
	err := c.do(ctx, request{
		method: http.MethodGet,
		path:   "/room/{roomID}",
		ids:    []string{roomID},
		status: []int{http.StatusOK},
		data:   &room,
	})
	if err != nil {
		return Room{}, err
	}
	return room, nil
}

// Delete ends a room, with all its peers and components: DELETE /room/{roomID}.
//
// Its errors are [ErrRoomNotFound] and [ErrUnauthorized].
func (c *Client) Delete(ctx context.Context, roomID string) error {
	return c.do(ctx, request{
		method: http.MethodDelete,
		path:   "/room/{roomID}",
		ids:    []string{roomID},
		status: []int{http.StatusNoContent},
	})
}

// UnmarshalJSON reads the room as the server writes it.
func (r *Room) UnmarshalJSON(text []byte) error {
	var sent sentRoom
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	read, err := sent.room()
	*r = read
	return err
}
