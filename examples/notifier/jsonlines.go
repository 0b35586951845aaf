package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// jsonLines prints one JSON object on a line for each notification: when it was
// received, and then its kind and its fields, as stream.UnmarshalNotification reads
// them.
type jsonLines struct {
	out io.Writer
}

func (j jsonLines) print(n decode.Notification) error {
	object, err := json.Marshal(n)
	if err != nil {
		return err
	}
	received := time.Now().UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
	_, err = fmt.Fprintf(j.out, "{\"time\":%q,%s\n", received, object[1:])
	return err
}
