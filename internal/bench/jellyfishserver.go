package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// serveRooms is what the server's process does until the parent is gone or wants
// it to end: it has a number of rooms, with a number of peers each.
func serveRooms(args []string, commands io.Reader, answers io.Writer) error {
	if len(args) < 2 {
		return errors.New("numbers of rooms and peers are missing")
	}
	rooms, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	peers, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if rooms < 1 || peers < 1 {
		return errors.New("rooms and peers must be at least 1")
	}
	server, err := jellyfishtest.New(jellyfishtest.Config{})
	if err != nil {
		return err
	}
	defer server.Close()
	all, err := populate(server, rooms, peers)
	if err != nil {
		return err
	}
	fmt.Fprintln(answers, server.Address())
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		if err := all.obey(lines.Text()); err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return lines.Err()
}

// obey carries out one command.
func (p *population) obey(line string) error {
	command, argument, _ := strings.Cut(line, " ")
	n, err := strconv.Atoi(argument)
	if err != nil {
		return err
	}
	switch command {
	case "change":
		return p.change(n)
	case "outage":
		return p.outage(n)
	}
	return errors.New("unknown command")
}

func (p *population) outage(n int) error {
	p.server.AnswerUpgrade(http.StatusServiceUnavailable, nil)
	defer p.server.AnswerUpgrade(0, nil)
	p.server.Cut(jellyfishtest.CutClean)
	return p.change(n)
}
