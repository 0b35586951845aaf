package decode_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// checkAgreement fails the test unless Append agrees with proto.Unmarshal about
// the message. It returns what the message holds.
func checkAgreement(t testing.TB, message []byte) ([]decode.Notification, error) {
	t.Helper()
	before := decode.Unknown{Number: -1, Payload: "before"}
	dst := []decode.Notification{before}
	want, wantErr := reference(message)
	got, err := decode.Append(dst, message)
	switch {
	case (err != nil) != (wantErr != nil):
		t.Fatalf("Append(%x): error %v, proto.Unmarshal: %v", message, err, wantErr)
	case err != nil && !errors.Is(err, decode.ErrUndecodable):
		t.Fatalf("Append(%x): error %v is no ErrUndecodable", message, err)
	}
	want = append(dst, want...)
	if len(got) != len(want) {
		t.Fatalf("Append(%x) gives %v, want %v", message, got, want)
	}
	for i := range got {
		if got[i] != want[i] { // Cheaper than cmp.Diff, which is for the report.
			t.Fatalf("Append(%x) (-want +got):\n%s", message, cmp.Diff(want, got))
		}
	}
	return got[1:], err
}

// TestP8AppendAgreesWithProto compares Append with proto.Unmarshal on random messages
// of the schema, broken in every way that the wire allows.
func TestP8AppendAgreesWithProto(t *testing.T) {
	const messages = 50_000
	seen := make(map[decode.Kind]int)
	failed := 0
	for seed := range uint64(messages) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		list, err := checkAgreement(t, g.frame())
		if err != nil {
			failed++
		}
		for _, n := range list {
			seen[n.Kind()]++
		}
	}
	// The comparison proves something only if it saw every kind.
	for _, n := range append(kinds(), decode.Unknown{}, decode.Undecodable{}) {
		if seen[n.Kind()] < 50 {
			t.Errorf("%v was seen %d times, want 50", n.Kind(), seen[n.Kind()])
		}
	}
	if failed < messages/10 || failed > messages/2 {
		t.Errorf("%d of %d messages were undecodable, want between a tenth and a half", failed, messages)
	}
}

// generator makes random messages.
type generator struct {
	*rand.Rand
}

// oneIn is true once in n times.
func (g generator) oneIn(n int) bool {
	return g.IntN(n) == 0
}

// frame returns a ServerMessage, often broken afterwards.
func (g generator) frame() []byte {
	b := g.message(nil, (&pb.ServerMessage{}).ProtoReflect().Descriptor(), 7)
	if g.oneIn(8) && len(b) > 0 {
		b = b[:g.IntN(len(b))]
	}
	for g.oneIn(8) && len(b) > 0 {
		b[g.IntN(len(b))] ^= 1 << g.IntN(8)
	}
	return b
}

// message appends some fields of a message, in any order and number.
func (g generator) message(b []byte, d protoreflect.MessageDescriptor, levels int) []byte {
	fields := d.Fields()
	favourite := 0
	if fields.Len() > 0 {
		favourite = g.IntN(fields.Len()) // Often repeated, so that it merges.
	}
	if batch := fields.ByName("notification_batch"); batch != nil && g.oneIn(5) {
		favourite = batch.Index()
	}
	for range g.IntN(2 + min(fields.Len(), 6)) {
		switch {
		case g.oneIn(12) || fields.Len() == 0:
			b = g.unknown(b, protowire.Number(1+g.IntN(45)), 3)
		case g.oneIn(2):
			b = g.field(b, fields.Get(favourite), levels)
		default:
			b = g.field(b, fields.Get(g.IntN(fields.Len())), levels)
		}
	}
	return b
}

// field appends a field of the schema, sometimes with another wire type.
func (g generator) field(b []byte, d protoreflect.FieldDescriptor, levels int) []byte {
	if g.oneIn(40) {
		return g.unknown(b, d.Number(), 3)
	}
	switch d.Kind() {
	case protoreflect.EnumKind:
		b = protowire.AppendTag(b, d.Number(), protowire.VarintType)
		return protowire.AppendVarint(b, g.enum())
	case protoreflect.StringKind:
		b = protowire.AppendTag(b, d.Number(), protowire.BytesType)
		return protowire.AppendString(b, g.text())
	}
	b = protowire.AppendTag(b, d.Number(), protowire.BytesType)
	if levels == 0 {
		return protowire.AppendVarint(b, 0)
	}
	return protowire.AppendBytes(b, g.message(nil, d.Message(), levels-1))
}

func (g generator) enum() uint64 {
	if g.oneIn(4) {
		return []uint64{math.MaxUint64, math.MaxInt32, math.MaxInt32 + 1, 1 << 32, 1<<40 + 2}[g.IntN(5)]
	}
	return uint64(g.IntN(6))
}

func (g generator) text() string {
	if g.oneIn(60) {
		return []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"}[g.IntN(4)]
	}
	return []string{"", "a", "room-1", "peer-1", "Zoë ☃", "null", `{"a":1}`, "\x00"}[g.IntN(8)]
}

// unknown appends a field of any wire type, whatever the schema says about its number.
func (g generator) unknown(b []byte, number protowire.Number, levels int) []byte {
	if g.oneIn(20) {
		number = []protowire.Number{19000, protowire.MaxValidNumber, protowire.MaxValidNumber + 1, math.MaxInt32}[g.IntN(4)]
	}
	wire := protowire.Type(g.IntN(4))
	switch g.IntN(20) {
	case 0:
		wire = protowire.EndGroupType
	case 1, 2:
		wire = protowire.Fixed32Type
	case 3:
		wire = protowire.Type(6 + g.IntN(2))
	}
	b = protowire.AppendTag(b, number, wire)
	switch wire {
	case protowire.VarintType:
		b = protowire.AppendVarint(b, g.Uint64()>>g.IntN(64))
	case protowire.Fixed32Type:
		b = binary.LittleEndian.AppendUint32(b, g.Uint32())
	case protowire.Fixed64Type:
		b = binary.LittleEndian.AppendUint64(b, g.Uint64())
	case protowire.BytesType:
		b = protowire.AppendString(b, g.text())
	case protowire.StartGroupType:
		if levels > 0 {
			b = g.unknown(b, protowire.Number(1+g.IntN(45)), levels-1)
		}
		b = protowire.AppendTag(b, number, protowire.EndGroupType)
	}
	return b
}
