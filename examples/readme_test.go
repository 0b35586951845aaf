package examples_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/stream"
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
// within a function that has ctx, cfg and sub.
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
`

// part makes a source file of a block that is no whole program.
func part(number int, block string) string {
	if !parses("package readme\n" + block) {
		block = fmt.Sprintf(`func block%d(ctx context.Context, cfg stream.Config, sub *stream.Subscription) error {
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
		"log":           "log",
		"testing":       "testing",
		"time":          "time",
		"decode":        module + "decode",
		"jellyfishtest": module + "jellyfishtest",
		"stream":        module + "stream",
		"wsconn":        module + "wsconn",
	} {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(block) {
			fmt.Fprintf(&declared, "import %q\n", path)
		}
	}
	return declared.String()
}

// The table of the configuration has a row for each field, and no other.
func TestReadmeNamesEveryConfigField(t *testing.T) {
	_, section, _ := strings.Cut(readme(t), "\n## Configuration\n")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\|").FindAllStringSubmatch(section, -1) {
		listed[row[1]] = true
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[stream.Config]()) {
		if !listed[field.Name] {
			t.Errorf("no row for Config.%s", field.Name)
		}
		delete(listed, field.Name)
	}
	for name := range listed {
		t.Errorf("a row for %s, which Config doesn't have", name)
	}
}

// What the README links to is there.
func TestReadmeLinks(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(readme(t), -1)
	if len(links) == 0 {
		t.Fatal("found no links")
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join("..", link[1])); err != nil {
			t.Error(err)
		}
	}
}
