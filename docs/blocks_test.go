package docs_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every Go block of the documents compiles: declarations, or statements in a
// function that has ctx, cfg, notifier, sub and client. The README's are compiled
// beside the examples.
func TestGoBlocksCompile(t *testing.T) {
	t.Parallel()
	blocks := 0
	for name, text := range files(t, ".md") {
		if inNestedModule(name) {
			continue // Its own tests know what it depends on.
		}
		for i, block := range regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
			blocks++
			file := filepath.Join(t.TempDir(), "block.go")
			if err := os.WriteFile(file, []byte(source(block[1])), 0o600); err != nil {
				t.Fatal(err)
			}
			if output, err := exec.CommandContext(t.Context(), "go", "vet", file).CombinedOutput(); err != nil {
				t.Errorf("%s, block %d: %v\n%s", name, i+1, err, output)
			}
		}
	}
	if blocks == 0 {
		t.Error("found no blocks")
	}
}

// inNestedModule reports whether a file belongs to another module than the root's.
func inNestedModule(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, err := os.Stat(filepath.Join("..", dir, "go.mod")); err == nil {
			return true
		}
	}
	return false
}

// source makes a file of a block: of a program, of functions, or of statements
// within a function that has ctx, cfg, notifier, sub and client.
func source(block string) string {
	if parses(block) {
		return block
	}
	if strings.Contains(block, "save(") {
		block = "save := func(...decode.Notification) {}\n" + block
	}
	if parses("package document\n" + block) {
		return "package document\n" + imports(block) + block
	}
	if last := strings.LastIndex(strings.TrimSpace(block), "\n"); !strings.HasPrefix(block[last+1:], "return") {
		block += "return nil\n"
	}
	return "package document\n" + imports(block+"context. stream. rooms.") + `
func block(ctx context.Context, cfg stream.Config, notifier *stream.Notifier, sub *stream.Subscription, client *rooms.Client) error {
` + block + "}\n"
}

func parses(source string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	return err == nil
}

// imports declares what a block uses.
func imports(block string) string {
	paths := map[string]string{
		"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http", "json": "encoding/json", "sync": "sync",
		"log": "log", "os": "os", "signal": "os/signal", "synctest": "testing/synctest",
		"syscall": "syscall", "testing": "testing", "time": "time",
	}
	for name, dir := range packages {
		paths[name] = path.Join("github.com/jellyfish-dev/jellyfish-go", strings.TrimPrefix(dir, "../"))
	}
	var declared strings.Builder
	for name, from := range paths {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(block) {
			fmt.Fprintf(&declared, "import %q\n", from)
		}
	}
	return declared.String()
}

// Every program that a document has run is there.
func TestCommandsExist(t *testing.T) {
	commands := 0
	for name, text := range files(t, ".md") {
		for _, command := range regexp.MustCompile("(?m)^    go (.*)$|`go ((?:-C \\S+ )?run [^`]*)`").FindAllStringSubmatch(text, -1) {
			dir, fields := "..", strings.Fields(command[1]+command[2])
			if fields[0] == "-C" {
				dir, fields = filepath.Join(dir, fields[1]), fields[2:]
			}
			if fields[0] != "run" {
				continue
			}
			commands++
			program := filepath.Join(dir, fields[1])
			if sources, err := filepath.Glob(filepath.Join(program, "*.go")); err != nil || len(sources) == 0 {
				t.Errorf("%s: go %s: no program in %s", name, strings.Join(fields, " "), program)
			}
		}
	}
	if commands == 0 {
		t.Error("found no commands")
	}
}
