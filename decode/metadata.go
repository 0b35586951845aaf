package decode

import (
	"encoding/json"
	"fmt"
)

// Metadata is the raw JSON text that a peer or a component attached to itself
// or to a track. The server sends the four characters null where there is none;
// an empty text means that it sent nothing at all.
type Metadata string

// Unmarshal parses the metadata into the value that v points to, as
// [json.Unmarshal] does. Empty metadata is treated as null.
func (m Metadata) Unmarshal(v any) error {
	text := m
	if text == "" {
		text = "null"
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("decode: metadata: %w", err)
	}
	return nil
}

// MarshalJSON returns the metadata as it is where it is valid JSON, null where
// it is empty, and a JSON string of the text otherwise.
func (m Metadata) MarshalJSON() ([]byte, error) {
	switch text := []byte(m); {
	case len(text) == 0:
		return []byte("null"), nil
	case json.Valid(text):
		return text, nil
	}
	return json.Marshal(string(m))
}
