package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// withoutTime returns a text without the times in it.
func withoutTime(text string) string {
	return regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}  `).ReplaceAllString(text, "")
}

func TestScreen(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		want     string
	}{
		{"file", false, "a1\n\nb1\nn1\n\nb1\nn2\n\nb2\n\n"},
		{"terminal", true, "\x1b[H\x1b[2Ja1\n\x1b[H\x1b[2Jb1\nn1\n\x1b[H\x1b[2Jb1\nn1\nn2\n\x1b[H\x1b[2Jb2\nn1\nn2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			s := &screen{out: &out, terminal: test.terminal}
			show := func(parts ...string) {
				if err := s.show(parts...); err != nil {
					t.Fatal(err)
				}
			}
			show("a", "1\n")
			show("a", "1\n") // Is there already.
			s.note("n1")
			show("b", "1\n")
			s.note("n2")
			show("b", "1\n")
			show("b", "1\n")
			show("b", "2\n")
			if got := withoutTime(out.String()); got != test.want {
				t.Errorf("wrote %q, want %q", got, test.want)
			}
		})
	}
}

// On a terminal there is room for a few notes only, and they can do it no harm.
func TestNotesOnATerminal(t *testing.T) {
	var out bytes.Buffer
	s := &screen{out: &out, terminal: true}
	for i := range 100 {
		s.note(fmt.Sprintf("note\n%d\x1b[31m", i))
	}
	if err := s.show("rooms\n"); err != nil {
		t.Fatal(err)
	}
	want := emptied + "rooms\nnote.95.[31m\nnote.96.[31m\nnote.97.[31m\nnote.98.[31m\nnote.99.[31m\n"
	if got := withoutTime(out.String()); got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

func TestFilesAreNoTerminals(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if isTerminal(file) || isTerminal(write) || isTerminal(new(strings.Builder)) {
		t.Error("a file, a pipe or a buffer is taken for a terminal")
	}
	device, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	if !isTerminal(device) {
		t.Error("a character device is not taken for a terminal")
	}
}
