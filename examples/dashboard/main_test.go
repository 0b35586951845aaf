package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

func TestPageOnAConference(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-listen", "127.0.0.1:0"}, write) }()
	line := make([]byte, 200)
	n, err := read.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(string(line[:n]), "the page is at "))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil || !bytes.Contains(text, []byte("<title>Jellyfish</title>")) {
		t.Errorf("%v: %.100s", err, text)
	}
	_ = answer.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-nonsense": "flag provided but not defined: -nonsense",
		"more":      `unexpected argument "more"`,
	} {
		err := run(t.Context(), strings.Fields(args), t.Output())
		if err == nil || !strings.Contains(err.Error(), want) || usage.ExitStatus(err) != 2 {
			t.Errorf("%s: error %v, want one with %q", args, err, want)
		}
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, &out); err != nil || !strings.Contains(out.String(), "-listen") {
		t.Errorf("%v: %s", err, &out)
	}
}
