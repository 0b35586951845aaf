package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

func TestMain(m *testing.M) {
	os.Unsetenv("FISHJAM_ID")
	os.Unsetenv("FISHJAM_MANAGEMENT_TOKEN")
	os.Exit(program.Main(m))
}

const printed = `^room ([-\w]+) was created
peer [-\w]+ was added
room ([-\w]+) was deleted$`

func TestEmbedded(t *testing.T) {
	lines, err := program.Start(t, run).End()
	if err != nil {
		t.Fatal(err)
	}
	out := strings.Join(lines, "\n")
	if found := regexp.MustCompile(printed).FindStringSubmatch(out); found == nil || found[1] != found[2] {
		t.Errorf("printed:\n%s", out)
	}
}

// Ctrl-C in the middle leaves no room behind.
func TestInterrupted(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: "an-account"})
	t.Setenv("FISHJAM_ID", server.URL())
	t.Setenv("FISHJAM_MANAGEMENT_TOKEN", jellyfishtest.Token)
	err := server.FailCalls(jellyfishtest.CallFault{Method: http.MethodPost, Path: "/room/*/peer", Delay: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	p := program.Start(t, run)
	p.Next(t, "was created")
	p.Signal()
	if _, err := p.End(); !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v, want context.Canceled", err)
	}
	client, err := fishjam.New(fishjam.Config{FishjamID: server.URL(), ManagementToken: fishjam.NewSecret(jellyfishtest.Token)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if list, err := client.ListRooms(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("left behind: %v, error %v", list, err)
	}
}

func TestErrors(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: "an-account"})
	t.Setenv("FISHJAM_ID", server.URL())
	t.Setenv("FISHJAM_MANAGEMENT_TOKEN", "mistaken")
	_, err := program.Start(t, run).End()
	if !errors.Is(err, fishjam.ErrInvalidCredentials) || strings.Contains(err.Error(), "mistaken") {
		t.Errorf("run: %v", err)
	}
}
