package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// roleVariable is the environment variable that makes this program one of its children.
const roleVariable = "JELLYFISH_BENCH_ROLE"

const (
	senderRole    = "sender"
	idlerRole     = "idler"
	jellyfishRole = "jellyfish"
)

// runChild runs a child. It returns false in the parent.
func runChild() (status int, played bool) {
	var err error
	switch role := os.Getenv(roleVariable); role {
	case "":
		return 0, false
	case senderRole:
		err = serve(os.Stdin, os.Stdout)
	case idlerRole:
		err = idle(os.Args[1:], os.Stdout)
	case jellyfishRole:
		err = serveRooms(os.Args[1:], os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("no such role")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench %s: %v\n", os.Getenv(roleVariable), err)
		return 1, true
	}
	return 0, true
}

// rerun returns this program as another process, in a role. It is killed when the
// context ends.
func rerun(ctx context.Context, role string, args ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	child := exec.CommandContext(ctx, program, args...)
	child.Env = append(os.Environ(), roleVariable+"="+role)
	child.Stderr = os.Stderr
	return child, nil
}

// child is this program as another process, in a role. It reads commands from its
// standard input, one per line, and ends with that.
type child struct {
	role     string
	process  *exec.Cmd
	commands io.WriteCloser
	answers  *bufio.Reader
}

// startChild also returns the first line that the child prints.
func startChild(role string, args ...string) (*child, string, error) {
	process, err := rerun(context.Background(), role, args...)
	if err != nil {
		return nil, "", err
	}
	commands, err := process.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	answers, err := process.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := process.Start(); err != nil {
		return nil, "", err
	}
	c := &child{role, process, commands, bufio.NewReader(answers)}
	line, err := c.answer()
	if err != nil {
		return nil, "", errors.Join(err, c.stop())
	}
	return c, line, nil
}

// command sends a command.
func (c *child) command(format string, args ...any) error {
	_, err := fmt.Fprintf(c.commands, format+"\n", args...)
	return err
}

// answer waits for the response to a command that has one.
func (c *child) answer() (string, error) {
	line, err := c.answers.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the %s doesn't answer: %w", c.role, err)
	}
	return strings.TrimSpace(line), nil
}

// stop ends the child.
func (c *child) stop() error {
	_ = c.commands.Close()
	if err := c.process.Wait(); err != nil {
		return fmt.Errorf("%s: %w", c.role, err)
	}
	return nil
}

// eachCommand handles commands, one per line, until there are no more.
func eachCommand(commands io.Reader, handle func(command string, args []string) error) error {
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		command, rest, _ := strings.Cut(lines.Text(), " ")
		if err := handle(command, strings.Fields(rest)); err != nil {
			return fmt.Errorf("%s: %w", lines.Text(), err)
		}
	}
	return lines.Err()
}

// numbers parses the arguments of a command.
func numbers(args []string, count int) ([]int, error) {
	if len(args) != count {
		return nil, fmt.Errorf("%d arguments, not %d", len(args), count)
	}
	parsed := make([]int, count)
	for i, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil {
			return nil, err
		}
		parsed[i] = n
	}
	return parsed, nil
}

// sender is the child process that sends.
type sender struct {
	*child
	address       string // Where it listens.
	secureAddress string // Where it listens for TLS.
	certificate   string // For TLS, as text.
}

// startSender returns when the child listens.
func startSender() (*sender, error) {
	process, line, err := startChild(senderRole)
	if err != nil {
		return nil, fmt.Errorf("start the sender: %w", err)
	}
	s := &sender{child: process}
	if _, err = fmt.Sscan(line, &s.address, &s.secureAddress, &s.certificate); err != nil {
		return nil, fmt.Errorf("start the sender: %w", errors.Join(err, s.stop()))
	}
	return s, nil
}

// prepare makes the sender encode the messages of a workload, and waits for that.
func (s *sender) prepare(workload string) error { return s.await("prepare %s", workload) }

// list prepares the sender to respond with a list of rooms with as many peers each.
func (s *sender) list(rooms, peers int) error { return s.await("list %d %d", rooms, peers) }

func (s *sender) await(format string, args ...any) error {
	if err := s.command(format, args...); err != nil {
		return fmt.Errorf("prepare the sender: %w", err)
	}
	_, err := s.answer()
	return err
}

// send makes the sender send n of the prepared messages to the client that subscribed
// last. With a window, the sender is never further ahead of the acknowledgements than
// that.
func (s *sender) send(n, window int) error { return s.command("send %d %d", n, window) }

// acknowledge tells the sender that n more messages were received.
func (s *sender) acknowledge(n int) error { return s.command("acknowledge %d", n) }

// trickle makes the sender send messages to the client that subscribed last, each with
// the time at which it was sent.
func (s *sender) trickle(t trickle) error {
	return s.command("trickle %d %d %d %d", t.messages, t.perSecond, t.together, t.rooms)
}

// cut makes the sender close the connection of the client that subscribed last, and
// returns when that was done.
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
