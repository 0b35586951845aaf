package prometheus

import (
	"errors"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The values of the label source.
const (
	fromNotifier = "notifier"
	fromWebhook  = "webhook"
)

func phases() []stream.Phase {
	return []stream.Phase{stream.Connecting, stream.Live, stream.Down, stream.Ended}
}

func collectNotifier(out sink, n *stream.Notifier) {
	state, stats := n.State(), n.Stats()
	for _, phase := range phases() {
		out.flag(connectionPhase, state.Phase == phase, phase.String())
	}
	out.moment(connectionSince, state.Since)
	out.gauge(connectionInfo, 1, label(state.Address))
	out.moment(connectionFrame, stats.LastFrame)
	out.flag(connectionRefused, errors.Is(state.Err, stream.ErrUnauthorized))
	collectKinds(out, fromNotifier, stats.ByKind)
	out.gauge(sourceSubscriptions, float64(stats.Subscriptions), fromNotifier)
	out.counter(sourceOutages, stats.Outages, fromNotifier)
	out.counter(sourceUndecodable, stats.Undecodable, fromNotifier)
	out.counter(unsolicited, stats.Unsolicited)
}

func collectWebhook(out sink, w *stream.Webhook) {
	stats := w.Stats()
	out.counter(webhookRequests, stats.Requests, "accepted")
	out.counter(webhookRequests, stats.Refused, "refused")
	out.counter(webhookRequests, stats.Repeated, "repeated")
	out.moment(webhookLastRequest, stats.LastRequest)
	collectKinds(out, fromWebhook, stats.ByKind)
	out.gauge(sourceSubscriptions, float64(stats.Subscriptions), fromWebhook)
	out.counter(sourceOutages, stats.Outages, fromWebhook)
	out.counter(sourceUndecodable, stats.Undecodable, fromWebhook)
}

// collectKinds shows every kind, so that the first notification of one is seen as
// growth.
func collectKinds(out sink, source string, counts map[decode.Kind]uint64) {
	for _, kind := range append(decode.Kinds(), decode.KindUnknown) {
		if kind != decode.KindMetricsReport {
			out.counter(sourceNotifications, counts[kind], source, kind.String())
		}
	}
}

func (c *Collector) collectSubscriptions(out sink) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, sub := range c.subscriptions {
		stats := sub.Stats()
		out.counter(subscriptionDelivered, stats.Delivered, name)
		out.counter(subscriptionGaps, stats.Gaps, name)
		out.counter(subscriptionDropped, stats.Dropped, name)
		out.counter(subscriptionOutages, stats.Outages, name)
		out.counter(subscriptionUndecodable, stats.Undecodable, name)
		out.gauge(subscriptionQueue, float64(stats.Queued), name)
		out.gauge(subscriptionQueueBytes, float64(stats.QueuedBytes), name)
	}
}

func collectView(out sink, v *watch.View) {
	stats := v.Stats()
	out.flag(viewUp, !closed(v.Done()))
	out.flag(viewSynced, closed(v.Synced()))
	out.counter(viewRequests, stats.Lists, "list")
	out.counter(viewRequests, stats.Lookups, "lookup")
	out.counter(viewRequests, stats.Checks, "check")
	out.counter(viewFailures, stats.Failures)
	out.counter(viewGaps, stats.Gaps)
	out.counter(viewInferred, stats.Inferred)
	out.counter(viewCorrected, stats.Corrected)
	shown := 0
	for _, node := range v.Nodes() {
		if !fits(node.Address) || shown >= maxNames {
			continue // The rooms that no node has are counted as rooms_without_node.
		}
		shown++
		name := node.Address
		out.flag(nodeStale, !node.StaleSince.IsZero(), name)
		out.moment(nodeStaleSince, node.StaleSince, name)
		out.flag(nodeFailing, node.Err != nil, name)
		out.moment(nodeListed, node.Listed, name)
	}
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
