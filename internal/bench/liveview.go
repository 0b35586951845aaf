package main

import (
	"context"
	"errors"
	"fmt"
)

// liveView is a view of many rooms, on a server that serves nobody else.
type liveView struct {
	rooms, peers int // Peers in each room.
	changes      int // In each measurement of them.
	alone        int // Those that come one by one.
}

func liveViewOf(rooms, peers int) liveView {
	return liveView{rooms: rooms, peers: peers, changes: 20_000, alone: 500}
}

func (l liveView) title() string {
	return fmt.Sprintf("Live view of %s rooms × %d peers", formatThousands(l.rooms), l.peers)
}

// total is how many peers there are.
func (l liveView) total() int { return l.rooms * l.peers }

func (l liveView) run(ctx context.Context, _ *sender, o options) ([]result, error) {
	if o.messages > 0 {
		l.changes = o.messages
	}
	server, err := startJellyfish(l.rooms, l.peers)
	if err != nil {
		return nil, err
	}
	r := viewResult{view: l}
	for range o.rounds {
		round, err := l.round(ctx, server)
		if err != nil {
			return nil, errors.Join(err, server.stop())
		}
		r.rounds = append(r.rounds, round)
	}
	return r.rows(), server.stop()
}

func (l liveView) round(ctx context.Context, server *jellyfish) (r viewRound, err error) {
	ctx, cancel := context.WithTimeout(ctx, roundTimeout)
	defer cancel()
	if err := r.list(ctx, server.address); err != nil {
		return r, fmt.Errorf("list: %w", err)
	}
	if err := r.notify(ctx, server, l); err != nil {
		return r, fmt.Errorf("notifications: %w", err)
	}
	v, err := newViewer(ctx, server.address)
	if err != nil {
		return r, err
	}
	defer v.close()
	if err := r.sync(ctx, v); err != nil {
		return r, fmt.Errorf("first sync: %w", err)
	}
	if err := v.subscribe(ctx, l.rooms+l.total()); err != nil {
		return r, fmt.Errorf("first changes: %w", err)
	}
	if err := r.follow(server, v, l); err != nil {
		return r, fmt.Errorf("changes: %w", err)
	}
	if err := r.heal(server, v, l); err != nil {
		return r, fmt.Errorf("after an outage: %w", err)
	}
	return r, nil
}
