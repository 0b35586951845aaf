package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// child is this program once more, in a role. It takes commands on its standard
// input, one a line, and ends with that.
type child struct {
	role     string
	process  *exec.Cmd
	commands io.WriteCloser
	answers  *bufio.Reader
}

func startChild(role string, args ...string) (*child, error) {
	process, err := rerun(context.Background(), role, args...)
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
	return &child{role, process, commands, bufio.NewReader(answers)}, nil
}

// command sends a command.
func (c *child) command(format string, args ...any) error {
	_, err := fmt.Fprintf(c.commands, format+"\n", args...)
	return err
}

// answer waits for the answer to a command that has one.
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
