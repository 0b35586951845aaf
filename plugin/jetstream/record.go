package jetstream

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// claimHeader marks the record with which a bridge begins to lead: after a handover
// that left nothing out, or with a Gap.
const claimHeader = "Jellyfish-Claim"

// record is what bridges know of a message of the stream.
type record struct {
	sequence uint64
	at       time.Time
	author   string // The bridge's run.
	counter  uint64 // The author's own number.
	subject  string
	claim    bool
	handover bool
	gap      bool
	control  bool
	body     []byte
}

// recordOf reads a message. What no bridge has written has no author.
func (l Layout) recordOf(msg jetstream.Msg) (record, uint64, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return record{}, 0, err
	}
	author, counter := authorOf(msg.Headers().Get(nats.MsgIdHdr))
	return record{
		sequence: meta.Sequence.Stream,
		at:       meta.Timestamp,
		author:   author,
		counter:  counter,
		subject:  msg.Subject(),
		claim:    msg.Headers().Get(claimHeader) != "",
		handover: msg.Subject() == l.controlSubject("handover"),
		gap:      msg.Subject() == l.gapSubject(),
		control:  strings.HasPrefix(msg.Subject(), l.Prefix+".control."),
		body:     msg.Data(),
	}, meta.Sequence.Consumer, nil
}

// messageID is the id of a record: the bridge's run and its own number.
func messageID(run string, counter uint64) string {
	return run + "-" + strconv.FormatUint(counter, 10)
}

func authorOf(id string) (run string, counter uint64) {
	run, number, _ := strings.Cut(id, "-")
	counter, _ = strconv.ParseUint(number, 10, 64)
	return run, counter
}

// encode returns the body of a notification or a Gap: the message as the webhook of
// a server has it, or JSON.
func encode(n decode.Notification) ([]byte, error) {
	if g, ok := n.(stream.Gap); ok {
		return json.Marshal(g)
	}
	return decode.Marshal(n)
}

// notificationOf reads a body back. What can't be read is a Gap.
func notificationOf(subject string, body []byte) decode.Notification {
	if strings.HasSuffix(subject, "."+noRoom+".gap") {
		var g stream.Gap
		if err := json.Unmarshal(body, &g); err != nil {
			return stream.Gap{Undecodable: 1, Err: fmt.Errorf("jetstream: gap: %w", err)}
		}
		return g
	}
	list, err := decode.AppendBody(nil, body)
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("jetstream: %d notifications in one message", len(list))
	}
	if err != nil {
		return stream.Gap{Undecodable: 1, Err: err}
	}
	return list[0]
}
