package jellyfishtest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// rooms is what the server holds in memory. Whatever changes it tells the
// subscribers while it holds the mutex, so that all of them hear it in the order
// in which it happened.
type rooms struct {
	server *Server

	// The mutex guards the following and all that it leads to. The mutexes of
	// servers and sockets are taken under it, never the other way round.
	mu          sync.Mutex
	byID        map[string]*room
	recordings  map[string]files
	ids         identifiers
	failUploads bool
}

func newRooms(s *Server) *rooms {
	return &rooms{
		server:     s,
		byID:       make(map[string]*room),
		recordings: make(map[string]files),
		ids:        identifiers{sequential: s.config.SequentialIDs},
	}
}

// room is a room with all that is in it.
type room struct {
	*rooms
	id         string
	config     roomConfig
	peers      map[string]*peer
	components map[string]*component
	streams    []*component // HLS components, also those that are gone

	purgeAt time.Time   // when a room without connected peers ends, zero for never
	timer   *time.Timer // goes off at the first of the room's and its peers' times
}

// create adds a room. It returns false if there is one with that id.
func (rs *rooms) create(config roomConfig) (roomAnswer, bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if config.ID == "" {
		config.ID = rs.ids.uuid()
	}
	if rs.byID[config.ID] != nil {
		return roomAnswer{}, false
	}
	r := &room{
		rooms: rs, id: config.ID, config: config,
		peers: make(map[string]*peer), components: make(map[string]*component),
	}
	rs.byID[r.id] = r
	if config.Webhook != nil {
		rs.server.webhooks.register(r.id, *config.Webhook)
	}
	r.emit(decode.RoomCreated{RoomID: r.id})
	r.awaitPeers()
	return r.answer(), true
}

// with calls f with a room while it holds the mutex. It returns false if there
// is none with that id.
func (rs *rooms) with(id string, f func(*room)) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.byID[id]
	if r == nil {
		return false
	}
	f(r)
	return true
}

// withEndpoint calls f with a room's peer or component while it holds the mutex.
// The error is f's or says what isn't there, and names the operation.
func (rs *rooms) withEndpoint(operation, roomID, ownerID string, f func(*room, *endpoint) error) error {
	err := fmt.Errorf("room %s does not exist", roomID)
	rs.with(roomID, func(r *room) {
		switch {
		case r.peers[ownerID] != nil:
			err = f(r, &r.peers[ownerID].endpoint)
		case r.components[ownerID] != nil:
			err = f(r, &r.components[ownerID].endpoint)
		default:
			err = fmt.Errorf("%s is in room %s neither a peer nor a component", ownerID, roomID)
		}
	})
	if err != nil {
		return fmt.Errorf("jellyfishtest: %s: %w", operation, err)
	}
	return nil
}

// end empties the room and removes it.
func (r *room) end() {
	r.empty()
	r.remove(decode.RoomDeleted{RoomID: r.id})
}

// empty removes all peers and components, the peers first.
func (r *room) empty() {
	for _, id := range sortedKeys(r.peers) {
		r.removePeer(r.peers[id], roomStopped)
	}
	for _, id := range sortedKeys(r.components) {
		r.removeComponent(r.components[id])
	}
}

// crash ends a room that was killed: nobody in it is told of anything.
func (r *room) crash() {
	for _, p := range r.peers {
		p.hangUp(internalError)
	}
	r.remove(decode.RoomCrashed{RoomID: r.id})
}

// fail ends a room in which something raised an error: it is emptied first.
func (r *room) fail() {
	r.empty()
	r.remove(decode.RoomCrashed{RoomID: r.id})
}

// remove takes the room from the server, tells of its end and uploads its
// streams.
func (r *room) remove(end decode.Notification) {
	r.stopTimer()
	delete(r.byID, r.id)
	r.emit(end)
	r.server.webhooks.forget(r.id)
	for _, c := range r.streams {
		r.keepStream(c)
	}
}

// reset forgets everything but the recordings, and tells nobody. The sockets of
// peers are cut.
func (rs *rooms) reset() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range rs.byID {
		for _, p := range r.peers {
			if p.socket != nil {
				p.socket.end(outgoing{then: endsClean})
			}
		}
	}
	rs.forgetAll()
}

// clear forgets everything but the recordings, and tells nobody.
func (rs *rooms) clear() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.forgetAll()
}

// forgetAll is clear for a caller that holds the mutex.
func (rs *rooms) forgetAll() {
	for _, r := range rs.byID {
		r.stopTimer()
		rs.server.webhooks.forget(r.id)
	}
	clear(rs.byID)
}

// emit tells the subscribers of all nodes, and the room's webhook.
func (rs *rooms) emit(n decode.Notification) {
	payload, err := encode(n)
	if err != nil {
		rs.server.log.Error("A notification can't be encoded.", "error", err)
		return
	}
	for _, node := range rs.server.nodes() {
		node.deliver(message{notificationEvent, payload, frame(opBinary, payload)})
	}
	rs.server.webhooks.notify(n, payload)
}

// sortedKeys returns a map's keys in the order in which the server lists what is
// in it.
func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
