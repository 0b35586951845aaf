package dashboard

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"time"
)

//go:embed static
var static embed.FS

// writeTimeout is how long a browser may take to accept what is written to it.
const writeTimeout = 10 * time.Second

// file is one of the page's files.
type file struct {
	kind, tag string
	body      []byte
}

// contentTypes are those of the page's files, by the end of their names.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

func staticFiles() (map[string]file, error) {
	entries, err := static.ReadDir("static")
	if err != nil {
		return nil, fmt.Errorf("dashboard: embedded files: %w", err)
	}
	files := make(map[string]file)
	for _, entry := range entries {
		body, err := static.ReadFile("static/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("dashboard: embedded files: %w", err)
		}
		sum := sha256.Sum256(body)
		files[entry.Name()] = file{
			kind: contentTypes[path.Ext(entry.Name())],
			tag:  `"` + hex.EncodeToString(sum[:12]) + `"`,
			body: body,
		}
	}
	return files, nil
}

// serve answers by the last element of the path, so that the page works wherever
// it is mounted.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	_, name := path.Split(r.URL.Path)
	switch name {
	case "stream":
		h.serveStream(w, r)
		return
	case "room":
		h.serveRoom(w, r)
		return
	case "":
		name = "index.html"
	}
	f, ok := h.files[name]
	if !ok || r.URL.Path == "" {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", f.tag)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.body))
}

// serveRoom answers with all there is about one room.
func (h *Handler) serveRoom(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	text, ok := h.board.detail(r.URL.Query().Get("id"))
	if !ok {
		http.Error(w, "There is no such room.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}

// serveStream sends a browser everything once, and then what changes, until it
// goes, lags behind, or the page's context ends.
func (h *Handler) serveStream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	b, first, ok := h.board.join()
	if !ok {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "Too many browsers look already, or the program is ending.", http.StatusServiceUnavailable)
		return
	}
	defer h.board.leave(b)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // A proxy must not hold back what is sent.
	control := http.NewResponseController(w)
	send := func(text []byte) bool {
		// Where there are no deadlines the stream's end comes with the queue's.
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, err := w.Write(text)
		return err == nil && control.Flush() == nil
	}
	if !send([]byte("retry: 1000\n\n")) || !send(first) {
		return
	}
	for {
		select {
		case text, open := <-b.queue:
			if !open || !send(text) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
