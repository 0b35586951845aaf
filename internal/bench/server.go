package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// server is just enough of a Jellyfish server: it accepts any token, confirms
// any subscription, and sends what it is told to.
type server struct {
	answers io.Writer
	frames  frames

	received chan int // Acknowledgements of the current round; room for all.

	mu     sync.Mutex
	latest *client // Of those that subscribed.
}

// serve is what the sender's process does until the parent is gone or wants it to
// end.
func serve(commands io.Reader, answers io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	certificate, err := newCertificate()
	if err != nil {
		return err
	}
	secure, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return err
	}
	defer secure.Close()
	s := &server{answers: answers}
	go s.accept(listener)
	go s.accept(secure)
	fmt.Fprintln(answers, listener.Addr(), secure.Addr(), certificateText(certificate))
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
	var n, m int
	switch command {
	case "prepare":
		return s.prepare(argument)
	case "send":
		if _, err := fmt.Sscan(argument, &n, &m); err != nil {
			return err
		}
		return s.send(n, m)
	case "acknowledge":
		if _, err := fmt.Sscan(argument, &n); err != nil {
			return err
		}
		return s.acknowledged(n)
	case "trickle":
		if _, err := fmt.Sscan(argument, &n, &m); err != nil {
			return err
		}
		return s.trickle(n, m)
	case "cut":
		return s.cut()
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
	to, err := s.subscriber()
	if err != nil {
		return err
	}
	s.received = make(chan int, n)
	b := burst{frames: s.frames, messages: n, window: window, received: s.received}
	go b.sendTo(to)
	return nil
}

func (s *server) trickle(n, perSecond int) error {
	to, err := s.subscriber()
	if err != nil {
		return err
	}
	go trickle{messages: n, perSecond: perSecond}.sendTo(to)
	return nil
}

func (s *server) cut() error {
	to, err := s.subscriber()
	if err != nil {
		return err
	}
	now := time.Now()
	if err := to.conn.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.answers, formatStamp(now))
	return err
}

func (s *server) acknowledged(n int) error {
	select {
	case s.received <- n:
		return nil
	default:
		return errors.New("more acknowledgements than messages")
	}
}

// subscriber returns the client that subscribed last.
func (s *server) subscriber() (*client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		return nil, errors.New("nobody has subscribed")
	}
	return s.latest, nil
}

func (s *server) subscribed(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = c
}
