package main

import (
	"bytes"
	"testing"
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
	masked := []byte{0x82, 0x83, 1, 2, 3, 4, 'a' ^ 1, 'b' ^ 2, 'c' ^ 3}
	for _, frame := range [][]byte{masked, clientFrame([]byte("abc"))} {
		opcode, payload, err := readClientFrame(bytes.NewReader(frame))
		if err != nil || opcode != opBinary || string(payload) != "abc" {
			t.Errorf("% x: opcode %d, payload %q, error %v", frame, opcode, payload, err)
		}
	}
}

func TestReadClientFrameRefuses(t *testing.T) {
	for name, frame := range map[string][]byte{
		"unmasked":   {0x82, 3, 'a', 'b', 'c', 'd', 'e'},
		"a fragment": {0x02, 0x83, 0, 0, 0, 0, 'a', 'b', 'c'},
		"long":       {0x82, 0xfe, 0, 126, 0, 0, 0, 0},
		"cut short":  {0x82, 0x83, 0, 0, 0, 0, 'a'},
		"nothing":    {},
	} {
		if opcode, payload, err := readClientFrame(bytes.NewReader(frame)); err == nil {
			t.Errorf("%s: opcode %d, payload %q", name, opcode, payload)
		}
	}
}
