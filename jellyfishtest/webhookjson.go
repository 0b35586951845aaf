package jellyfishtest

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// knows tells whether the server has such a notification: server 0.3.0 has none
// that is numbered higher than hls_upload_crashed.
func (w Webhooks) knows(n decode.Notification) bool {
	number := int32(n.Kind())
	if unknown, ok := n.(decode.Unknown); ok {
		number = unknown.Number
	}
	return !w.JSON || number <= int32(decode.KindHLSUploadCrashed)
}

var errNotText = errors.New("the message is not UTF-8")

// webhookJSON returns the body in which server 0.3.0 sends a message: protobuf
// bytes as a string, spelled as its JSON encoder does.
func webhookJSON(message []byte) ([]byte, error) {
	if !utf8.Valid(message) {
		return nil, errNotText
	}
	body := []byte(`{"notification":"`)
	for _, b := range message {
		body = appendEscaped(body, b)
	}
	return append(body, `"}`...), nil
}

func appendEscaped(to []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(to, '\\', b)
	case '\b':
		return append(to, `\b`...)
	case '\t':
		return append(to, `\t`...)
	case '\n':
		return append(to, `\n`...)
	case '\f':
		return append(to, `\f`...)
	case '\r':
		return append(to, `\r`...)
	}
	if b < ' ' {
		return fmt.Appendf(to, `\u%04X`, b)
	}
	return append(to, b)
}
