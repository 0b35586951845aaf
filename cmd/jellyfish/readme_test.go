//go:build unix

package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the README's frames anew")

var framed = regexp.MustCompile("(?s)<!-- frame: ([a-z0-9-]+) -->\n```\n(.*?)```")

// The README shows the frames of the screen's own test. With -update they are
// written anew.
func TestREADMEShowsTheScreen(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := framed.ReplaceAllStringFunc(string(text), func(block string) string {
		name := framed.FindStringSubmatch(block)[1]
		frame, err := os.ReadFile(filepath.Join("internal", "screen", "testdata", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		return "<!-- frame: " + name + " -->\n```\n" + string(frame) + "```"
	})
	switch {
	case want == string(text):
	case *update:
		if err := os.WriteFile("README.md", []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Error("the README's frames aren't those of the screen: go test . -update writes them anew")
	}
}

func TestREADMENamesEveryCommand(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var started bool
	for _, c := range newRoot(&started).Commands() {
		if !regexp.MustCompile("`(jellyfish )?" + c.Name() + "`").Match(text) {
			t.Errorf("the README doesn't name %s", c.Name())
		}
	}
	if !strings.Contains(string(text), "go -C cmd/jellyfish run . demo") {
		t.Error("the README doesn't say how to begin")
	}
}
