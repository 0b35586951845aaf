package jetstream

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

const (
	beatInterval = 500 * time.Millisecond
	// beatLimit is how long a worker may be silent before its partitions are dealt
	// to the others.
	beatLimit = 2 * time.Second
)

// members are the workers of a group, as this one knows them. That two see a
// different group for a moment does no harm: the server pins a partition to one.
type members struct {
	conn    *nats.Conn
	subject string
	id      string
	beats   chan *nats.Msg
	sub     *nats.Subscription
	seen    map[string]time.Time
}

// join makes this worker a member.
func join(ctx context.Context, conn *nats.Conn, subject string) (*members, error) {
	m := &members{
		conn: conn, subject: subject, id: nuid.Next(),
		beats: make(chan *nats.Msg, 256), seen: make(map[string]time.Time),
	}
	var err error
	if m.sub, err = conn.ChanSubscribe(subject, m.beats); err != nil {
		return nil, err
	}
	if err := conn.FlushWithContext(ctx); err != nil {
		_ = m.sub.Unsubscribe()
		return nil, err
	}
	return m, nil
}

// leave tells the others that this worker is gone.
func (m *members) leave() {
	_ = m.sub.Unsubscribe()
	_ = m.conn.Publish(m.subject, []byte("-"+m.id))
	_ = m.conn.Flush()
}

// beat tells the others that this worker is there.
func (m *members) beat() { _ = m.conn.Publish(m.subject, []byte("+"+m.id)) }

// shares yields the partitions of this worker each time that they change. The first
// come once the others have had time to tell that they are there.
func (m *members) shares(ctx context.Context, partitions int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		ticker := time.NewTicker(beatInterval)
		defer ticker.Stop()
		begin := time.After(beatInterval / 2)
		m.beat()
		var share []int
		begun := false
		for {
			select {
			case msg := <-m.beats:
				m.heard(string(msg.Data))
			case <-begin:
				begun = true
			case <-ticker.C:
				m.beat()
			case <-ctx.Done():
				return
			}
			if next := m.share(partitions); begun && !slices.Equal(share, next) {
				share = next
				if !yield(share) {
					return
				}
			}
		}
	}
}

// heard takes in what a member, perhaps this one, says.
func (m *members) heard(text string) {
	if len(text) < 2 {
		return
	}
	id := text[1:]
	_, known := m.seen[id]
	switch {
	case text[0] == '-':
		delete(m.seen, id)
	default:
		m.seen[id] = time.Now()
		if !known && id != m.id {
			m.beat() // So that it needn't wait to know of this one.
		}
	}
}

// share returns the partitions that are this worker's: they are dealt in turn to
// the members in the order of their ids.
func (m *members) share(partitions int) []int {
	ids := []string{m.id}
	for id, at := range m.seen {
		if time.Since(at) > beatLimit {
			delete(m.seen, id)
		} else if id != m.id {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	place := slices.Index(ids, m.id)
	var share []int
	for p := place; p < partitions; p += len(ids) {
		share = append(share, p)
	}
	return share
}
