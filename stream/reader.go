package stream

import (
	"context"
	"errors"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/lifetime"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// read is the notifier's only reader: it receives until the connection is lost, waits
// until it is live again, and so on until the end.
func (n *Notifier) read(ctx context.Context) {
	defer close(n.done)
	defer n.conn.Close()
	for {
		lost := n.receive()
		err := n.resume(ctx, lost)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			n.end(lifetime.Err(ctx), false)
			return
		default:
			n.end(connectionError(err), true)
			return
		}
	}
}

// receive passes messages on until the connection is lost.
func (n *Notifier) receive() (lost error) {
	for {
		message, err := n.conn.Receive()
		if err != nil {
			n.deliver()
			return err
		}
		n.handOn(message)
	}
}

// resume makes the connection live again and marks the gap.
func (n *Notifier) resume(ctx context.Context, lost error) error {
	if ctx.Err() != nil || errors.Is(lost, wsconn.ErrClosed) {
		return lost // The connection was ended, which isn't an outage.
	}
	gap := Gap{Outages: 1, Since: n.conn.LastFrame(), From: n.address, Err: lost}
	n.goDown(lost)
	n.log.Warn("connection lost", "error", lost)
	for attempts := 1; ; attempts++ {
		again, err := n.conn.Retry()
		if err == nil {
			gap.Until, gap.To = time.Now(), n.conn.Endpoint()
			if gap.Until.Before(gap.Since) {
				gap.Since = gap.Until // The wall clock was set back.
			}
			n.goLive(gap)
			n.log.Info("connected", "address", gap.To, "attempts", attempts)
			return nil
		}
		if !again {
			return err
		}
		n.goDown(err)
		n.log.Warn("failed to connect", "error", err, "attempts", attempts)
	}
}

// goLive delivers what the handshake held, after the Gap, to the subscriptions that
// existed before it, and lets others begin.
func (n *Notifier) goLive(gap Gap) {
	n.address = n.conn.Endpoint()
	if !gap.isZero() {
		n.hub.mark(gap)
	}
	for h := &n.latest; !h.held.empty(); {
		held := h.held.pop()
		n.received.add(held.n, held.size)
	}
	n.deliver()
	n.latest = handshake{}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.withMetrics {
		n.metrics = metricsOn
	}
	n.enter(State{Phase: Live, Since: time.Now(), Address: n.address})
}

func (n *Notifier) handOn(message wsconn.Message) {
	r := &n.received
	before := len(r.notifications)
	all, err := decodeMessage(r.notifications, message)
	switch {
	case err != nil:
		r.add(Gap{Undecodable: 1, Err: err}, 0)
	case len(all) == before:
		n.deliver()
		n.control(message)
	default:
		r.notifications = all
		for _, notification := range all[before:] {
			r.sizes = append(r.sizes, sizeOf(notification, message, len(all)-before))
		}
	}
	if len(r.notifications) >= batchSize {
		n.deliver()
	}
}

// deliver delivers what was received: once there is enough for a batch, and before the
// reader waits for more. Delivering it together makes the hub's locks cheap.
func (n *Notifier) deliver() { n.received.reset(n.hub.deliver(n.received)) }

// control handles messages that aren't notifications: the confirmation of metrics that
// were asked for, and everything unsolicited.
func (n *Notifier) control(message wsconn.Message) {
	response := parseControl(message).GetSubscribeResponse()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.metrics == metricsAsked && response.GetEventType() == pb.EventType_EVENT_TYPE_METRICS {
		n.metrics = metricsOn
		n.announce()
		return
	}
	n.unsolicited.Add(1)
}
