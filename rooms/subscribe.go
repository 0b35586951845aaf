package rooms

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// Subscribe makes an HLS or a Recording component in [SubscribeManual] take the
// tracks of the given peers and components too:
// POST /room/{roomID}/component/{componentID}/subscribe. The server doesn't
// check whether it has them.
//
// Servers 0.3.0 to 0.4.2 don't know that path; there it is a second request,
// POST /hls/{roomID}/subscribe, which means the room's HLS component whatever
// the componentID.
//
// Its errors are [ErrRoomNotFound], [ErrComponentNotFound], [ErrInvalid] for a
// component of another type or in [SubscribeAuto], and [ErrUnauthorized].
func (c *Client) Subscribe(ctx context.Context, roomID, componentID string, origins ...string) error {
	if slices.Contains(origins, "") {
		return &InputError{"origins", errors.New("one is empty")}
	}
	type body struct {
		Origins []string `json:"origins"`
	}
	subscribe := request{
		method: http.MethodPost,
		path:   "/room/{roomID}/component/{componentID}/subscribe",
		ids:    []string{roomID, componentID},
		body:   body{append([]string{}, origins...)}, // An empty list rather than null.
		status: []int{http.StatusCreated},
	}
	err := c.do(ctx, subscribe)
	if !isUnknownPath(err) {
		return err
	}
	subscribe.path, subscribe.ids = "/hls/{roomID}/subscribe", []string{roomID}
	if older := c.do(ctx, subscribe); !isUnknownPath(older) {
		return older
	}
	return err
}

// isUnknownPath tells whether the server has no such path: what is missing has
// no name.
func isUnknownPath(err error) bool {
	var answered *Error
	return errors.As(err, &answered) && answered.Status == http.StatusNotFound && answered.Err == nil
}
