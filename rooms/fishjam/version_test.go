package fishjam

import (
	"runtime/debug"
	"testing"
)

func TestLibraryVersion(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		build debug.BuildInfo
		want  string
	}{
		{"a release", debug.BuildInfo{Deps: []*debug.Module{{Path: "other", Version: "v9.0.0"}, {Path: module, Version: "v0.3.1"}}}, "0.3.1"},
		{"a commit", debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v0.3.2-0.20261126000000-0123456789ab"}}}, "0.3.2-0.20261126000000-0123456789ab"},
		{"a fork", debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v0.3.1", Replace: &debug.Module{Path: "fork", Version: "v0.4.0"}}}}, "0.4.0"},
		{"a directory", debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v0.3.1", Replace: &debug.Module{Path: "../jellyfish-go"}}}}, "devel"},
		{"a checkout", debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}}, "devel"},
		{"a checkout of a commit", debug.BuildInfo{Main: debug.Module{Path: module, Version: "v0.3.1+dirty"}}, "0.3.1+dirty"},
		{"another program", debug.BuildInfo{Main: debug.Module{Path: "other", Version: "v1.0.0"}}, "devel"},
	} {
		if got := versionIn(&test.build); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := libraryVersion(); got == "" {
		t.Error("the running test has no version")
	}
}
