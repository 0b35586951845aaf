package fishjam

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
	"github.com/jellyfish-dev/jellyfish-go/internal/rest"
)

// SubscribePeer makes a peer in mode [SubscribeManual], the subscriber, receive all
// tracks of another peer of the room, the publisher:
// POST /room/{roomID}/peer/{subscriberID}/subscribe_peer. It can't be undone.
//
// Its errors are [ErrRoomNotFound], [ErrPeerNotFound], [ErrInvalid] and
// [ErrUnauthorized].
func (c *Client) SubscribePeer(ctx context.Context, roomID, subscriberID, publisherID string) error {
	if publisherID == "" {
		return input.New("publisherID", "must not be empty")
	}
	return c.do(ctx, rest.Call{
		Method:    http.MethodPost,
		Path:      "/room/{roomID}/peer/{subscriberID}/subscribe_peer",
		IDs:       []string{roomID, subscriberID},
		Query:     url.Values{"peer_id": {publisherID}},
		Status:    []int{http.StatusOK},
		Sentinels: noPeer(),
	})
}

// SubscribeTracks makes a peer in mode [SubscribeManual], the subscriber, receive
// tracks of the room: POST /room/{roomID}/peer/{subscriberID}/subscribe_tracks. It can't
// be undone. What Fishjam says of a track that doesn't exist isn't documented.
//
// Its errors are those of [Client.SubscribePeer].
func (c *Client) SubscribeTracks(ctx context.Context, roomID, subscriberID string, trackIDs ...string) error {
	switch {
	case len(trackIDs) == 0:
		return input.New("trackIDs", "must not be empty")
	case slices.Contains(trackIDs, ""):
		return input.New("trackIDs", "must not have an empty one")
	}
	return c.do(ctx, rest.Call{
		Method: http.MethodPost,
		Path:   "/room/{roomID}/peer/{subscriberID}/subscribe_tracks",
		IDs:    []string{roomID, subscriberID},
		Body: struct {
			TrackIDs []string `json:"track_ids"`
		}{trackIDs},
		Status:    []int{http.StatusOK},
		Sentinels: noPeer(),
	})
}
