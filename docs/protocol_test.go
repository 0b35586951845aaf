package docs_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// cited finds the numbers of "section 4.1", "sections 3.2 to 3.4 and 9".
var cited = regexp.MustCompile(`\b[Ss]ections? (\d+(?:\.\d+)?(?:(?:, | and | to )\d+(?:\.\d+)?)*)`)

// Every section of the protocol that a Go file cites is in protocol.md.
func TestCitedSectionsExist(t *testing.T) {
	t.Parallel()
	sections := regexp.MustCompile(`(?m)^#+ (\d+(?:\.\d+)?)\.? `).FindAllStringSubmatch(read(t, "protocol.md"), -1)
	var numbers []string
	for _, section := range sections {
		numbers = append(numbers, section[1])
	}
	citations := 0
	for name, source := range files(t, ".go") {
		source = regexp.MustCompile(`\n\s*// `).ReplaceAllString(source, " ")
		for _, at := range cited.FindAllStringSubmatchIndex(source, -1) {
			if strings.Contains(source[max(0, at[0]-12):at[0]], "RFC") {
				continue
			}
			for _, number := range regexp.MustCompile(`\d+(?:\.\d+)?`).FindAllString(source[at[2]:at[3]], -1) {
				citations++
				if !slices.Contains(numbers, number) {
					t.Errorf("%s cites section %s, which docs/protocol.md doesn't have", name, number)
				}
			}
		}
	}
	if citations == 0 {
		t.Error("found no citations")
	}
}

// The test vectors of protocol.md are those that decode is tested with.
func TestVectorsAreTested(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.FromSlash("../decode/testdata/protocol.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	tested := make(map[string]bool)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var vector struct{ Hex string }
		if err := json.Unmarshal(lines.Bytes(), &vector); err != nil {
			t.Fatal(err)
		}
		tested[vector.Hex] = true
	}
	_, vectors, _ := strings.Cut(read(t, "protocol.md"), "\n# 7. ")
	vectors, _, _ = strings.Cut(vectors, "\n## 7.4 ")
	for _, vector := range regexp.MustCompile("`([0-9a-f]{4,})`").FindAllStringSubmatch(vectors, -1) {
		if !tested[vector[1]] {
			t.Errorf("decode isn't tested with %s", vector[1])
		}
		delete(tested, vector[1])
	}
	for vector := range tested {
		if vector != "" {
			t.Errorf("protocol.md lacks the vector %s", vector)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
