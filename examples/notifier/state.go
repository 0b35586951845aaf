package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// redraw is the least time between two pictures.
const redraw = 250 * time.Millisecond

// state shows a table of the rooms, kept up to date.
type state struct {
	to      *screen
	rooms   []string // None stands for all.
	view    *watch.View
	changes <-chan watch.Change
}

// open begins to watch. The context is the view's lifetime.
func (s *state) open(ctx context.Context, cfg stream.Config) error {
	client, err := rooms.New(rooms.Config{
		ServerAddress:  cfg.ServerAddress,
		ServerAPIToken: cfg.ServerAPIToken,
		Secure:         cfg.Secure,
		HTTPClient:     cfg.HTTPClient,
	})
	if err != nil {
		return err
	}
	notifier, err := stream.Open(ctx, cfg)
	if err != nil {
		return err
	}
	s.view, err = watch.Start(ctx, client, notifier, watch.Config{Logger: cfg.Logger})
	if err != nil {
		return err
	}
	s.changes = s.view.Changes(ctx)
	return nil
}

// follow shows what there is, and again when it has changed, until the view ends.
// It returns why it ended.
func (s *state) follow() error {
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	changed, stale := true, ""
	for {
		select {
		case c, ok := <-s.changes:
			if !ok {
				<-s.view.Done()
				return s.view.Err()
			}
			changed = true
			s.note(c)
		case <-tick.C:
			// An outage changes no room.
			if now := staleNodes(s.view.Nodes()); changed || now != stale {
				changed, stale = false, now
				if err := s.to.show(roomTable(s.wanted()), stale); err != nil {
					return err
				}
			}
		}
	}
}

// note keeps what was found out after an outage. As long as there was none, lists
// tell what was there from the start, and what no notification tells.
func (s *state) note(c watch.Change) {
	if c.Inferred() && s.view.Stats().Gaps > 0 && s.shows(c.Info().RoomID) && !isDetail(c) {
		s.to.note(c.String())
	}
}

// wanted returns the rooms that are shown, in the order of their ids.
func (s *state) wanted() []watch.Room {
	var list []watch.Room
	for r := range s.view.Rooms().All() {
		if s.shows(r.ID) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b watch.Room) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Node, b.Node))
	})
	return list
}

// shows tells whether a room is one of those that are wanted.
func (s *state) shows(roomID string) bool {
	return len(s.rooms) == 0 || slices.Contains(s.rooms, roomID)
}

// isDetail tells whether a change is only that a room's node and configuration
// were found out.
func isDetail(c watch.Change) bool {
	room, ok := c.(watch.RoomChange)
	return ok && room.Before != nil && room.After != nil
}
