package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
)

// isSender tells whether this process is the sender of another.
func isSender() bool { return os.Getenv(senderMark) != "" }

// sendUntilEOF is all that the sender's process does. It returns its exit status
// when the parent is gone or wants it to end.
func sendUntilEOF() int {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench sender:", err)
		return 1
	}
	return 0
}

// server is just enough of a Jellyfish server: it accepts any token, confirms
// any subscription, and sends what it is told to.
type server struct {
	answers io.Writer
	frames  frames

	received chan int // Acknowledgements of the current round; room for all.

	mu     sync.Mutex
	latest *client // Of those that subscribed.
}

func serve(commands io.Reader, answers io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	s := &server{answers: answers}
	go s.accept(listener)
	fmt.Fprintln(answers, listener.Addr())
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		if err := s.obey(lines.Text()); err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return lines.Err()
}

func (s *server) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go newClient(conn, s).attend()
	}
}

// obey carries out one command.
func (s *server) obey(line string) error {
	command, argument, _ := strings.Cut(line, " ")
	switch command {
	case "prepare":
		return s.prepare(argument)
	case "send":
		var n, window int
		if _, err := fmt.Sscan(argument, &n, &window); err != nil {
			return err
		}
		return s.send(n, window)
	case "acknowledge":
		var n int
		if _, err := fmt.Sscan(argument, &n); err != nil {
			return err
		}
		return s.acknowledged(n)
	}
	return errors.New("unknown command")
}

func (s *server) prepare(name string) error {
	c, err := comparisonNamed(name)
	if err != nil {
		return err
	}
	s.frames = encodeFrames(c.payloads())
	_, err = fmt.Fprintln(s.answers, "prepared")
	return err
}

// send starts a round.
func (s *server) send(n, window int) error {
	s.mu.Lock()
	to := s.latest
	s.mu.Unlock()
	if to == nil {
		return errors.New("nobody has subscribed")
	}
	s.received = make(chan int, n)
	b := burst{frames: s.frames, messages: n, window: window, received: s.received}
	go b.sendTo(to)
	return nil
}

func (s *server) acknowledged(n int) error {
	select {
	case s.received <- n:
		return nil
	default:
		return errors.New("more acknowledgements than messages")
	}
}

func (s *server) subscribed(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = c
}
