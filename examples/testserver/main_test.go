package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/examples/internal/usage"
	"github.com/jellyfish-dev/jellyfish-go/internal/leak"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m)) }

func TestErrors(t *testing.T) {
	taken := jellyfishtest.Run(t, jellyfishtest.Config{})
	for _, test := range []struct {
		args, want string
		status     int
	}{
		{"-nonsense", "flag provided but not defined: -nonsense", 2},
		{"127.0.0.1:5002", `unexpected argument "127.0.0.1:5002"`, 2},
		{"-addr " + taken.Address(), taken.Address(), 1},
	} {
		err := run(t.Context(), strings.Fields(test.args), t.Output())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.args, err, test.want)
		} else if usage.ExitStatus(err) != test.status {
			t.Errorf("%s: exit status %d, want %d", test.args, usage.ExitStatus(err), test.status)
		}
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, &out); err != nil {
		t.Errorf("run: %v", err)
	}
	for _, want := range []string{`"127.0.0.1:5002"`, `"development"`, "-demo"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("help lacks %s:\n%s", want, &out)
		}
	}
}
