package jellyfishtest

import (
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// awaitPeers starts the time after which the room ends for want of connected
// peers, anew if it runs already.
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
		return // it ended meanwhile
	}
	now := time.Now()
	for _, id := range sortedKeys(r.peers) {
		if p := r.peers[id]; isPast(p.purgeAt, now) {
			delete(r.peers, id)
			r.emit(decode.PeerDeleted{RoomID: r.id, PeerID: id})
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

// seconds returns a duration of so many seconds, but no more than a century.
func seconds(n int64) time.Duration {
	const century = 100 * 365 * 24 * 60 * 60
	return time.Duration(min(n, century)) * time.Second
}
