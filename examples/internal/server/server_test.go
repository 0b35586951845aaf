package server_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/program"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m)) }

func find(args string, out *bytes.Buffer) (*server.Server, error) {
	flags := flag.NewFlagSet("example", flag.ContinueOnError)
	flags.String("file", "", "`file` to read")
	return server.Find(flags, strings.Fields(args), out)
}

func TestFlagsGoBeforeTheEnvironment(t *testing.T) {
	t.Setenv("JELLYFISH_ADDRESS", "a:1")
	t.Setenv("JELLYFISH_TOKEN", "secret")
	for args, want := range map[string]struct {
		Address, Token string
		Secure         bool
	}{
		"":                       {"a:1", "secret", false},
		"-addr b:2 -file f":      {"b:2", "secret", false},
		"-token other -secure":   {"a:1", "other", true},
		"-addr b:2 -token other": {"b:2", "other", false},
	} {
		got, err := find(args, new(bytes.Buffer))
		if err != nil {
			t.Fatal(err)
		}
		if got.Address != want.Address || got.Token != want.Token || got.Secure != want.Secure || got.Embedded() {
			t.Errorf("%q is %s with the token %s and TLS %t", args, got.Address, got.Token, got.Secure)
		}
		for _, address := range []string{got.Stream().ServerAddress, got.Rooms().ServerAddress} {
			if address != want.Address {
				t.Errorf("%q leads to %s", args, address)
			}
		}
		if got.Stream().Secure != want.Secure || got.Rooms().Secure != want.Secure {
			t.Errorf("%q: TLS isn't %t", args, want.Secure)
		}
		got.Close()
	}
}

func TestEmbedded(t *testing.T) {
	got, err := find("", new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	if !got.Embedded() || got.Token != jellyfishtest.Token || got.Address == "" {
		t.Errorf("found %s", got.Address)
	}
}

func TestErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-nonsense":            "flag provided but not defined: -nonsense",
		"localhost:5002":       "an address is given with -addr",
		"-secure":              "give -addr or set JELLYFISH_ADDRESS",
		"-token secret":        "give -addr or set JELLYFISH_ADDRESS",
		"-addr localhost:5002": "give -token or set JELLYFISH_TOKEN",
	} {
		_, err := find(args, new(bytes.Buffer))
		if err == nil || !strings.Contains(err.Error(), want) || usage.ExitStatus(err) != 2 {
			t.Errorf("%q: error %v, want one with %q and exit status 2", args, err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error shows the token: %v", args, err)
		}
	}
}

func TestHelpShowsNoToken(t *testing.T) {
	t.Setenv("JELLYFISH_TOKEN", "secret")
	var out bytes.Buffer
	if _, err := find("-help", &out); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("Find: %v", err)
	}
	if text := out.String(); !strings.Contains(text, "JELLYFISH_TOKEN") || !strings.Contains(text, "-file") || strings.Contains(text, "secret") {
		t.Errorf("help: %s", text)
	}
}
