package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The values of claimHeader.
const (
	claimPlain = "plain"
	claimGap   = "gap"
)

// looked takes in what a look at the lease has shown.
func (t *term) looked(news leaseNews) {
	switch {
	case news.lost && t.role == Leading:
		t.log.Warn("jetstream: another bridge holds the lease")
		t.refused()
	case news.fresh:
		t.sign = time.Now()
		// The leader has published all that it has heard, and this bridge has read
		// it: what is older than the window isn't coming.
		if t.role == Standby && news.value.Pending == 0 && t.read >= news.value.Sequence && !t.handover {
			t.ledger.dropBefore(time.Now().Add(-t.config.Window))
		}
	}
	if news.stale && !t.stale {
		t.staleAt = time.Now()
	}
	t.stale = news.stale
}

// follows takes in what the stream has.
func (t *term) follows(f followed) {
	if f.upTo < t.read && f.record == nil {
		t.lostEnd(f.upTo)
	}
	t.read = f.upTo
	if f.record != nil {
		t.readRecord(f.record)
	}
	if f.caughtUp && t.role == Recovering {
		t.lead()
	}
}

// lostEnd is for a NATS that has lost the stream's end: it was stopped hard, and
// doesn't write to its disk at once.
func (t *term) lostEnd(last uint64) {
	t.log.Error("jetstream: NATS has lost the end of the stream", "from", last+1, "to", t.read)
	if t.role == Recovering {
		gap := stream.Gap{
			Outages: 1, Since: t.sign, Until: time.Now(),
			Err: fmt.Errorf("jetstream: NATS has lost the messages from %d to %d", last+1, t.read),
		}
		if e, err := t.entryOf(gap, time.Now()); err == nil {
			t.ledger.putFirst(e)
		}
	}
}

func (t *term) readRecord(r *record) {
	now := time.Now()
	own := r.author == t.bridge.run
	t.author, t.handover = r.author, r.handover
	if r.handover {
		t.handedTo, t.handoverAt = t.ready() && !own, now
	}
	if own {
		t.ledger.published(r.counter)
		return
	}
	t.sign, t.stale = now, false
	t.lease.touch()
	if t.role == Recovering {
		t.standDown()
	}
	if !r.control && !r.gap {
		t.ledger.see(r.subject, r.body, now)
	}
}

// standDown makes room for the bridge that has written to the stream.
func (t *term) standDown() {
	t.log.Info("jetstream: another bridge leads", "leader", t.author)
	t.role, t.stale, t.leaving = Standby, false, false
	t.lease.leave()
}

// considerLeading claims to lead if nobody does. Who is ready goes first.
func (t *term) considerLeading(life context.Context) {
	now := time.Now()
	if now.Before(t.retryAt) {
		return
	}
	switch {
	case t.handover && t.handedTo:
		t.claim(claimPlain)
	case !t.stale:
	case t.ready() || now.Sub(t.staleAt) > t.config.Lease/3:
		t.claim(claimGap)
	}
}

// claim writes the record with which this bridge leads, if that is the next after
// what it has read. From then on nobody else's are accepted.
func (t *term) claim(how string) {
	now := time.Now()
	e := &entry{subject: t.config.Layout.controlSubject("claim"), claim: how}
	if how == claimGap {
		gap := stream.Gap{
			Outages: 1, Since: t.sign, Until: now,
			Err: errors.New("jetstream: a bridge took over from one that has not handed over to it"),
		}
		var err error
		if e, err = t.entryOf(gap, now); err != nil {
			return
		}
		e.claim = how
	}
	t.publisher.expect(t.read)
	if err := t.publisher.send(e); err != nil {
		t.retryAt = now.Add(retryWait)
		return
	}
	t.role = Claiming
}

// answered takes in the answer to a publication.
func (t *term) answered(answer *nats.Msg) {
	e, err := t.publisher.accepted(answer)
	switch {
	case err != nil:
		t.refused()
	case e == nil:
	case e.subject == t.config.Layout.controlSubject("handover"):
		t.log.Info("jetstream: handed over", "sequence", t.publisher.confirmed())
		t.done = true
	case t.role == Claiming:
		t.bridge.count(func(s *BridgeStats) {
			s.Takeovers++
			if e.gap {
				s.Gaps++
				s.Published++
			}
		})
		t.log.Info("jetstream: leading", "gap", e.gap, "pending", t.ledger.length, "sequence", t.publisher.confirmed())
		t.read = t.publisher.confirmed()
		t.lead()
	default:
		t.ledger.remove(e)
		t.bridge.count(func(s *BridgeStats) {
			s.Published++
			if e.gap {
				s.Gaps++
			}
		})
	}
}

// refused is for a publication that wasn't accepted, or of which nobody knows.
func (t *term) refused() {
	t.bridge.count(func(s *BridgeStats) { s.Refused++ })
	switch t.role {
	case Claiming:
		t.publisher.expect(t.read)
		t.role, t.retryAt = Standby, time.Now().Add(max(retryWait, t.config.Lease/6))
	case Leading:
		t.read = t.publisher.confirmed()
		// What follows in flight is refused too, within a moment.
		t.recoverAt = time.Now().Add(retryWait / 5)
		t.publisher.expect(t.read)
		t.role, t.leaving = Recovering, false
	}
}

// lead begins to publish, or goes on.
func (t *term) lead() {
	t.stopFollowing()
	t.role, t.handover, t.stale = Leading, false, false
	t.ledger.compact()
	t.publisher.expect(t.read)
	t.lease.hold(leaseValue{t.bridge.run, t.read, t.ledger.length})
}
