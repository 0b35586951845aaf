package jetstream

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// maxInFlight is how many publications may wait for their acknowledgement.
const maxInFlight = 512

// errRefused means that a publication wasn't accepted, or that nobody knows.
var errRefused = errors.New("jetstream: publication refused")

// publisher publishes with the numbers that the messages will have, without waiting
// for one before the next. The predicted number alone would not keep order: were a
// message refused because another bridge has taken its number, the one after it would
// find its prediction true. So each names its predecessor as well.
//
// It belongs to the goroutine of its bridge.
type publisher struct {
	conn    *nats.Conn
	run     string
	acks    chan *nats.Msg
	replies *nats.Subscription

	counter  uint64 // Of the last message; never used again.
	attempt  uint64
	last     uint64 // The stream's last number, once all in flight is accepted.
	lastID   string // The id of that message, empty where it isn't ours.
	flight   []flight
	progress time.Time // When the oldest in flight was sent, or the last one accepted.
}

// flight is a publication that waits for its acknowledgement.
type flight struct {
	attempt  uint64
	sequence uint64
	entry    *entry
}

func newPublisher(conn *nats.Conn, run string) (*publisher, error) {
	p := &publisher{conn: conn, run: run, acks: make(chan *nats.Msg, 8*maxInFlight)}
	var err error
	p.replies, err = conn.ChanSubscribe(nats.NewInbox()+".*", p.acks)
	return p, err
}

func (p *publisher) close() { _ = p.replies.Unsubscribe() }

// expect sets the number that the stream's last message has.
func (p *publisher) expect(last uint64) {
	p.last, p.lastID, p.flight = last, "", nil
}

// send publishes an entry behind all that is in flight.
func (p *publisher) send(e *entry) error {
	if e.counter == 0 {
		p.counter++
		e.counter = p.counter
	}
	p.attempt++
	id := messageID(p.run, e.counter)
	header := nats.Header{
		nats.MsgIdHdr:                     {id},
		nats.ExpectedLastSeqHdr:           {strconv.FormatUint(p.last, 10)},
		jetstream.ExpectedLastMsgIDHeader: {p.lastID},
	}
	if p.lastID == "" {
		delete(header, jetstream.ExpectedLastMsgIDHeader)
	}
	if e.claim != "" {
		header[claimHeader] = []string{e.claim}
	}
	reply := strings.TrimSuffix(p.replies.Subject, "*") + strconv.FormatUint(p.attempt, 10)
	err := p.conn.PublishMsg(&nats.Msg{Subject: e.subject, Reply: reply, Header: header, Data: e.body})
	if err != nil {
		return err
	}
	if len(p.flight) == 0 {
		p.progress = time.Now()
	}
	p.last++
	p.lastID = id
	p.flight = append(p.flight, flight{p.attempt, p.last, e})
	return nil
}

// accepted takes an answer in, and returns the entry that is in the stream now. It is
// nil for the answer to a publication that was given up before. After errRefused
// nothing that is in flight will be accepted, or nobody knows.
func (p *publisher) accepted(answer *nats.Msg) (*entry, error) {
	attempt, _ := strconv.ParseUint(answer.Subject[strings.LastIndexByte(answer.Subject, '.')+1:], 10, 64)
	if len(p.flight) == 0 || attempt < p.flight[0].attempt {
		return nil, nil
	}
	oldest := p.flight[0]
	if attempt != oldest.attempt || sequenceIn(answer) != oldest.sequence {
		return nil, errRefused
	}
	p.flight = p.flight[1:]
	p.progress = time.Now()
	return oldest.entry, nil
}

// sequenceIn returns the number that a message was given, 0 if it was refused.
func sequenceIn(answer *nats.Msg) uint64 {
	var ack struct {
		Error    *jetstream.APIError `json:"error"`
		Sequence uint64              `json:"seq"`
	}
	if json.Unmarshal(answer.Data, &ack) != nil || ack.Error != nil {
		return 0
	}
	return ack.Sequence
}

// stuck tells whether the oldest in flight has waited for longer than the limit.
func (p *publisher) stuck(limit time.Duration) bool {
	return len(p.flight) > 0 && time.Since(p.progress) > limit
}

// confirmed returns the stream's last number that is known for sure.
func (p *publisher) confirmed() uint64 { return p.last - uint64(len(p.flight)) }
