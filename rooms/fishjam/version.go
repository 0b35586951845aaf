package fishjam

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/internal/jsonread"
	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// Deprecation is what Fishjam says about this library's version, in the header
// x-fishjam-api-deprecated of its responses.
type Deprecation struct {
	// Unsupported means that the API that this version uses isn't supported any more;
	// otherwise it will be at some time.
	Unsupported bool
	// Message is Fishjam's text, shortened to some 500 bytes and without this client's
	// secrets.
	Message string
}

const (
	deprecationHeader = "X-Fishjam-Api-Deprecated"
	deprecationSize   = 4 << 10 // In bytes; a longer header is ignored.
	messageSize       = 500
)

// deprecation remembers what the responses said.
type deprecation struct {
	logger *slog.Logger // Nil disables logging.

	mu     sync.Mutex
	latest *Deprecation
	logged map[bool]bool // By Unsupported.
}

// Deprecated returns what Fishjam last said about this library's version; false if
// it has said nothing, which means that the version is up to date or that there was
// no response yet. The Logger gets a line when it is said for the first time: a
// warning if the version is deprecated, an error if it is unsupported.
func (c *Client) Deprecated() (Deprecation, bool) {
	c.deprecation.mu.Lock()
	defer c.deprecation.mu.Unlock()
	if c.deprecation.latest == nil {
		return Deprecation{}, false
	}
	return *c.deprecation.latest, true
}

// read reads the header of a response, and ignores one that it can't read.
func (d *deprecation) read(ctx context.Context, header http.Header, hide redact.Redactor) {
	text := header.Get(deprecationHeader)
	if text == "" || len(text) > deprecationSize {
		return
	}
	said, ok := readDeprecation(ctx, text)
	if !ok {
		return
	}
	said.Message = redact.Cut(hide.Text(said.Message), messageSize)
	d.mu.Lock()
	d.latest = &said
	first := !d.logged[said.Unsupported]
	if d.logged == nil {
		d.logged = make(map[bool]bool)
	}
	d.logged[said.Unsupported] = true
	d.mu.Unlock()
	if !first || d.logger == nil {
		return
	}
	if said.Unsupported {
		d.logger.ErrorContext(ctx, "Fishjam doesn't support this version of jellyfish-go any more", "message", said.Message)
	} else {
		d.logger.WarnContext(ctx, "Fishjam calls this version of jellyfish-go deprecated", "message", said.Message)
	}
}

// readDeprecation reads the header's text; false if the text isn't of the known form.
func readDeprecation(ctx context.Context, text string) (Deprecation, bool) {
	var said Deprecation
	status := ""
	r := jsonread.New(ctx, strings.NewReader(text), deprecationSize)
	for ok := r.Object(); ok && r.Field(); {
		switch string(r.Key()) {
		case "status":
			status = r.Text()
		case "message":
			said.Message = r.Text()
		default:
			r.Skip()
		}
	}
	said.Unsupported = status == "unsupported"
	return said, r.End() == nil && (said.Unsupported || status == "deprecated")
}

const (
	module         = "github.com/jellyfish-dev/jellyfish-go"
	unknownVersion = "devel"
)

// libraryVersion returns the version of this library that the program was built with,
// as in "0.3.1". It is "devel" if the build doesn't tell: in a checkout of the library,
// with a replace directive, and in a test.
func libraryVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return unknownVersion
	}
	return versionIn(build)
}

// versionIn returns the version of this library in a build.
func versionIn(build *debug.BuildInfo) string {
	if build.Main.Path == module {
		return trimV(build.Main.Version)
	}
	for _, dependency := range build.Deps {
		if dependency.Path != module {
			continue
		}
		if dependency.Replace != nil {
			return trimV(dependency.Replace.Version)
		}
		return trimV(dependency.Version)
	}
	return unknownVersion
}

// trimV returns a version without its leading letter.
func trimV(version string) string {
	text, found := strings.CutPrefix(version, "v")
	if !found { // Empty, or "(devel)".
		return unknownVersion
	}
	return text
}
