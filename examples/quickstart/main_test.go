package main

import (
	"bytes"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

func TestQuickstart(t *testing.T) {
	var out bytes.Buffer
	log.SetOutput(&out)
	log.SetFlags(0)
	main()
	want := "peer ada joined room lobby\nroom lobby is gone\ncontext canceled\n"
	if out.String() != want {
		t.Errorf("printed:\n%swant:\n%s", &out, want)
	}
}

// It is short enough for the README.
func TestQuickstartIsShort(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), "\n"); n > 50 {
		t.Errorf("main.go has %d lines", n)
	}
}
