package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// jsonLines prints one JSON object on a line for each notification: when it was
// received, its kind, and then its own fields as package decode names them.
type jsonLines struct {
	out io.Writer
}

// heading is what the object of every kind begins with.
type heading struct {
	Time string      `json:"time"`
	Kind decode.Kind `json:"kind"`
}

// gapFields are the fields of a stream.Gap; those that say nothing are left out.
type gapFields struct {
	Dropped     uint64 `json:"dropped,omitzero"`
	Undecodable uint64 `json:"undecodable,omitzero"`
	Outages     int    `json:"outages,omitzero"`
	Since       string `json:"since,omitzero"`
	Until       string `json:"until,omitzero"`
	From        string `json:"from,omitzero"`
	To          string `json:"to,omitzero"`
	Error       string `json:"error,omitzero"`
}

// reportFields are the fields of a stream.Report.
type reportFields struct {
	Skipped uint64          `json:"skipped"`
	Metrics decode.Metadata `json:"metrics"` // Whatever the server sent, JSON or not.
}

func (j jsonLines) print(n decode.Notification) error {
	line, err := json.Marshal(heading{timestamp(time.Now()), n.Kind()})
	if err != nil {
		return err
	}
	own, err := json.Marshal(fields(n))
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

// fields returns the notification's own fields, to be marshalled.
func fields(n decode.Notification) any {
	switch n := n.(type) {
	case stream.Gap:
		return fieldsOfGap(n)
	case stream.Report:
		return reportFields{n.Skipped, decode.Metadata(n.JSON)}
	}
	return n
}

func fieldsOfGap(g stream.Gap) gapFields {
	f := gapFields{
		Dropped:     g.Dropped,
		Undecodable: g.Undecodable,
		Outages:     g.Outages,
		Since:       timestamp(g.Since),
		Until:       timestamp(g.Until),
		From:        g.From,
		To:          g.To,
	}
	if g.Err != nil {
		f.Error = g.Err.Error()
	}
	return f
}

// timestamp returns the time as in RFC 3339, with milliseconds and in UTC, and
// nothing for no time.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
