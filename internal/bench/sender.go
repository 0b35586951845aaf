package main

import (
	"errors"
	"fmt"
	"time"
)

// sender is the child process that sends.
type sender struct {
	*child
	address       string // Where it listens.
	secureAddress string // Where it listens for TLS.
	certificate   string // For that, as text.
}

// startSender returns when the child listens.
func startSender() (*sender, error) {
	process, err := startChild(senderRole)
	if err != nil {
		return nil, fmt.Errorf("start the sender: %w", err)
	}
	s := &sender{child: process}
	line, err := s.answer()
	if err == nil {
		_, err = fmt.Sscan(line, &s.address, &s.secureAddress, &s.certificate)
	}
	if err != nil {
		return nil, fmt.Errorf("start the sender: %w", errors.Join(err, s.stop()))
	}
	return s, nil
}

// prepare makes the sender encode the messages of a comparison, and waits until
// it has.
func (s *sender) prepare(name string) error {
	if err := s.command("prepare %s", name); err != nil {
		return fmt.Errorf("prepare the sender: %w", err)
	}
	_, err := s.answer()
	return err
}

// send makes the sender send n of the prepared messages, and the end of the
// round after them, to the client that subscribed last. With a window it is
// never further than that ahead of what is acknowledged.
func (s *sender) send(n, window int) error { return s.command("send %d %d", n, window) }

// acknowledge tells the sender that n more messages were received.
func (s *sender) acknowledge(n int) error { return s.command("acknowledge %d", n) }

// trickle makes the sender send n messages that bear the time at which they were
// sent, so many a second, to the client that subscribed last.
func (s *sender) trickle(n, perSecond int) error { return s.command("trickle %d %d", n, perSecond) }

// cut makes the sender close the connection of the client that subscribed last,
// and returns when it did.
func (s *sender) cut() (time.Time, error) {
	if err := s.command("cut"); err != nil {
		return time.Time{}, err
	}
	line, err := s.answer()
	if err != nil {
		return time.Time{}, err
	}
	return parseStamp(line)
}
