// Package recording writes and reads recordings of what a server told: a JSON
// object a line, with the time at which it came. They are what "watch -o json"
// prints.
package recording

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// longestLine is how large a line may be: metrics reports can have megabytes.
const longestLine = 64 << 20

// Entry is what came at a time: a notification, a metrics report or a Gap.
type Entry struct {
	At           time.Time
	Notification decode.Notification
}

// Read returns the entries of a recording, up to the first that is none.
func Read(in io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		scanner := bufio.NewScanner(in)
		scanner.Buffer(make([]byte, 0, 64<<10), longestLine)
		for number := 1; scanner.Scan(); number++ {
			if len(scanner.Bytes()) == 0 {
				continue
			}
			entry, err := parse(scanner.Bytes())
			if err != nil {
				yield(Entry{}, fmt.Errorf("line %d: %w", number, err))
				return
			}
			if !yield(entry, nil) {
				return
			}
		}
		if err := scanner.Err(); err != nil {
			yield(Entry{}, err)
		}
	}
}

func parse(line []byte) (Entry, error) {
	var heading struct {
		Time time.Time `json:"time"`
	}
	if err := json.Unmarshal(line, &heading); err != nil {
		return Entry{}, err
	}
	n, err := stream.UnmarshalNotification(line)
	return Entry{heading.Time, n}, err
}

// Paced returns the entries at the pace at which they came, or speed times that;
// speed 0 is without a pause. It ends with the context.
func Paced(ctx context.Context, entries iter.Seq2[Entry, error], speed float64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var before time.Time
		for entry, err := range entries {
			if err == nil {
				if !before.IsZero() && speed > 0 {
					pause(ctx, time.Duration(float64(entry.At.Sub(before))/speed))
				}
				before = entry.At
				err = ctx.Err()
			}
			if !yield(entry, err) || err != nil {
				return
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
