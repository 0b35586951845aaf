// Package docs_test holds the documents to the code that they speak of.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// files returns the text of every file of the repository that has the ending, by
// its path from the repository's root.
func files(t *testing.T, ending string) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".."
		if entry.IsDir() && (hidden || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ending) {
			return nil
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel("..", path)
		texts[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// What a document links to within the repository is there: the file, and the
// heading in it.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	documents := files(t, ".md")
	for name, text := range documents {
		for _, link := range regexp.MustCompile(`\]\(([^()\s]+)\)`).FindAllStringSubmatch(prose(text), -1) {
			if regexp.MustCompile(`^[a-z]+:`).MatchString(link[1]) {
				continue
			}
			file, heading, _ := strings.Cut(link[1], "#")
			target := name
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(name), file))
			}
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				t.Errorf("%s links to %s: %v", name, link[1], err)
				continue
			}
			if heading != "" && !slices.Contains(anchors(documents[target]), heading) {
				t.Errorf("%s links to %s, and there is no such heading", name, link[1])
			}
		}
	}
}

// prose returns a document without its blocks and pieces of code.
func prose(text string) string {
	text = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(text, "")
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text, "")
}

// anchors returns the headings of a document as links spell them.
func anchors(text string) []string {
	text = regexp.MustCompile("(?ms)^```.*?^```$").ReplaceAllString(text, "")
	var list []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := strings.ReplaceAll(strings.ToLower(heading[1]), " ", "-")
		list = append(list, regexp.MustCompile(`[^\p{L}\p{N}_-]`).ReplaceAllString(anchor, ""))
	}
	return list
}

// packages are those that documents speak of, by name.
var packages = map[string]string{
	"decode":        "../decode",
	"fishjam":       "../rooms/fishjam",
	"jellyfishtest": "../jellyfishtest",
	"rooms":         "../rooms",
	"stream":        "../stream",
	"watch":         "../rooms/watch",
	"wsconn":        "../wsconn",
}

// variables are what documents call a value of a type, or of one of several.
var variables = map[string][]string{
	"client":   {"rooms.Client", "fishjam.Client"},
	"hosted":   {"fishjam.Client"},
	"notifier": {"stream.Notifier"},
	"sub":      {"stream.Subscription"},
	"view":     {"watch.View"},
}

// What documents write as pkg.Name is exported by that package, and what they
// call on a client, notifier, subscription or view is a method of it.
func TestNamesExist(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for name, dir := range packages {
		addNames(t, names, name, dir)
	}
	code := regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]+`")
	qualified := regexp.MustCompile(`(?:^|[^\w./])([a-z]+)\.([A-Z]\w*)`)
	for document, text := range files(t, ".md") {
		for _, piece := range code.FindAllString(text, -1) {
			for _, used := range qualified.FindAllStringSubmatch(piece, -1) {
				of := variables[used[1]]
				if packages[used[1]] != "" {
					of = []string{used[1]}
				}
				exists := func(of string) bool { return names[of+"."+used[2]] }
				if len(of) > 0 && !slices.ContainsFunc(of, exists) {
					t.Errorf("%s mentions %s.%s, which doesn't exist", document, used[1], used[2])
				}
			}
		}
	}
}

// addNames adds what the package in a directory declares: pkg.Name, and
// pkg.Type.Method.
func addNames(t *testing.T, names map[string]bool, pkg, dir string) {
	t.Helper()
	sources, err := filepath.Glob(dir + "/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range file.Decls {
			for _, name := range declaredNames(declared) {
				names[pkg+"."+name] = true
			}
		}
	}
}

func declaredNames(declared ast.Decl) []string {
	var names []string
	switch declared := declared.(type) {
	case *ast.FuncDecl:
		names = append(names, receiver(declared)+declared.Name.Name)
	case *ast.GenDecl:
		for _, spec := range declared.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

// receiver returns "Type." of a method, and nothing of a function.
func receiver(function *ast.FuncDecl) string {
	if function.Recv == nil {
		return ""
	}
	kind := function.Recv.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name + "."
	}
	return "generic."
}

// A test that a document names exists.
func TestNamedTestsExist(t *testing.T) {
	t.Parallel()
	var tests []string
	for _, source := range files(t, "_test.go") {
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark|Example)\w+)\(`).FindAllStringSubmatch(source, -1) {
			tests = append(tests, found[1])
		}
	}
	for name, text := range files(t, ".md") {
		for _, named := range regexp.MustCompile("`((?:Test|Fuzz|Benchmark|Example)[A-Z]\\w*)`").FindAllStringSubmatch(text, -1) {
			if !slices.Contains(tests, named[1]) {
				t.Errorf("%s names %s, which doesn't exist", name, named[1])
			}
		}
	}
}
