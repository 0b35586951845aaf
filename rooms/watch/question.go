package watch

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// errOverrun is why an answer can't be used.
var errOverrun = errors.New("watch: more was notified of during a list than can be remembered")

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

// ask asks the question. It runs in its own goroutine.
func (q *question) ask(ctx context.Context) answer {
	a := answer{question: q}
	if q.health && !q.healthLast {
		a.askUptime(ctx)
	}
	switch q.what {
	case listAll:
		a.list(ctx)
	case lookUp:
		a.get(ctx)
	}
	if q.healthLast && a.err == nil {
		a.askUptime(ctx)
	}
	return a
}

// list asks for all rooms. What is there twice counts once.
func (a *answer) list(ctx context.Context) {
	list, err := a.node.client.List(ctx)
	if a.err = err; err != nil {
		return
	}
	now, seen := time.Now(), make(map[string]bool, len(list))
	a.rooms = make([]*room, 0, len(list))
	for _, r := range list {
		if !seen[r.ID] {
			seen[r.ID] = true
			a.rooms = append(a.rooms, listed(r, a.node.Address, now))
		}
	}
}

// get asks for one room.
func (a *answer) get(ctx context.Context) {
	switch r, err := a.node.client.Get(ctx, a.roomID); {
	case err == nil:
		a.rooms = []*room{listed(r, a.node.Address, time.Now())}
	case !errors.Is(err, rooms.ErrRoomNotFound):
		a.err = err
	}
}

// askUptime asks for the uptime. Where rooms are asked for as well, it may fail.
func (a *answer) askUptime(ctx context.Context) {
	asked := time.Now()
	health, err := a.node.client.Health(ctx)
	status := 0
	if e := (*rooms.Error)(nil); errors.As(err, &e) {
		status = e.Status
	}
	switch {
	case err == nil:
		a.started = newStarted(asked, time.Now(), health.Uptime)
	case status == http.StatusNotFound:
		a.ancient = true // Servers before 0.4.0.
	case status != 0 && status < 500 && !errors.Is(err, rooms.ErrUnauthorized):
		// What answers doesn't let this through, but the lists may be good.
	case a.what == checkHealth:
		a.err = err
	}
}
