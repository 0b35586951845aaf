// Command vulncheck runs govulncheck in the modules whose directories it is given,
// or in the current one, against the Go vulnerability database as the module
// golang.org/x/vulndb holds it, so that a module proxy is all it needs.
//
// It fails if code of this repository calls something vulnerable in a required
// module. What is vulnerable in the standard library is the toolchain's, and only
// printed.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	database    = "golang.org/x/vulndb@latest"
	govulncheck = "golang.org/x/vuln/cmd/govulncheck@v1.9.0"
)

func main() {
	log.SetFlags(0)
	dirs := os.Args[1:]
	if len(dirs) == 0 {
		dirs = []string{"."}
	}
	db, err := download()
	if err != nil {
		log.Fatal("vulnerability database: ", err)
	}
	failed := false
	for _, dir := range dirs {
		found, err := check(dir, db)
		if err != nil {
			log.Fatalf("%s: %v", dir, err)
		}
		for _, v := range found {
			fmt.Printf("%s: %v\n", dir, v)
			failed = failed || !v.inStandardLibrary()
		}
	}
	if failed {
		log.Fatal("code of this repository calls what is vulnerable: require the versions in which that is fixed")
	}
}

// download returns the directory of the database's entries, one file each, which
// govulncheck takes as it is.
func download() (string, error) {
	command := exec.Command("go", "mod", "download", "-json", database)
	command.Dir = os.TempDir() // Not in a module, whose go.mod it could change.
	answer, err := command.Output()
	var module struct{ Dir, Error string }
	switch {
	case json.Unmarshal(answer, &module) != nil:
		return "", err
	case module.Error != "":
		return "", errors.New(module.Error)
	}
	return filepath.Join(module.Dir, "data", "osv"), nil
}

// vulnerability is one that the code calls.
type vulnerability struct {
	ID    string `json:"osv"`
	Fixed string `json:"fixed_version"`
	Trace []struct {
		Module   string
		Version  string
		Package  string
		Function string
	}
}

func (v vulnerability) inStandardLibrary() bool { return v.Trace[0].Module == "stdlib" }

func (v vulnerability) String() string {
	at := v.Trace[0]
	name, version := at.Module, at.Version
	if v.inStandardLibrary() {
		name = "standard library"
	}
	return fmt.Sprintf("%s %s %s, in %s, fixed in %s", v.ID, name, version, at.Package, cmp.Or(v.Fixed, "no version"))
}

// check returns what the module in a directory calls, each vulnerability once.
func check(dir, db string) ([]vulnerability, error) {
	command := exec.Command("go", "run", govulncheck, "-format", "json", "-db", "file://"+filepath.ToSlash(db), "./...")
	command.Dir = dir
	var trouble strings.Builder
	command.Stderr = &trouble
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("govulncheck: %w\n%s", err, trouble.String())
	}
	found := make(map[string]vulnerability)
	for messages := json.NewDecoder(strings.NewReader(string(output))); ; {
		var message struct{ Finding *vulnerability }
		if err := messages.Decode(&message); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("govulncheck's output: %w", err)
		}
		if f := message.Finding; f != nil && len(f.Trace) > 0 && f.Trace[0].Function != "" {
			found[f.ID+f.Trace[0].Module] = *f
		}
	}
	list := make([]vulnerability, 0, len(found))
	for _, v := range found {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b vulnerability) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}
