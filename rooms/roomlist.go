package rooms

import (
	"encoding/json"
	"errors"
)

// roomList reads rooms as the server lists them. It does so in one go, since
// package json reads a value again for each UnmarshalJSON that it is within.
type roomList []Room

func (l *roomList) UnmarshalJSON(text []byte) error {
	var sent []sentRoom
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	list, err := each(sent, sentRoom.room)
	*l = list
	return err
}

// sentRoom is a room as the server writes it.
type sentRoom struct {
	ID         string          `json:"id"`
	Config     sentRoomConfig  `json:"config"`
	Peers      []sentPeer      `json:"peers"`
	Components []sentComponent `json:"components"`
}

func (s sentRoom) room() (Room, error) {
	if s.ID == "" {
		return Room{}, errors.New("room has no id")
	}
	peers, err := each(s.Peers, sentPeer.peer)
	if err != nil {
		return Room{}, err
	}
	components, err := each(s.Components, sentComponent.component)
	if err != nil {
		return Room{}, err
	}
	return Room{ID: s.ID, Config: s.Config.config(), Peers: peers, Components: components}, nil
}

// each reads all that was sent; nil stays nil.
func each[S, T any](sent []S, read func(S) (T, error)) ([]T, error) {
	if sent == nil {
		return nil, nil
	}
	list := make([]T, len(sent))
	for i, s := range sent {
		var err error
		if list[i], err = read(s); err != nil {
			return nil, err
		}
	}
	return list, nil
}
