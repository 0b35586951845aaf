package stream_test

import "github.com/jellyfish-dev/jellyfish-go/wsconn"

func closeText(code int, reason string) string {
	return (&wsconn.CloseError{Code: code, Reason: reason}).Error()
}
