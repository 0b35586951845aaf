package watch

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// errOverrun is why the response to a request can't be used.
var errOverrun = errors.New("watch: more notifications arrived during a request than can be kept")

// server is a node of a Jellyfish cluster, or hosted Fishjam, as the view requests
// rooms from it. Each room is returned once.
type server interface {
	Address() string
	list(ctx context.Context) ([]*room, error)
	// get returns one room. The error is rooms.ErrRoomNotFound if there is none.
	get(ctx context.Context, id string) (*room, error)
}

// healthChecker is a server that has an uptime, and that loses its rooms when it
// restarts. Its address should lead to one server only.
type healthChecker interface {
	Health(ctx context.Context) (rooms.Health, error)
}

// task is what is requested from a node.
type task int

const (
	listAll task = iota
	lookUp
	checkHealth
)

// request is a request to a node, and then the response.
type request struct {
	node     *node
	task     task
	roomID   string    // Of a lookup.
	at       time.Time // When it was sent.
	from     uint64    // The number of the first notification that the response may lack.
	periodic bool      // Sent only because the list interval has passed.
	overrun  bool      // Too many notifications have arrived since.
	// The uptime is requested after the rooms rather than before, at random: otherwise
	// a balancer that takes turns would be asked for lists on one server only.
	healthLast bool

	rooms    []*room  // Those of the requested rooms that the node has.
	started  *started // Nil if unknown.
	noUptime bool     // The node has no health check.
	err      error
}

// send sends the request and sets the response. It runs in its own goroutine.
func (req *request) send(ctx context.Context) {
	if req.task != lookUp && !req.healthLast {
		req.getUptime(ctx)
	}
	switch req.task {
	case listAll:
		req.rooms, req.err = req.node.server.list(ctx)
	case lookUp:
		r, err := req.node.server.get(ctx, req.roomID)
		if err == nil {
			req.rooms = []*room{r}
		} else if !errors.Is(err, rooms.ErrRoomNotFound) {
			req.err = err
		}
	}
	if req.healthLast && req.err == nil {
		req.getUptime(ctx)
	}
}

// getUptime gets the node's uptime. It may fail if the rooms are requested as well.
func (req *request) getUptime(ctx context.Context) {
	checker, ok := req.node.server.(healthChecker)
	if !ok {
		req.noUptime = true
		return
	}
	asked := time.Now()
	health, err := checker.Health(ctx)
	status := 0
	if e := (*rooms.Error)(nil); errors.As(err, &e) {
		status = e.Status
	}
	switch {
	case err == nil:
		req.started = newStarted(asked, time.Now(), health.Uptime)
	case status == http.StatusNotFound:
		req.noUptime = true // Servers before 0.4.0.
	case status != 0 && status < 500 && !errors.Is(err, rooms.ErrUnauthorized):
		// A proxy may refuse this, but the lists may be good.
	case req.task == checkHealth:
		req.err = err
	}
}

// jellyfish is a node of a Jellyfish cluster.
type jellyfish struct{ *rooms.Client }

func (j jellyfish) list(ctx context.Context) ([]*room, error) {
	list, err := j.List(ctx)
	if err != nil {
		return nil, err
	}
	now, seen := time.Now(), make(map[string]bool, len(list))
	listed := make([]*room, 0, len(list))
	for _, r := range list {
		if !seen[r.ID] {
			seen[r.ID] = true
			listed = append(listed, j.room(r, now))
		}
	}
	return listed, nil
}

func (j jellyfish) get(ctx context.Context, id string) (*room, error) {
	r, err := j.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return j.room(r, time.Now()), nil
}

func (j jellyfish) room(r rooms.Room, now time.Time) *room {
	listed := newRoom(r.ID, j.Address(), now)
	listed.config = r.Config
	for _, p := range r.Peers {
		listed.peers = append(listed.peers, newPeer(Peer{Peer: p}, now))
	}
	for _, c := range r.Components {
		tracks := c.Tracks
		c.Tracks = nil
		listed.components = append(listed.components, newMember(c.ID, c, tracks))
	}
	listed.peers, listed.components = listed.peers.sorted(), listed.components.sorted()
	return listed
}
