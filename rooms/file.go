package rooms

import (
	"encoding/json"
	"errors"
	"strings"
)

// FileOptions asks for a component that publishes a file on the server's disk
// into a room. A file that isn't there is [ErrInvalid]. (Server 0.3.0 and later.)
type FileOptions struct {
	// FilePath is the file, relative to file_component_sources in the server's
	// directory of resources. It ends in .h264 for video or .ogg for audio, and
	// is required.
	FilePath string
	// Framerate is how many frames of video are played a second; 0 means 30.
	// Audio has none. (Server 0.4.0 and later.)
	Framerate int
}

func (o FileOptions) component() (componentRequest, error) {
	switch {
	case o.FilePath == "":
		return componentRequest{}, &InputError{"FileOptions.FilePath", errors.New("is empty")}
	case o.Framerate < 0:
		return componentRequest{}, &InputError{"FileOptions.Framerate", errors.New("is negative")}
	case o.Framerate > 0 && strings.HasSuffix(o.FilePath, ".ogg"):
		return componentRequest{}, &InputError{"FileOptions.Framerate", errors.New("is set for a file of audio")}
	}
	return componentRequest{ComponentFile, struct {
		FilePath  string `json:"filePath"`
		Framerate int    `json:"framerate,omitzero"`
	}{o.FilePath, o.Framerate}, nil}, nil
}

// FileProperties are those of a File component.
type FileProperties struct {
	FilePath  string
	Framerate int // 0 for audio, and before server 0.4.0.
}

func (FileProperties) properties() {}

type sentFileProperties struct {
	FilePath  string  `json:"filePath"`
	Framerate *number `json:"framerate"`
}

// MarshalJSON returns the properties as the server writes them.
func (p FileProperties) MarshalJSON() ([]byte, error) {
	sent := sentFileProperties{FilePath: p.FilePath}
	if p.Framerate != 0 {
		sent.Framerate = Set(number(p.Framerate))
	}
	return json.Marshal(sent)
}

// UnmarshalJSON reads the properties as the server writes them.
func (p *FileProperties) UnmarshalJSON(text []byte) error {
	var sent sentFileProperties
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	*p = FileProperties{FilePath: sent.FilePath}
	if sent.Framerate != nil {
		p.Framerate = sent.Framerate.int()
	}
	return nil
}
