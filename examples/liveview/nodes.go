package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// lookUp returns the addresses of all nodes behind a name with a port.
func lookUp(ctx context.Context, name string) ([]string, error) {
	host, port, err := net.SplitHostPort(name)
	if err != nil {
		return nil, err
	}
	hosts, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return nil, err
	}
	nodes := make([]string, len(hosts))
	for i, host := range hosts {
		nodes[i] = net.JoinHostPort(host, port)
	}
	return nodes, nil
}

// interval is how often the nodes are looked up.
const interval = 10 * time.Second

// keepNodes looks the nodes up every interval, until the view ends. The rooms of a pod
// that is gone disappear, and those of a new one appear.
func keepNodes(ctx context.Context, view *watch.View, name string) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-view.Done():
			return
		}
		nodes, err := lookUp(ctx, name)
		if err == nil {
			err = view.SetNodes(nodes) // Known nodes aren't affected.
		}
		if err != nil { // The view continues with its current nodes.
			slog.Warn("The nodes can't be looked up.", "name", name, "error", err)
		}
	}
}
