package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// reconnect is how long a subscription is without a connection when one is cut
// and the server is up: from the cut to the Gap that its consumer receives.
type reconnect struct {
	cuts    int
	backoff stream.Backoff
	bar     time.Duration // The longest 99th percentile.
}

// reconnecting uses the default back-off, except that any connection counts as
// healthy: each cut is then as one after a good connection, and the first attempt
// comes after at most Base.
func reconnecting() reconnect {
	return reconnect{
		cuts:    200,
		backoff: stream.Backoff{Base: 100 * time.Millisecond, Cap: 30 * time.Second, Healthy: 1},
		bar:     250 * time.Millisecond,
	}
}

func (r reconnect) title() string { return "Cut to live again" }

func (r reconnect) run(ctx context.Context, s *sender, _ options) ([]result, error) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	sub, err := stream.Subscribe(ctx, stream.Config{
		ServerAddress:  s.address,
		ServerAPIToken: stream.NewSecret(token),
		Backoff:        r.backoff,
	})
	if err != nil {
		return nil, err
	}
	took := make([]time.Duration, r.cuts)
	for i := range took {
		if took[i], err = cutOnce(s, sub); err != nil {
			return nil, err
		}
	}
	return []result{reconnectResult{r, newPercentiles(took)}}, nil
}

func cutOnce(s *sender, sub *stream.Subscription) (time.Duration, error) {
	cut, err := s.cut()
	if err != nil {
		return 0, err
	}
	n := <-sub.Notifications()
	live := time.Now()
	if gap, ok := n.(stream.Gap); !ok || gap.Outages != 1 {
		return 0, fmt.Errorf("received %v, subscription: %v", n, sub.Err())
	}
	return live.Sub(cut), nil
}

// reconnectResult is how long it took each time.
type reconnectResult struct {
	reconnect reconnect
	took      percentiles
}

func (r reconnectResult) columns() []string {
	return []string{"outage", "cuts", "p50", "p99", "bar for p99", "back-off"}
}

func (r reconnectResult) cells() []string {
	return []string{
		r.reconnect.title(),
		fmt.Sprint(r.reconnect.cuts),
		formatDuration(r.took.at(0.5)),
		formatDuration(r.took.at(0.99)),
		formatDuration(r.reconnect.bar),
		fmt.Sprintf("%+v", r.reconnect.backoff),
	}
}

func (r reconnectResult) verdict([]result) error {
	if p99 := r.took.at(0.99); p99 >= r.reconnect.bar {
		return fmt.Errorf("%s: p99 is %v, the bar is %v", r.reconnect.title(), p99, r.reconnect.bar)
	}
	return nil
}
