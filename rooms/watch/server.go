package watch

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// server is what a view asks of a node.
type server interface {
	// list returns all rooms of the node.
	list(ctx context.Context) ([]*room, error)
	// get returns a room, or nil if the node has none with that id.
	get(ctx context.Context, id string) (*room, error)
	// uptime returns how long the node has run. The error is errNoUptime where it
	// can't tell.
	uptime(ctx context.Context) (time.Duration, error)
}

var (
	errNoUptime = errors.New("watch: the server doesn't tell its uptime")
	errOverrun  = errors.New("watch: more was notified of during a list than can be remembered")
)

// restServer is a node that speaks the REST interface.
type restServer struct{ client *rooms.Client }

func (s restServer) list(ctx context.Context) ([]*room, error) {
	list, err := s.client.List(ctx)
	if err != nil {
		return nil, err
	}
	now, seen := time.Now(), make(map[string]bool, len(list))
	rooms := make([]*room, 0, len(list))
	for _, r := range list {
		if !seen[r.ID] {
			seen[r.ID] = true
			rooms = append(rooms, listed(r, s.client.Address(), now))
		}
	}
	return rooms, nil
}

func (s restServer) get(ctx context.Context, id string) (*room, error) {
	r, err := s.client.Get(ctx, id)
	switch {
	case err == nil:
		return listed(r, s.client.Address(), time.Now()), nil
	case errors.Is(err, rooms.ErrRoomNotFound):
		return nil, nil
	}
	return nil, err
}

func (s restServer) uptime(ctx context.Context) (time.Duration, error) {
	health, err := s.client.Health(ctx)
	var answered *rooms.Error
	if errors.As(err, &answered) && answered.Status == http.StatusNotFound {
		return 0, errNoUptime // Servers before 0.4.0.
	}
	return health.Uptime, err
}

// retryAfter returns how long a node asked to be left alone, and whether it only
// answered with an error.
func retryAfter(err error) (wait time.Duration, answered bool) {
	var e *rooms.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	return e.RetryAfter, e.Status != 0
}

// question is a request to a node.
type question struct {
	node     *node
	what     request
	roomID   string    // Of a lookup.
	health   bool      // The uptime is asked for too.
	at       time.Time // When it was asked.
	from     uint64    // How many notifications had come by then.
	periodic bool      // Nothing but time was the reason.
	void     bool      // Too many notifications have come since.
	// The uptime is asked for last rather than first, at random: a balancer that
	// takes turns would else be asked for lists on one server only.
	healthLast bool
}

// request is what a node is asked for.
type request int

const (
	listAll request = iota
	lookUp
	checkHealth
)

// answer is what came of a question.
type answer struct {
	*question
	rooms   []*room  // Those that the node has, of those asked for.
	started *started // Nil if the node didn't tell.
	ancient bool     // The node has no uptime to tell.
	err     error
}

// ask asks the question. It runs on a goroutine of its own.
func (q *question) ask(ctx context.Context) answer {
	a := answer{question: q}
	if q.health && !q.healthLast {
		a.askUptime(ctx)
	}
	switch q.what {
	case listAll:
		a.rooms, a.err = q.node.server.list(ctx)
	case lookUp:
		r, err := q.node.server.get(ctx, q.roomID)
		if a.err = err; r != nil {
			a.rooms = []*room{r}
		}
	}
	if q.healthLast && a.err == nil {
		a.askUptime(ctx)
	}
	return a
}

// askUptime asks for the uptime. Where rooms are asked for as well, it may fail.
func (a *answer) askUptime(ctx context.Context) {
	asked := time.Now()
	uptime, err := a.node.server.uptime(ctx)
	_, answered := retryAfter(err)
	switch {
	case err == nil:
		a.started = newStarted(asked, time.Now(), uptime)
	case errors.Is(err, errNoUptime):
		a.ancient = true
	case answered && !errors.Is(err, rooms.ErrUnauthorized):
		// What answers is no server, but the lists may be good.
	case a.what == checkHealth:
		a.err = err
	}
}
