package examples_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
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
// within a function that has ctx, cfg, notifier, sub and client.
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
		block = fmt.Sprintf(`func block%d(ctx context.Context, cfg stream.Config, notifier *stream.Notifier, sub *stream.Subscription, client *rooms.Client) error {
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

// The table of the configuration has a row for each field, and no other.
func TestReadmeNamesEveryConfigField(t *testing.T) {
	fields := fieldsOf(reflect.TypeFor[stream.Config](), "")
	compareRows(t, "Configuration", "(?m)^\\| `(\\w+)` \\|", fields)
}

// So has that of webhooks, with the fields of its Requests.
func TestReadmeNamesEveryWebhookField(t *testing.T) {
	fields := fieldsOf(reflect.TypeFor[stream.WebhookConfig](), "")
	fields = append(fields, fieldsOf(reflect.TypeFor[decode.RequestDecoder](), "Requests.")...)
	compareRows(t, "Webhooks", "(?m)^\\| `([\\w.]+)` \\|", fields)
}

// fieldsOf returns the names of a type's fields, each behind a prefix.
func fieldsOf(structure reflect.Type, prefix string) []string {
	var names []string
	for _, field := range reflect.VisibleFields(structure) {
		names = append(names, prefix+field.Name)
	}
	return names
}

// The table of the options has a row for each, and no other.
func TestReadmeNamesEveryOption(t *testing.T) {
	compareRows(t, "Configuration", "(?m)^\\| `(\\w+)\\(.*\\)` \\|", streamOptions(t))
}

// compareRows compares the rows of a table in a section, whose first cells the
// pattern finds, with the names that there are.
func compareRows(t *testing.T, heading, pattern string, names []string) {
	t.Helper()
	_, section, _ := strings.Cut(readme(t), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []string
	for _, row := range regexp.MustCompile(pattern).FindAllStringSubmatch(section, -1) {
		rows = append(rows, row[1])
	}
	slices.Sort(rows)
	slices.Sort(names)
	if len(names) == 0 || !slices.Equal(rows, names) {
		t.Errorf("the README has rows for %q, the package has %q", rows, names)
	}
}

// streamOptions returns the names of the exported functions of package stream
// that return an Option.
func streamOptions(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../stream/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range source.Decls {
			if function, ok := declared.(*ast.FuncDecl); ok && isOption(function) {
				names = append(names, function.Name.Name)
			}
		}
	}
	return names
}

func isOption(f *ast.FuncDecl) bool {
	if f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil {
		return false
	}
	result, ok := f.Type.Results.List[0].Type.(*ast.Ident)
	return ok && result.Name == "Option"
}

// What the README links to is there.
func TestReadmeLinks(t *testing.T) {
	prose := regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(readme(t), "")
	links := regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(prose, -1)
	if len(links) == 0 {
		t.Fatal("found no links")
	}
	for _, link := range links {
		if heading, ok := strings.CutPrefix(link[1], "#"); ok {
			if !strings.Contains(headings(prose), "#"+heading+"\n") {
				t.Errorf("there is no heading %q", heading)
			}
		} else if _, err := os.Stat(filepath.Join("..", link[1])); err != nil {
			t.Error(err)
		}
	}
}

// headings returns the headings of the README as links spell them, a line each.
func headings(prose string) string {
	var lines strings.Builder
	for _, heading := range regexp.MustCompile("(?m)^#+ (.*)$").FindAllStringSubmatch(prose, -1) {
		fmt.Fprintf(&lines, "#%s\n", strings.ReplaceAll(strings.ToLower(heading[1]), " ", "-"))
	}
	return lines.String()
}
