package rooms

import (
	"net/http"
	"strings"
)

// meaning returns the sentinel for a server's answer, nil if there is none. It
// goes by texts because statuses don't tell what is missing, and a component
// that doesn't exist is 404 to some endpoints and 400 to others.
func meaning(status int, text string) error {
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusServiceUnavailable:
		if isLimit(text) {
			return ErrLimitReached
		}
	case http.StatusNotFound:
		return missing(text)
	case http.StatusBadRequest:
		switch {
		case missing(text) != nil:
			return missing(text)
		case isLimit(text):
			return ErrLimitReached
		case strings.HasPrefix(text, "Cannot add room") && strings.HasSuffix(text, "room already exists"):
			return ErrAlreadyExists
		}
		return ErrInvalid
	case http.StatusRequestEntityTooLarge:
		return ErrInvalid
	}
	return nil
}

// missing returns the sentinel for a text that says what doesn't exist.
func missing(text string) error {
	switch text {
	case "Recording not found":
		return ErrRecordingNotFound
	case "File not found": // Of a File component.
		return ErrInvalid
	}
	if !strings.HasSuffix(text, " does not exist") {
		return nil
	}
	for _, thing := range []struct {
		name string
		err  error
	}{
		{"Room ", ErrRoomNotFound},
		{"Peer ", ErrPeerNotFound},
		{"Component ", ErrComponentNotFound},
		{"HLS component ", ErrComponentNotFound}, // Before 0.5.0.
	} {
		if strings.HasPrefix(text, thing.name) {
			return thing.err
		}
	}
	return nil
}

// isLimit recognises "Reached peer limit in room …", "Reached hls components
// limit in room …" and their older wordings.
func isLimit(text string) bool {
	return strings.HasPrefix(text, "Reached ") && strings.Contains(text, " limit ")
}
