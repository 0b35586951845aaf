package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

func TestAppendFrame(t *testing.T) {
	for _, test := range []struct {
		length int
		head   []byte
	}{
		{0, []byte{0x82, 0}},
		{125, []byte{0x82, 125}},
		{126, []byte{0x82, 126, 0, 126}},
		{65_535, []byte{0x82, 126, 0xff, 0xff}},
		{65_536, []byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
	} {
		payload := bytes.Repeat([]byte{'x'}, test.length)
		want := append(test.head, payload...)
		if got := appendFrame(nil, opBinary, payload); !bytes.Equal(got, want) {
			t.Errorf("length %d: frame of %d bytes begins with % x; want %d bytes, % x",
				test.length, len(got), got[:len(test.head)], len(want), test.head)
		}
	}
}

func TestReadClientFrame(t *testing.T) {
	for name, test := range map[string]struct {
		frame []byte
		want  string // Empty if it is refused.
	}{
		"masked":          {[]byte{0x82, 0x83, 1, 2, 3, 4, 'a' ^ 1, 'b' ^ 2, 'c' ^ 3}, "abc"},
		"masked by zeros": {[]byte{0x82, 0x83, 0, 0, 0, 0, 'a', 'b', 'c'}, "abc"},
		"unmasked":        {[]byte{0x82, 3, 'a', 'b', 'c', 'd', 'e'}, ""},
		"a fragment":      {[]byte{0x02, 0x83, 0, 0, 0, 0, 'a', 'b', 'c'}, ""},
		"long":            {[]byte{0x82, 0xfe, 0, 126, 0, 0, 0, 0}, ""},
		"cut short":       {[]byte{0x82, 0x83, 0, 0, 0, 0, 'a'}, ""},
		"nothing":         {nil, ""},
	} {
		opcode, payload, err := readClientFrame(bytes.NewReader(test.frame))
		if test.want == "" && err == nil {
			t.Errorf("%s: opcode %d, payload %q", name, opcode, payload)
		}
		if test.want != "" && (err != nil || opcode != opBinary || string(payload) != test.want) {
			t.Errorf("%s: opcode %d, payload %q, error %v", name, opcode, payload, err)
		}
	}
}

// The sizes in the workloads' names are those of their frames.
func TestFrameSizes(t *testing.T) {
	for _, test := range []struct {
		name        string
		least, most int
	}{
		{"PeerConnected 80 B", 80, 80},
		{"TrackAdded 300 B", 300, 300},
		{"Metrics 10 kB", 10_000, 13_000},
		{"Metrics 500 kB", 500_000, 503_000},
	} {
		w, err := workloadNamed(test.name)
		if err != nil {
			t.Fatal(err)
		}
		f := encodeFrames(w.payloads())
		for i := range f.ends {
			if size := f.start(i+1) - f.start(i); size < test.least || size > test.most {
				t.Fatalf("%s: frame %d is %d bytes, want %d to %d", test.name, i, size, test.least, test.most)
			}
		}
	}
}

func TestFramesAreRepeated(t *testing.T) {
	payloads := [][]byte{[]byte("a"), []byte("bb"), []byte("ccc")}
	f := encodeFrames(payloads)
	var want []byte
	for i := range 8 {
		if start := f.start(i); start != len(want) {
			t.Errorf("frame %d starts at %d, want %d", i, start, len(want))
		}
		want = appendFrame(want, opBinary, payloads[i%len(payloads)])
	}
	for most := 1; most <= 8; most++ {
		var got []byte
		for sent := 0; sent < 8; {
			piece, count := f.next(sent, min(most, 8-sent))
			if count < 1 || count > most {
				t.Fatalf("%d frames in a piece of at most %d", count, most)
			}
			got = append(got, piece...)
			sent += count
		}
		if !bytes.Equal(got, want) {
			t.Errorf("at most %d at once: sent %q, want %q", most, got, want)
		}
	}
}

func TestStamp(t *testing.T) {
	for _, moment := range []time.Time{time.Unix(0, 1), time.Now(), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)} {
		stamp := formatStamp(moment)
		if parsed, err := parseStamp(stamp); len(stamp) != stampLength || err != nil || !parsed.Equal(moment) {
			t.Errorf("stamp of %v is %q, parsed %v, error %v", moment, stamp, parsed, err)
		}
	}
	if moment, err := parseStamp("no stamp"); err == nil {
		t.Errorf("parsed %v of no stamp", moment)
	}
}

func TestBurstKeepsWithinItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		arrived := 0
		go func() {
			frame := make([]byte, 3)
			for {
				if _, err := near.Read(frame); err != nil {
					return
				}
				arrived++
			}
		}()
		received := make(chan int, 10)
		b := burst{
			frames:   encodeFrames([][]byte{{1}, {2}, {3}}),
			messages: 10,
			window:   4,
			received: received,
		}
		go b.sendTo(&client{conn: far})

		for _, step := range []struct{ acknowledged, want int }{{0, 4}, {1, 5}, {2, 7}, {0, 7}} {
			if step.acknowledged > 0 {
				received <- step.acknowledged
			}
			synctest.Wait()
			if arrived != step.want {
				t.Errorf("%d more acknowledged: %d messages arrived, want %d", step.acknowledged, arrived, step.want)
			}
		}
		near.Close()
		received <- 3
	})
}

// In a bubble the clock is exact, and so is the rate.
func TestTrickleStampsEachMessageWhenItIsDue(t *testing.T) {
	for _, together := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer near.Close()
			start := time.Now()
			go trickle{messages: 5, perSecond: 50, together: together, rooms: 1}.sendTo(&client{conn: far})
			frame := make([]byte, len(appendStampedFrame(nil, 0, start)))
			for i := range 5 {
				if _, err := io.ReadFull(near, frame); err != nil {
					t.Fatal(err)
				}
				due := start.Add(time.Duration(i/together*together) * 20 * time.Millisecond)
				if stamp := stampOf(t, frame); !stamp.Equal(due) || !time.Now().Equal(due) {
					t.Errorf("%d at once, message %d: stamp %v at %v, want both %v", together, i, stamp, time.Now(), due)
				}
			}
		})
	}
}

// stampOf decodes a frame from a trickle.
func stampOf(t *testing.T, frame []byte) time.Time {
	t.Helper()
	var message pb.ServerMessage
	if err := proto.Unmarshal(frame[2:], &message); err != nil { // After the frame's header.
		t.Fatal(err)
	}
	stamp, err := parseStamp(message.GetPeerConnected().GetPeerId())
	if err != nil {
		t.Fatal(err)
	}
	return stamp
}

// Consumers that share a pace are acknowledged together, each step once.
func TestPaceOfSeveralConsumers(t *testing.T) {
	var told atomic.Int64
	p := pace{window: 20, tell: func(n int) error { told.Add(int64(n)); return nil }}
	var consumers sync.WaitGroup
	for range 7 {
		consumers.Go(func() {
			for range 1003 {
				if err := p.received(1); err != nil {
					t.Error(err)
				}
			}
		})
	}
	consumers.Wait()
	if told.Load() != 7020 {
		t.Errorf("told %d of 7021, want 7020", told.Load())
	}
}

func TestPaceAcknowledgesHalfAWindow(t *testing.T) {
	var told []int
	tell := func(n int) error { told = append(told, n); return nil }
	p := pace{window: 4, tell: tell}
	for _, n := range []int{1, 1, 1, 3, 1} {
		if err := p.received(n); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 2 || told[0] != 2 || told[1] != 4 {
		t.Errorf("told %v, want [2 4]", told)
	}

	unpaced := pace{tell: tell}
	if err := unpaced.received(100); err != nil || len(told) != 2 {
		t.Errorf("without a window: told %v, error %v", told, err)
	}
}

func TestSlowestAcknowledgesWhatAllHaveReceived(t *testing.T) {
	var told []int
	s := slowest{reached: make([]int, 2), tell: func(n int) error { told = append(told, n); return nil }}
	for _, step := range []struct{ consumer, n int }{{0, 4}, {0, 4}, {1, 4}, {1, 8}, {0, 4}} {
		if err := s.received(step.consumer, step.n); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{4, 4, 4}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

func TestPaceReturnsTheSendersError(t *testing.T) {
	gone := errors.New("gone")
	s := &slowest{reached: make([]int, 1), tell: func(int) error { return gone }}
	if err := s.paceOf(0, &pace{window: 2}).received(1); !errors.Is(err, gone) {
		t.Errorf("error %v, want %v", err, gone)
	}
}
