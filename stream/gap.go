package stream

import (
	"fmt"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Gap marks the place where notifications are or may be missing. It is delivered like
// a notification, between the last one before the loss and the first one after it.
// Losses are merged into one Gap while it is queued; once in the channel it never
// changes, so that several Gaps may follow each other, and their counts add up.
//
// The server doesn't replay notifications. To know the state after a Gap that isn't
// [Gap.Exact], list the rooms again.
type Gap struct {
	// Dropped is the number of notifications that were dropped because the consumer
	// of this subscription was too slow.
	Dropped uint64
	// Undecodable is the number of messages that couldn't be decoded, and of requests
	// to a [Webhook] that were refused and lost although they had a valid secret.
	// Since their room is unknown, each is counted in every subscription.
	Undecodable uint64
	// Outages is the number of lost connections, and of requests to a [Webhook] that
	// got status 503 and may be sent again. If it isn't 0, an unknown number of
	// notifications is missing between Since and Until.
	Outages int
	// Since is when the last frame before the first outage was received; Until is
	// when the connection was live again after the last outage. For a webhook request
	// they are its beginning and end. They are zero without an outage.
	Since, Until time.Time
	// From and To are the addresses that were connected before and after, empty
	// without an outage.
	From, To string
	// Err is the latest reason: why the connection was lost, or why a message could
	// not be decoded or a request was refused. It is nil if notifications were only
	// dropped.
	Err error
}

// Kind returns [decode.KindGap].
func (Gap) Kind() decode.Kind { return decode.KindGap }

// Exact reports whether Dropped accounts for everything that is missing. Otherwise an
// unknown number is missing: the connection was lost, or a message couldn't be
// decoded.
func (g Gap) Exact() bool { return g.Outages == 0 && g.Undecodable == 0 }

// String returns the gap on one line, such as "gap: 12 dropped" or "gap: unknown
// number missing in 1 outage within 1.2s (connection to …)".
func (g Gap) String() string {
	var parts []string
	if g.Dropped > 0 {
		parts = append(parts, fmt.Sprintf("%d dropped", g.Dropped))
	}
	if g.Undecodable > 0 {
		parts = append(parts, fmt.Sprintf("%d undecodable", g.Undecodable))
	}
	if g.Outages > 0 {
		parts = append(parts, g.outages())
	}
	if len(parts) == 0 {
		parts = append(parts, "nothing missing")
	}
	text := "gap: " + strings.Join(parts, ", ")
	if g.Err != nil {
		text += " (" + g.Err.Error() + ")"
	}
	return redact.Line(text)
}

func (g Gap) outages() string {
	noun := "outages"
	if g.Outages == 1 {
		noun = "outage"
	}
	text := fmt.Sprintf("unknown number missing in %d %s within %v", g.Outages, noun,
		g.Until.Sub(g.Since).Round(time.Millisecond))
	if g.From != g.To {
		text += fmt.Sprintf(", from %s to %s", g.From, g.To)
	}
	return text
}

func (g Gap) isZero() bool { return g.Dropped == 0 && g.Undecodable == 0 && g.Outages == 0 }

// fold returns g merged with next, which directly follows it.
func (g Gap) fold(next Gap) Gap {
	g.Dropped += next.Dropped
	g.Undecodable += next.Undecodable
	if next.Outages > 0 {
		if g.Outages == 0 {
			g.Since, g.From = next.Since, next.From
		}
		g.Outages += next.Outages
		g.Until, g.To = next.Until, next.To
	}
	if next.Err != nil {
		g.Err = next.Err
	}
	return g
}
