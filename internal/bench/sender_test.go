package main

import (
	"io"
	"strings"
	"testing"
)

// The parent's end of the pipe is closed by the system if the parent dies.
func TestSenderEndsWithItsInput(t *testing.T) {
	s, err := startSender()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if err := s.send(1, 0); err == nil {
		t.Error("a sender that has ended takes a command")
	}
}

func TestServerRefusesBadCommands(t *testing.T) {
	for _, line := range []string{
		"dance",
		"prepare a cake",
		"send",
		"send 3",
		"send 3 0", // Nobody has subscribed.
		"acknowledge",
		"acknowledge 1", // Nothing was sent.
		"trickle",
		"trickle 3 10", // Nobody has subscribed.
		"cut",          // Nobody has subscribed.
	} {
		if err := serve(strings.NewReader(line+"\n"), io.Discard); err == nil {
			t.Errorf("%q is obeyed", line)
		}
	}
	if err := serve(strings.NewReader(""), io.Discard); err != nil {
		t.Errorf("no command at all: %v", err)
	}
}
