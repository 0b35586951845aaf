package jellyfishtest

import (
	"path"
	"strings"
)

// insidePath returns a path without its dots. It returns false for one that
// leads out of the directory that it is relative to, or to that itself.
func insidePath(name string) (clean string, inside bool) {
	clean = strings.TrimPrefix(path.Join("/base", name), "/base/")
	return clean, !strings.HasPrefix(clean, "/")
}
