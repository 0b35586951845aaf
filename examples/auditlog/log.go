package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// record writes what a subscription delivers, one JSON object per line, until its
// notifier is closed and everything is written. It makes one write per batch. Metadata
// is equivalent JSON then, though not byte for byte.
func record(sub *stream.BatchSubscription, log io.Writer) error {
	buffer := bufio.NewWriter(log)
	encoder := json.NewEncoder(buffer)
	for batch := range sub.All() {
		for _, n := range batch { // Including Gaps: without them the log would look complete.
			if err := encoder.Encode(n); err != nil {
				return err
			}
		}
		if err := buffer.Flush(); err != nil {
			return err
		}
	}
	if err := sub.Err(); !errors.Is(err, stream.ErrClosed) {
		return err
	}
	return nil
}

// replay returns the notifications of a log. The first error is the last element:
// [io.ErrUnexpectedEOF] if the log ends within a line, as after a crash.
func replay(log io.Reader) iter.Seq2[decode.Notification, error] {
	return func(yield func(decode.Notification, error) bool) {
		decoder := json.NewDecoder(log)
		for i := 1; ; i++ {
			var line json.RawMessage
			err := decoder.Decode(&line)
			if err == io.EOF {
				return
			}
			var n decode.Notification
			if err == nil {
				n, err = stream.UnmarshalNotification(line)
			}
			if err != nil {
				yield(nil, fmt.Errorf("notification %d: %w", i, err))
				return
			}
			if !yield(n, nil) {
				return
			}
		}
	}
}
