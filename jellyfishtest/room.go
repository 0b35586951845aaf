package jellyfishtest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// rooms is the server's state. Whoever changes it notifies the subscribers while
// holding the mutex, so that all of them are told in the order in which things
// happened.
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

	purgeAt time.Time   // When a room without connected peers ends, zero for never.
	timer   *time.Timer // Goes off at the first of the room's and its peers' times.
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
	return rs.add(config).answer(), true
}

// add adds a room with an id that no other has. The caller holds the mutex.
func (rs *rooms) add(config roomConfig) *room {
	r := &room{
		rooms: rs, id: config.ID, config: config,
		peers: make(map[string]*peer), components: make(map[string]*component),
	}
	rs.byID[r.id] = r
	if config.Webhook != nil {
		rs.server.webhooks.register(r.id, *config.Webhook)
	}
	if config.hosted != nil && config.hosted.batch {
		rs.server.webhooks.registerBatch(r.id)
	}
	r.emit(decode.RoomCreated{RoomID: r.id})
	r.awaitPeers()
	return r
}

// with calls f with a room while it holds the mutex. It reports whether there is
// one with that id.
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
	r.endLivestream()
	for _, id := range sortedKeys(r.peers) {
		r.removePeer(r.peers[id], roomStopped)
	}
	for _, id := range sortedKeys(r.components) {
		r.removeComponent(r.components[id])
	}
}

// crash ends a room that was killed: its peers aren't notified.
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

// remove takes the room from the server, sends the notification of its end and
// uploads its streams.
func (r *room) remove(end decode.Notification) {
	r.stopTimer()
	delete(r.byID, r.id)
	r.emit(end)
	r.server.webhooks.forget(r.id)
	for _, c := range r.streams {
		r.keepStream(c)
	}
}

// reset forgets everything except the recordings, without a notification. The sockets
// of peers are cut, and the server's uptime begins anew at the same moment.
func (rs *rooms) reset() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.server.uptime.begin(0)
	for _, r := range rs.byID {
		for _, p := range r.peers {
			if p.socket != nil {
				p.socket.end(outgoing{then: endsClean})
			}
		}
	}
	rs.forgetAll()
}

// clear forgets everything except the recordings, without a notification.
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

// emit sends to the subscribers of all nodes, and to the room's webhook.
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

// CrashRoom ends a room as if its process was killed: subscribers are notified of the
// room's crash and of nothing else, its peers' sockets are closed. It fails if there
// is no such room.
func (s *Server) CrashRoom(roomID string) error {
	return s.inExistingRoom("crash room", roomID, func(r *room) error {
		r.crash()
		return nil
	})
}

func (s *Server) inExistingRoom(operation, roomID string, f func(*room) error) error {
	err := fmt.Errorf("room %s does not exist", roomID)
	s.rooms.with(roomID, func(r *room) { err = f(r) })
	if err != nil {
		return fmt.Errorf("jellyfishtest: %s: %w", operation, err)
	}
	return nil
}

// awaitPeers starts, or restarts, the time after which a room without connected
// peers ends.
func (r *room) awaitPeers() {
	r.purgeAt = time.Time{}
	if timeout := r.config.PeerlessPurge; timeout != nil && !r.hasConnectedPeer() {
		r.purgeAt = time.Now().Add(seconds(*timeout))
	}
	r.schedule()
}

// awaitPeer starts the time after which a peer that isn't connected is removed.
func (r *room) awaitPeer(p *peer) {
	p.purgeAt = time.Time{}
	if timeout := r.config.PeerDisconnected; timeout != nil && !p.isConnected() {
		p.purgeAt = time.Now().Add(seconds(*timeout))
	}
}

func (r *room) hasConnectedPeer() bool {
	for _, p := range r.peers {
		if p.isConnected() {
			return true
		}
	}
	return false
}

// schedule sets the timer to the first of the room's and its peers' times.
func (r *room) schedule() {
	r.stopTimer()
	times := []time.Time{r.purgeAt}
	for _, p := range r.peers {
		times = append(times, p.purgeAt)
	}
	times = slices.DeleteFunc(times, time.Time.IsZero)
	if len(times) == 0 {
		return
	}
	r.timer = time.AfterFunc(time.Until(earliest(times...)), r.purge)
}

func (r *room) stopTimer() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

// purge removes the peers, and ends the room, whose time has come. A peer that
// goes gives the room its time anew.
func (r *room) purge() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[r.id] != r {
		return // It ended meanwhile.
	}
	now := time.Now()
	for _, id := range sortedKeys(r.peers) {
		if p := r.peers[id]; isPast(p.purgeAt, now) {
			delete(r.peers, id)
			r.emit(decode.PeerDeleted{RoomID: r.id, PeerID: id, PeerType: p.kind()})
			r.awaitPeers()
		}
	}
	if isPast(r.purgeAt, now) {
		r.end()
		return
	}
	r.schedule()
}

func isPast(t, now time.Time) bool {
	return !t.IsZero() && !t.After(now)
}

// seconds returns a duration of n seconds, but no more than a century.
func seconds(n int64) time.Duration {
	const century = 100 * 365 * 24 * 60 * 60
	return time.Duration(min(n, century)) * time.Second
}

// identifiers makes the ids of rooms, peers, components and tracks. Its owner's
// lock guards it.
type identifiers struct {
	sequential bool
	count      uint64
}

// uuid returns the id of a room, a peer or a component.
func (i *identifiers) uuid() string {
	if i.sequential {
		i.count++
		return fmt.Sprintf("00000000-0000-4000-8000-%012x", i.count)
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // It never fails.
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// track returns the id of a component's track, which has another form.
func (i *identifiers) track() string {
	if i.sequential {
		i.count++
		return fmt.Sprintf("%016X", i.count)
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // It never fails.
	return strings.ToUpper(hex.EncodeToString(b[:]))
}
