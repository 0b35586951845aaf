package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// notesKept is how many notes stay on a terminal.
const notesKept = 5

// emptied is what a terminal understands as being emptied.
const emptied = "\x1b[H\x1b[2J"

// screen shows one picture after the other: on a terminal each in the place of
// the one before, elsewhere below it, with an empty line between.
type screen struct {
	out      io.Writer
	terminal bool
	shown    string
	notes    []string
	noted    bool // One of them is new.
}

func newScreen(out io.Writer) *screen {
	return &screen{out: out, terminal: isTerminal(out)}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// note adds a line below the coming picture and, on a terminal, those after it.
func (s *screen) note(text string) {
	s.noted = true
	s.notes = append(s.notes, fmt.Sprintf("%s  %s\n", time.Now().Format(clock), printable(text)))
	if s.terminal && len(s.notes) > notesKept {
		s.notes = s.notes[1:]
	}
}

// show shows a picture of several parts, unless it is there already. The error is
// that of writing.
func (s *screen) show(parts ...string) error {
	text := strings.Join(parts, "")
	if text == s.shown && !s.noted {
		return nil
	}
	s.shown, s.noted = text, false
	picture := time.Now().Format(clock) + "  " + text + strings.Join(s.notes, "")
	if s.terminal {
		picture = emptied + picture
	} else {
		picture += "\n"
		s.notes = nil
	}
	_, err := io.WriteString(s.out, picture)
	return err
}
