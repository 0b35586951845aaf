package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// jsonLines prints one JSON object on a line for each notification: when it was
// received, its kind, and then its own fields as packages decode and stream name them.
type jsonLines struct {
	out io.Writer
}

// heading is what the object of every kind begins with.
type heading struct {
	Time time.Time   `json:"time"`
	Kind decode.Kind `json:"kind"`
}

func (j jsonLines) print(n decode.Notification) error {
	line, err := json.Marshal(heading{time.Now().UTC().Truncate(time.Millisecond), n.Kind()})
	if err != nil {
		return err
	}
	own, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if string(own) != "{}" { // Make one object of the two.
		line = append(line[:len(line)-1], ',')
		line = append(line, own[1:]...)
	}
	_, err = j.out.Write(append(line, '\n'))
	return err
}
