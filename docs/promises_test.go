package docs_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the lists of tests in promises.md")

// promised finds the tests of a promise, and its number.
var promised = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)P(\d+)[A-Z]\w*)\(`)

// awaited are the promises that no test holds yet.
var awaited = []string{}

// Every promise has tests, and promises.md lists them, no other and all of them.
func TestPromisesAreTested(t *testing.T) {
	t.Parallel()
	tests := make(map[string]map[string][]string) // By promise, by package.
	for name, source := range files(t, "_test.go") {
		for _, test := range promised.FindAllStringSubmatch(source, -1) {
			promise, pkg := "P"+test[2], path.Dir(name)
			if tests[promise] == nil {
				tests[promise] = make(map[string][]string)
			}
			tests[promise][pkg] = append(tests[promise][pkg], test[1])
		}
	}
	text := read(t, "promises.md")
	written := text
	headings := regexp.MustCompile(`(?m)^## (P\d+) `).FindAllStringSubmatch(text, -1)
	for _, heading := range headings {
		promise := heading[1]
		if tested := len(tests[promise]) > 0; tested == slices.Contains(awaited, promise) {
			t.Errorf("%s has tests: %t", promise, tested)
		}
		begin := "<!-- tests " + promise + " -->\n"
		before, rest, begun := strings.Cut(written, begin)
		_, after, ended := strings.Cut(rest, "<!-- end -->\n")
		if !begun || !ended {
			t.Fatalf("%s has no place for its tests", promise)
		}
		written = before + begin + testList(tests[promise]) + "<!-- end -->\n" + after
		delete(tests, promise)
	}
	for promise, of := range tests {
		t.Errorf("promises.md has no %s, which %v tests", promise, of)
	}
	if written == text {
		return
	}
	if !*update {
		t.Fatal("the lists of tests are not those of the code: go test ./docs -update")
	}
	if err := os.WriteFile("promises.md", []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
}

// testList writes tests by package, a paragraph each, in lines of at most 88
// characters.
func testList(tests map[string][]string) string {
	var text strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(tests)) {
		line := fmt.Sprintf("- `%s`:", pkg)
		names := slices.Clone(tests[pkg])
		slices.Sort(names)
		for i, name := range names {
			word := " `" + name + "`"
			if i < len(names)-1 {
				word += ","
			}
			if len(line)+len(word) > 88 {
				text.WriteString(line + "\n")
				line = " "
			}
			line += word
		}
		text.WriteString(line + "\n")
	}
	return text.String()
}
