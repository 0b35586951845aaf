package examples_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every Go block of the README compiles: a program, a function, or statements
// within a function that has ctx, cfg, notifier and client.
func TestReadmeCompiles(t *testing.T) {
	t.Parallel()
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(readme(t), -1)
	if len(blocks) < 5 {
		t.Fatalf("found %d Go blocks in the README", len(blocks))
	}
	dir := t.TempDir()
	programs, parts := []string{}, []string{write(t, dir, "given.go", given)}
	for i, block := range blocks {
		name := fmt.Sprintf("block%d.go", i+1)
		if parses(block[1]) {
			programs = append(programs, write(t, dir, name, block[1]))
		} else {
			parts = append(parts, write(t, dir, name, part(i+1, block[1])))
		}
	}
	for _, program := range programs {
		runGo(t, "vet", program)
	}
	runGo(t, append([]string{"vet"}, parts...)...)
}

// given is what blocks call as the reader's own functions.
const given = `package readme

import (
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func save(...decode.Notification) {}

func handle(*stream.Subscription) {}

func letIn(string) {}

var shutdown chan struct{}

var requests decode.RequestDecoder
`

// part makes a source file of a block that is no whole program.
func part(number int, block string) string {
	if !parses("package readme\n" + block) {
		block = fmt.Sprintf(`func block%d(ctx context.Context, cfg stream.Config, notifier *stream.Notifier, client *rooms.Client) error {
%s
return nil
}
`, number, block)
	}
	return "package readme\n" + imports(block) + block
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func parses(source string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	return err == nil
}

// imports declares what a block uses.
func imports(block string) string {
	const module = "github.com/jellyfish-dev/jellyfish-go/"
	var declared strings.Builder
	for name, path := range map[string]string{
		"context":       "context",
		"errors":        "errors",
		"fmt":           "fmt",
		"http":          "net/http",
		"log":           "log",
		"os":            "os",
		"signal":        "os/signal",
		"synctest":      "testing/synctest",
		"syscall":       "syscall",
		"testing":       "testing",
		"time":          "time",
		"decode":        module + "decode",
		"jellyfishtest": module + "jellyfishtest",
		"rooms":         module + "rooms",
		"stream":        module + "stream",
		"watch":         module + "rooms/watch",
		"wsconn":        module + "wsconn",
	} {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(block) {
			fmt.Fprintf(&declared, "import %q\n", path)
		}
	}
	return declared.String()
}

// Every command of the README names a package that is there, and .ci/run runs it
// or the tests do.
func TestReadmeCommands(t *testing.T) {
	t.Parallel()
	commands := regexp.MustCompile(`(?m)^    (?:go|docker) .*$`).FindAllString(readme(t), -1)
	if len(commands) < 3 {
		t.Fatalf("found the commands %q in the README", commands)
	}
	for _, command := range commands {
		dir, fields := "..", strings.Fields(command)
		if fields[1] == "-C" {
			dir, fields = filepath.Join(dir, fields[2]), slices.Delete(fields, 1, 3)
		}
		if fields[1] != "run" {
			continue // go get, go test.
		}
		sources, err := filepath.Glob(filepath.Join(dir, fields[2], "*.go"))
		if err != nil || len(sources) == 0 {
			t.Errorf("%s: no program in %s", command, filepath.Join(dir, fields[2]))
		}
	}
}
