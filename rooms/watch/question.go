package watch

import (
	"context"
	"errors"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// question is a request to a node: for one room, or without an id for all.
type question struct {
	node     *node
	roomID   string
	at       time.Time
	from     uint64              // How many notifications had come when it was asked.
	periodic bool                // Nothing but time was the reason.
	covers   map[string]struct{} // The rooms that were to be looked up when all were asked for.
	void     bool                // Too many notifications have come since.
}

// answer is what came of a question.
type answer struct {
	*question
	rooms []rooms.Room // Those that the node has, of those asked for.
	err   error
}

// ask asks a node and hands the answer to the view.
func (v *View) ask(ctx context.Context, q *question) {
	a := answer{question: q}
	if q.roomID == "" {
		a.rooms, a.err = q.node.client.List(ctx)
	} else {
		a.rooms, a.err = lookUp(ctx, q.node.client, q.roomID)
	}
	select {
	case v.answers <- a:
	case <-ctx.Done():
	}
}

func lookUp(ctx context.Context, client *rooms.Client, id string) ([]rooms.Room, error) {
	room, err := client.Get(ctx, id)
	switch {
	case err == nil:
		return []rooms.Room{room}, nil
	case errors.Is(err, rooms.ErrRoomNotFound):
		return nil, nil
	}
	return nil, err
}

// history is what was notified of while questions are under way: an answer may be
// older than it.
type history struct {
	notifications []decode.Notification
	first         uint64 // The number of the first of them.
	bytes         int    // What they hold, about.
}

const (
	// remembered is how many notifications are kept for one answer. Where more come
	// before it, the question is asked again.
	remembered = 262_144
	// rememberedBytes is how much they may hold.
	rememberedBytes = 64 << 20
)

func (h *history) next() uint64 { return h.first + uint64(len(h.notifications)) }

func (h *history) add(n decode.Notification) {
	h.notifications = append(h.notifications, n)
	h.bytes += weight(n)
}

// weight returns about how many bytes a notification holds. Beside metadata its
// texts are ids.
func weight(n decode.Notification) int {
	const ids = 200
	switch n := n.(type) {
	case decode.PeerMetadataUpdated:
		return ids + len(n.Metadata)
	case decode.TrackAdded:
		return ids + len(n.Track.Metadata)
	case decode.TrackRemoved:
		return ids + len(n.Track.Metadata)
	case decode.TrackMetadataUpdated:
		return ids + len(n.Track.Metadata)
	}
	return ids
}

// trim forgets what came before the given number.
func (h *history) trim(before uint64) {
	forgotten := before - h.first
	for _, n := range h.notifications[:forgotten] {
		h.bytes -= weight(n)
	}
	clear(h.notifications[:forgotten])
	h.notifications = h.notifications[forgotten:]
	h.first = before
	if len(h.notifications) == 0 {
		h.notifications = nil
	}
}

// since returns the notifications from a number on, by room.
func (h *history) since(from uint64) map[string][]decode.Notification {
	byRoom := make(map[string][]decode.Notification)
	for _, n := range h.notifications[from-h.first:] {
		if id, ok := decode.RoomOf(n); ok {
			byRoom[id] = append(byRoom[id], n)
		}
	}
	return byRoom
}
