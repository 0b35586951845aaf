package decode_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// FuzzAppend compares Append with proto.Unmarshal on arbitrary bytes.
func FuzzAppend(f *testing.F) {
	var whole [][]byte
	for _, list := range vectors(f) {
		for _, v := range list {
			whole = append(whole, v.message(f))
		}
	}
	for i, message := range whole {
		f.Add(message)
		f.Add(message[:len(message)/2])
		f.Add(append(bytes.Clone(message), whole[(i+1)%len(whole)]...))
		f.Add(append(bytes.Clone(message), message...))
		f.Add(payload(33, payload(1, message), payload(1, whole[(i+1)%len(whole)])))
		f.Add(nested(2, message))
		f.Add(payload(99, message))
		f.Add(bytes.ToUpper(message))
	}
	for seed := range uint64(500) {
		f.Add(generator{rand.New(rand.NewPCG(seed, 2))}.frame())
	}
	f.Add([]byte(nil))
	f.Add(groups(99, 3))
	f.Add(payload(2, groups(1, 3)))
	f.Add(payload(2, text(1, "\xff")))
	f.Add(payload(2, varint(1, 1), text(3, "a")))
	f.Add(text(protowire.MaxValidNumber+1, "a"))
	f.Add(nested(50, whole[0]))
	f.Add(nested(limit/2-1, whole[0]))
	f.Add(nested(limit/2, whole[0]))
	f.Add(groups(99, limit+1))
	f.Add(groups(99, limit+2))

	f.Fuzz(func(t *testing.T, message []byte) {
		_, _ = checkAgreement(t, message)
	})
}

// FuzzUnmarshalNotification checks that what is read can be written and read back
// unchanged.
func FuzzUnmarshalNotification(f *testing.F) {
	for _, n := range append(filled(), kinds()...) {
		text, err := json.Marshal(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(bytes.ToUpper(text))
		f.Add(bytes.ReplaceAll(text, []byte(`"`), []byte(`7`)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := decode.UnmarshalNotification(text)
		if err != nil {
			if n != nil || len(err.Error()) > 1000 {
				t.Fatalf("%q is read as %v, %v", text, n, err)
			}
			return
		}
		written, err := json.Marshal(n)
		if err != nil {
			t.Fatalf("%#v isn't written: %v", n, err)
		}
		again, err := decode.UnmarshalNotification(written)
		if err != nil {
			t.Fatalf("%s isn't read again: %v", written, err)
		}
		if rewritten, err := json.Marshal(again); err != nil || !bytes.Equal(rewritten, written) {
			t.Fatalf("%s is %s the second time, %v", written, rewritten, err)
		}
	})
}
