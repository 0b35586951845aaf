package jetstream

import (
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// settle takes in answers until nothing is in flight, and returns how many were
// accepted before one was refused.
func (p *publisher) settle(t *testing.T) (accepted int, refused bool) {
	t.Helper()
	for len(p.flight) > 0 {
		select {
		case answer := <-p.acks:
			if _, err := p.accepted(answer); err != nil {
				return accepted, true
			}
			accepted++
		case <-time.After(patience):
			t.Fatal("no answer")
		}
	}
	return accepted, false
}

// TestTheFenceHoldsForWhatIsInFlight has a bridge publish several messages with
// predicted numbers while another takes the first of these: none is accepted, also
// not that whose prediction the other's record has made true.
func TestTheFenceHoldsForWhatIsInFlight(t *testing.T) {
	server := startNATS(t)
	layout, err := Layout{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	open := func(run string) *publisher {
		conn := connect(t, server.ClientURL())
		js, err := jetstream.New(conn)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := layout.ensure(t.Context(), js); err != nil {
			t.Fatal(err)
		}
		p, err := newPublisher(conn, run)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	message := func(n int) *entry {
		notification := numbered("a", n)
		body, err := encode(notification)
		if err != nil {
			t.Fatal(err)
		}
		return &entry{subject: layout.subject(notification), body: body}
	}
	send := func(p *publisher, e *entry) {
		if err := p.send(e); err != nil {
			t.Fatal(err)
		}
	}
	old, successor := open("old"), open("successor")
	for n := range 3 {
		send(old, message(n+1))
	}
	if accepted, refused := old.settle(t); accepted != 3 || refused {
		t.Fatalf("%d accepted, refused %v", accepted, refused)
	}
	successor.expect(3)
	send(successor, message(100))
	if accepted, _ := successor.settle(t); accepted != 1 {
		t.Fatal("the successor's record was refused")
	}
	for n := range 4 {
		send(old, message(n+4))
	}
	if accepted, refused := old.settle(t); accepted != 0 || !refused {
		t.Errorf("%d accepted after the fence, refused %v", accepted, refused)
	}
	send(successor, message(101))
	if accepted, refused := successor.settle(t); accepted != 1 || refused {
		t.Error("the successor can't go on")
	}
	numbers, _ := contents(t, stored(t, connect(t, server.ClientURL()), layout))
	if want := []int{1, 2, 3, 100, 101}; !slices.Equal(numbers["a"], want) {
		t.Errorf("the stream has %v, want %v", numbers["a"], want)
	}
}

// TestASilentAnswerIsARefusal: nobody knows then.
func TestASilentAnswerIsARefusal(t *testing.T) {
	p, err := newPublisher(connect(t, startNATS(t).ClientURL()), "run")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.send(&entry{subject: "nobody.listens"}); err != nil {
		t.Fatal(err)
	}
	if p.stuck(time.Hour) || !p.stuck(-1) {
		t.Error("stuck is wrong")
	}
	if accepted, refused := p.settle(t); accepted != 0 || !refused {
		t.Errorf("%d accepted, refused %v", accepted, refused)
	}
	answer := &nats.Msg{Subject: "x.1", Data: []byte(`{"stream":"s","seq":1}`)}
	p.expect(0)
	if e, err := p.accepted(answer); e != nil || err != nil {
		t.Errorf("an answer to what was given up: %v, %v", e, err)
	}
}

// TestLedger compares what was heard with what the stream has.
func TestLedger(t *testing.T) {
	now := time.Now()
	const window = 30 * time.Second
	for _, test := range []struct {
		name string
		// Steps are "hear ROOM.BODY", "see ROOM.BODY", "gap" and "later".
		steps []string
		want  []string // The list at the end.
	}{
		{"heard first", []string{"hear a.1", "hear a.2", "see a.1"}, []string{"a.2"}},
		{"in the stream first", []string{"see a.1", "hear a.1", "hear a.2"}, []string{"a.2"}},
		{"rooms in another order", []string{"hear a.1", "hear b.1", "see b.1"}, []string{"a.1"}},
		{"the leader missed one", []string{"hear a.1", "hear a.2", "hear b.1", "see a.2"}, []string{"b.1"}},
		{"equal bodies", []string{"hear a.1", "hear a.2", "hear a.1", "see a.1"}, []string{"a.2", "a.1"}},
		{"equal bodies, one ahead", []string{"see a.1", "hear a.1", "hear a.1"}, []string{"a.1"}},
		{"not heard within the window", []string{"see a.1", "later", "hear a.1"}, []string{"a.1"}},
		{"a gap stays behind what was before it", []string{"hear a.1", "gap", "hear a.2"}, []string{"a.1", "gap", "a.2"}},
		{"a gap goes with what was before it", []string{"hear a.1", "gap", "hear a.2", "see a.1"}, []string{"a.2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, now := newLedger(window), now
			for _, step := range test.steps {
				switch {
				case step == "gap":
					l.hear(&entry{subject: "gap", gap: true, heard: now})
				case step == "later":
					now = now.Add(window + 1)
				case step[:4] == "hear":
					l.hear(&entry{subject: step[5:6] + ".kind", body: []byte(step[5:]), heard: now})
				default:
					l.see(step[4:5]+".kind", []byte(step[4:]), now)
				}
				l.dropLeadingGaps()
			}
			l.compact()
			var got []string
			for _, e := range l.order {
				if e.gap {
					got = append(got, "gap")
				} else {
					got = append(got, string(e.body))
				}
			}
			if !slices.Equal(got, test.want) || l.length != len(test.want) {
				t.Errorf("%v and length %d, want %v", got, l.length, test.want)
			}
		})
	}
}

// TestLedgerForgets all: nothing stays of what is in the stream.
func TestLedgerForgets(t *testing.T) {
	l, now := newLedger(time.Second), time.Now()
	for i := range 1000 {
		body := []byte{byte(i), byte(i >> 8)}
		subject := "r" + string(rune('a'+i%7)) + ".kind"
		if i%2 == 0 {
			l.hear(&entry{subject: subject, body: body, heard: now})
			l.see(subject, body, now)
		} else {
			l.see(subject, body, now)
			l.hear(&entry{subject: subject, body: body, heard: now})
		}
	}
	l.see("r.kind", []byte("never heard"), now)
	l.expireUnheard(now.Add(2 * time.Second))
	l.hear(&entry{subject: "r.kind", body: []byte("old"), heard: now})
	l.dropBefore(now.Add(1))
	if n := l.length + len(l.order) + len(l.byHash) + len(l.byRoom) + len(l.unheard) + len(l.expiry) + l.bytes; n != 0 {
		t.Errorf("%+v", l)
	}
}

// TestBodiesAreReadBack of whatever goes into the stream.
func TestBodiesAreReadBack(t *testing.T) {
	layout, _ := Layout{}.withDefaults()
	gap := stream.Gap{Dropped: 3, Outages: 1, From: "a", To: "b"}
	body, err := encode(gap)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := notificationOf(layout.gapSubject(), body).(stream.Gap); !ok || got.Dropped != 3 || got.Outages != 1 || got.To != "b" {
		t.Errorf("%v", got)
	}
	for _, broken := range []struct{ subject, body string }{
		{layout.gapSubject(), "{"}, {"jellyfish.0._.x", "\xff"}, {"jellyfish.0._.x", ""},
	} {
		if g, ok := notificationOf(broken.subject, []byte(broken.body)).(stream.Gap); !ok || g.Undecodable != 1 {
			t.Errorf("%q on %s is read as %v", broken.body, broken.subject, g)
		}
	}
}
