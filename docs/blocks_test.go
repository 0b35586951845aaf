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
		if name == "README.md" {
			continue
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

// source makes a file of a block.
func source(block string) string {
	if parses("package document\n" + block) {
		return "package document\n" + imports(block) + block
	}
	return "package document\n" + imports(block+"context. stream. rooms.") + `
func block(ctx context.Context, cfg stream.Config, notifier *stream.Notifier, sub *stream.Subscription, client *rooms.Client) error {
` + block + "return nil\n}\n"
}

func parses(source string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	return err == nil
}

// imports declares what a block uses.
func imports(block string) string {
	paths := map[string]string{
		"context": "context", "errors": "errors", "fmt": "fmt", "http": "net/http",
		"log": "log", "os": "os", "testing": "testing", "time": "time",
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
