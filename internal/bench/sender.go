package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// sender is the child process that sends. It is this program once more, takes
// commands on its standard input, one a line, and ends with that.
type sender struct {
	address       string // Where it listens.
	secureAddress string // Where it listens for TLS.
	certificate   string // For that, as text.

	process  *exec.Cmd
	commands io.WriteCloser
	answers  *bufio.Reader
}

// startSender returns when the child listens.
func startSender() (*sender, error) {
	s, err := launchSender()
	if err != nil {
		return nil, fmt.Errorf("start the sender: %w", err)
	}
	line, err := s.answer()
	if err == nil {
		_, err = fmt.Sscan(line, &s.address, &s.secureAddress, &s.certificate)
	}
	if err != nil {
		return nil, fmt.Errorf("start the sender: %w", errors.Join(err, s.stop()))
	}
	return s, nil
}

func launchSender() (*sender, error) {
	process, err := rerun(context.Background(), senderRole)
	if err != nil {
		return nil, err
	}
	commands, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	return &sender{process: process, commands: commands, answers: bufio.NewReader(answers)}, nil
}

func (s *sender) answer() (string, error) {
	line, err := s.answers.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the sender doesn't answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// prepare makes the sender encode the messages of a comparison, and waits until
// it has.
func (s *sender) prepare(name string) error {
	if _, err := fmt.Fprintf(s.commands, "prepare %s\n", name); err != nil {
		return fmt.Errorf("prepare the sender: %w", err)
	}
	_, err := s.answer()
	return err
}

// send makes the sender send n of the prepared messages, and the end of the
// round after them, to the client that subscribed last. With a window it is
// never further than that ahead of what is acknowledged.
func (s *sender) send(n, window int) error {
	_, err := fmt.Fprintf(s.commands, "send %d %d\n", n, window)
	return err
}

// acknowledge tells the sender that n more messages were received.
func (s *sender) acknowledge(n int) error {
	_, err := fmt.Fprintf(s.commands, "acknowledge %d\n", n)
	return err
}

// trickle makes the sender send n messages that bear the time at which they were
// sent, so many a second, to the client that subscribed last.
func (s *sender) trickle(n, perSecond int) error {
	_, err := fmt.Fprintf(s.commands, "trickle %d %d\n", n, perSecond)
	return err
}

// cut makes the sender close the connection of the client that subscribed last,
// and returns when it did.
func (s *sender) cut() (time.Time, error) {
	if _, err := fmt.Fprintln(s.commands, "cut"); err != nil {
		return time.Time{}, err
	}
	line, err := s.answer()
	if err != nil {
		return time.Time{}, err
	}
	return parseStamp(line)
}

// stop ends the child.
func (s *sender) stop() error {
	_ = s.commands.Close()
	if err := s.process.Wait(); err != nil {
		return fmt.Errorf("sender: %w", err)
	}
	return nil
}
