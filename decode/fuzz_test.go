package decode_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
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
