package main

import (
	"context"
	"fmt"
	"strconv"
)

// idleConnections is what notifiers cost on which nothing is received. They run in
// a process of their own, so that no memory is left there for them to use, and the
// server in another.
type idleConnections struct {
	notifiers int
	secure    bool
	bar       idleCost // The most that each may cost; 0 is any.
}

func idleNotifiers(secure bool) idleConnections {
	i := idleConnections{notifiers: 1000, secure: secure, bar: idleCost{goroutines: 3}}
	if !secure {
		i.bar.bytes = 48_000
	}
	return i
}

func (i idleConnections) title() string {
	transport := "plain"
	if i.secure {
		transport = "TLS"
	}
	return fmt.Sprintf("%s idle notifiers, %s", formatThousands(i.notifiers), transport)
}

func (i idleConnections) run(ctx context.Context, s *sender, _ options) ([]result, error) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	args := []string{strconv.Itoa(i.notifiers), s.address}
	if i.secure {
		args = []string{strconv.Itoa(i.notifiers), s.secureAddress, s.certificate}
	}
	idler, err := rerun(ctx, idlerRole, args...)
	if err != nil {
		return nil, err
	}
	output, err := idler.Output()
	if err != nil {
		return nil, fmt.Errorf("idler: %w", err)
	}
	r := idleResult{connections: i}
	if _, err := fmt.Sscan(string(output), &r.cost.bytes, &r.cost.goroutines); err != nil {
		return nil, fmt.Errorf("idler: %w", err)
	}
	return []result{r}, nil
}

// idleResult is what each notifier cost.
type idleResult struct {
	connections idleConnections
	cost        idleCost
}

func (r idleResult) columns() []string {
	return []string{"idle", residentMeaning + ", each", "bar", "goroutines, each", "bar"}
}

func (r idleResult) cells() []string {
	bar := r.connections.bar
	return []string{
		r.connections.title(),
		formatKilobytes(r.cost.bytes), formatKilobytes(bar.bytes),
		fmt.Sprintf("%.2f", r.cost.goroutines), formatBar(bar.goroutines),
	}
}

func (r idleResult) verdict([]result) error {
	bar := r.connections.bar
	if bar.bytes > 0 && r.cost.bytes > bar.bytes || r.cost.goroutines > bar.goroutines {
		return fmt.Errorf("%s: %v each, the bar is %v", r.connections.title(), r.cost, bar)
	}
	return nil
}
