package main

import (
	"errors"
	"fmt"
	"strconv"
)

// jellyfish is the child process that is a Jellyfish server with rooms.
type jellyfish struct {
	*child
	address string
}

// startJellyfish returns when the rooms have their peers.
func startJellyfish(rooms, peers int) (*jellyfish, error) {
	process, err := startChild(jellyfishRole, strconv.Itoa(rooms), strconv.Itoa(peers))
	if err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	j := &jellyfish{child: process}
	if j.address, err = j.answer(); err != nil {
		return nil, fmt.Errorf("start the server: %w", errors.Join(err, j.stop()))
	}
	return j, nil
}

// change makes n peers connect or disconnect, one after the other, and each
// another one.
func (j *jellyfish) change(n int) error { return j.command("change %d", n) }

// outage makes the server cut all connections, and n peers change before it
// accepts another one.
func (j *jellyfish) outage(n int) error { return j.command("outage %d", n) }
