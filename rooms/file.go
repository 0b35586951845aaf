package rooms

import (
	"strings"

	"github.com/jellyfish-dev/jellyfish-go/internal/input"
)

// FileOptions asks for a component that publishes a file on the server's disk
// into a room. A missing file is [ErrInvalid]. (Server 0.3.0 and later.)
type FileOptions struct {
	// FilePath is the path of the file, relative to file_component_sources in the
	// server's resource directory. It must end in .h264 for video or .ogg for
	// audio, and is required.
	FilePath string
	// Framerate is the number of video frames per second; 0 means 30. It must be 0
	// for audio. (Server 0.4.0 and later.)
	Framerate int
}

func (o FileOptions) component() (componentRequest, error) {
	switch {
	case o.FilePath == "":
		return componentRequest{}, input.New("FileOptions.FilePath", "must not be empty")
	case o.Framerate < 0:
		return componentRequest{}, input.New("FileOptions.Framerate", "must not be negative")
	case o.Framerate > 0 && strings.HasSuffix(o.FilePath, ".ogg"):
		return componentRequest{}, input.New("FileOptions.Framerate", "must not be set for a file of audio")
	}
	return componentRequest{ComponentFile, struct {
		FilePath  string `json:"filePath"`
		Framerate int    `json:"framerate,omitzero"`
	}{o.FilePath, o.Framerate}, nil}, nil
}

// FileProperties are the properties of a File component.
type FileProperties struct {
	FilePath  string
	Framerate int // 0 for audio, and before server 0.4.0.
}

func (FileProperties) properties() {}

func (r *reader) file(p *FileProperties) {
	switch string(r.Key()) {
	case "filepath":
		p.FilePath = r.Text()
	case "framerate":
		p.Framerate = r.Count()
	default:
		r.Skip()
	}
}
