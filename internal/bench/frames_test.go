package main

import (
	"bytes"
	"testing"
)

// The sizes that the comparisons' names give are those of their frames.
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
		c, err := comparisonNamed(test.name)
		if err != nil {
			t.Fatal(err)
		}
		f := encodeFrames(c.payloads())
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
