// Package version tells the version of this library.
package version

import (
	"runtime/debug"
	"strings"
)

// module is this library's path.
const module = "github.com/jellyfish-dev/jellyfish-go"

// Library returns the version of this library that the program was built with, as
// in "0.3.1". It is "devel" where the build doesn't tell one: in a checkout of the
// library, behind a replace directive, and in a test.
func Library() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return unknown
	}
	return of(build)
}

const unknown = "devel"

func of(build *debug.BuildInfo) string {
	if build.Main.Path == module {
		return shown(build.Main.Version)
	}
	for _, dependency := range build.Deps {
		if dependency.Path != module {
			continue
		}
		if dependency.Replace != nil {
			return shown(dependency.Replace.Version)
		}
		return shown(dependency.Version)
	}
	return unknown
}

func shown(version string) string {
	text, found := strings.CutPrefix(version, "v")
	if !found { // Empty, or "(devel)".
		return unknown
	}
	return text
}
