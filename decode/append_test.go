package decode_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// payload returns a length-delimited field with the parts as its payload.
func payload(number protowire.Number, parts ...[]byte) []byte {
	b := protowire.AppendTag(nil, number, protowire.BytesType)
	return protowire.AppendBytes(b, bytes.Join(parts, nil))
}

// text returns a field that holds a string.
func text(number protowire.Number, s string) []byte {
	return payload(number, []byte(s))
}

// varint returns a field that holds a number.
func varint(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

// groups returns a field of nested groups.
func groups(number protowire.Number, levels int) []byte {
	b := bytes.Repeat(protowire.AppendTag(nil, number, protowire.StartGroupType), levels)
	return append(b, bytes.Repeat(protowire.AppendTag(nil, number, protowire.EndGroupType), levels)...)
}

// nested returns a message within that many nested batches. It is written from its end,
// since the outer lengths depend on the inner ones.
func nested(batches int, message []byte) []byte {
	b := slices.Clone(message)
	slices.Reverse(b)
	for range batches {
		for _, number := range []protowire.Number{1, 33} {
			head := protowire.AppendTag(nil, number, protowire.BytesType)
			head = protowire.AppendVarint(head, uint64(len(b)))
			slices.Reverse(head)
			b = append(b, head...)
		}
	}
	slices.Reverse(b)
	return b
}

// appendCase is a message and what it holds.
type appendCase struct {
	name    string
	message []byte
	want    []decode.Notification
}

func checkAppend(t *testing.T, cases []appendCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := checkAgreement(t, c.message)
			if err != nil {
				t.Fatal(err)
			}
			if len(got)+len(c.want) == 0 {
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func one(n decode.Notification) []decode.Notification {
	return []decode.Notification{n}
}

func TestAppendMerges(t *testing.T) {
	room, peer, component := text(1, "room-1"), text(2, "peer-1"), text(3, "comp-1")
	checkAppend(t, []appendCase{
		{"content in pieces", append(payload(2, room), payload(2, peer)...), one(decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1"})},
		{"last member wins", append(payload(2, room, peer), payload(3, peer)...), one(decode.PeerDisconnected{PeerID: "peer-1"})},
		{"not merged across another", bytes.Join([][]byte{payload(2, room), payload(3), payload(2, peer)}, nil), one(decode.PeerConnected{PeerID: "peer-1"})},
		{"last value wins", payload(2, room, text(1, "room-2")), one(decode.PeerConnected{RoomID: "room-2"})},
		{"last owner wins", payload(17, component, peer), one(decode.TrackAdded{Owner: decode.Owner{Type: decode.OwnerPeer, ID: "peer-1"}})},
		{"owner without id", payload(17, peer, text(3, "")), one(decode.TrackAdded{Owner: decode.Owner{Type: decode.OwnerComponent}})},
		{"track in pieces", payload(17, payload(4, text(1, "t1")), payload(4, varint(2, 1))), one(decode.TrackAdded{Track: decode.Track{ID: "t1", Type: decode.TrackTypeVideo}})},
		{"empty track", payload(30, payload(5)), one(decode.TrackForwarding{})},
		{"batch in pieces", append(payload(33, payload(1, payload(10, room))), payload(33, payload(1, payload(11, room)))...), []decode.Notification{decode.RoomCreated{RoomID: "room-1"}, decode.RoomDeleted{RoomID: "room-1"}}},
		{"batch replaced", append(payload(33, payload(1, payload(10, room))), payload(2, room)...), one(decode.PeerConnected{RoomID: "room-1"})},
		{"batch begun again", bytes.Join([][]byte{payload(33, payload(1, payload(10))), payload(2), payload(33, payload(1, payload(11)))}, nil), one(decode.RoomDeleted{})},
	})
}

func TestAppendBatch(t *testing.T) {
	created, deleted := payload(10, text(1, "room-1")), payload(11, text(1, "room-1"))
	both := []decode.Notification{decode.RoomCreated{RoomID: "room-1"}, decode.RoomDeleted{RoomID: "room-1"}}
	inBatch := func(elements ...[]byte) []byte {
		var b []byte
		for _, element := range elements {
			b = append(b, payload(1, element)...)
		}
		return payload(33, b)
	}
	checkAppend(t, []appendCase{
		{"in order", inBatch(created, deleted), both},
		{"empty", inBatch(), nil},
		{"without control", inBatch(created, payload(6), payload(7, text(1, "token")), payload(8), nil, payload(9, varint(1, 1)), deleted), both},
		{"metrics", inBatch(payload(12, text(1, "{}"))), one(decode.MetricsReport{JSON: "{}"})},
		{"unknown", inBatch(text(99, "new")), one(decode.Unknown{Number: 99, Payload: "new"})},
		{"nested", inBatch(created, inBatch(created, created), deleted), []decode.Notification{both[0], decode.Undecodable{Reason: "a batch within a batch"}, both[1]}},
		{"nested deeply", inBatch(nested(100, created), deleted), []decode.Notification{decode.Undecodable{Reason: "a batch within a batch"}, both[1]}},
		{"nested and replaced", inBatch(append(inBatch(created), deleted...)), one(both[1])},
	})
}

// TestP8UnknownIsNotFatal checks what is newer than this library: message types, enum
// values, fields, and known numbers in another form.
func TestP8UnknownIsNotFatal(t *testing.T) {
	connected := one(decode.PeerConnected{RoomID: "room-1"})
	room := text(1, "room-1")
	checkAppend(t, []appendCase{
		{"type", text(35, "new"), one(decode.Unknown{Number: 35, Payload: "new"})},
		{"type without content", text(99, ""), one(decode.Unknown{Number: 99})},
		{"type of bytes", text(99, "\xff\x00"), one(decode.Unknown{Number: 99, Payload: "\xff\x00"})},
		{"highest type", text(protowire.MaxValidNumber, "new"), one(decode.Unknown{Number: int32(protowire.MaxValidNumber), Payload: "new"})},
		{"last of several types", append(text(99, "a"), text(35, "b")...), one(decode.Unknown{Number: 35, Payload: "b"})},
		{"type before a known one", append(text(99, "a"), payload(2, room)...), connected},
		{"type after a known one", append(payload(2, room), text(99, "a")...), connected},
		{"type after control", append(payload(6), text(99, "a")...), nil},
		{"only a varint", varint(99, 1), nil},
		{"only a group", groups(99, 2), nil},
		{"known number as varint", varint(2, 1), nil},
		{"known number as varint between pieces", bytes.Join([][]byte{payload(2, room), varint(3, 1), groups(2, 1), payload(2)}, nil), connected},
		{"peer type", payload(2, varint(3, 9)), one(decode.PeerConnected{PeerType: 9})},
		{"negative peer type", payload(2, varint(3, 1<<64-1)), one(decode.PeerConnected{PeerType: -1})},
		{"peer type cut to 32 bits", payload(2, varint(3, 1<<32+2)), one(decode.PeerConnected{PeerType: decode.PeerTypeAgent})},
		{"track type", payload(17, payload(4, varint(2, 7))), one(decode.TrackAdded{Track: decode.Track{Type: 7}})},
		{"voice activity", payload(32, varint(4, 7)), one(decode.VAD{Status: 7})},
		{"recording status", payload(34, varint(2, 7)), one(decode.RecordingStatusChanged{Status: 7})},
		{"fields", payload(2, room, text(99, "\xff"), varint(4, 1), groups(7, 3)), connected},
		{"field of a track", payload(17, payload(4, text(9, "\xff"))), one(decode.TrackAdded{})},
		{"text as varint", payload(2, room, varint(1, 1)), connected},
		{"enum as text", payload(2, room, text(3, "\xff")), connected},
		{"track as text of a room", payload(10, room, text(4, "\xff")), one(decode.RoomCreated{RoomID: "room-1"})},
	})
}

func TestAppendIgnoresControl(t *testing.T) {
	checkAppend(t, []appendCase{
		{"empty message", nil, nil},
		{"authenticated", payload(6), nil},
		{"auth_request", payload(7, text(1, "token")), nil},
		{"subscribe_request", payload(8, varint(1, 1)), nil},
		{"subscribe_response", payload(9, varint(1, 2)), nil},
		{"notification, then control", append(payload(10), payload(6)...), nil},
	})
}

// limit is how many levels of messages proto.Unmarshal allows.
const limit = protowire.DefaultRecursionLimit

func TestAppendLimits(t *testing.T) {
	undecodable := one(decode.Undecodable{Reason: "a batch within a batch"})
	track := payload(17, payload(4))
	checkAppend(t, []appendCase{
		// Each batch is two levels, the message around the innermost content is one,
		// the content one more, its track another.
		{"batches at the limit", nested(limit/2-1, payload(10)), undecodable},
		{"track below the limit", nested(limit/2-2, track), undecodable},
		{"groups at the limit", groups(99, limit+1), nil},
		{"groups in a field", payload(2, groups(99, limit+1)), one(decode.PeerConnected{})},
		{"number in a group", append(append(protowire.AppendTag(nil, 99, protowire.StartGroupType), varint(1<<31-1, 1)...), protowire.AppendTag(nil, 99, protowire.EndGroupType)...), nil},
	})
	for name, message := range map[string][]byte{
		"batches": nested(limit/2, payload(10)),
		"element": nested(limit/2, nil),
		"track":   nested(limit/2-1, track),
		"groups":  groups(99, limit+2),
		"far":     nested(limit, nil),
	} {
		if got, err := checkAgreement(t, message); err == nil {
			t.Errorf("%s over the limit give %v, want an error", name, got)
		}
	}
}

func TestAppendUndecodable(t *testing.T) {
	room := text(1, "room-1")
	for _, c := range []struct {
		name, message, reason string
	}{
		{"tag", "\x80", "message cut short at byte 0"},
		{"length", "\x12", "message cut short at byte 1"},
		{"payload", "\x12\x05\x0a", "message cut short at byte 1"},
		{"huge payload", "\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "message cut short at byte 1"},
		{"endless varint", "\x18" + strings.Repeat("\xff", 11), "malformed field at byte 1"},
		{"field number zero", "\x02\x00", "invalid field number at byte 0"},
		{"field number too high", string(text(protowire.MaxValidNumber+1, "")), "invalid field number at byte 0"},
		{"reserved wire type", "\x17", "malformed field at byte 1"},
		{"end of no group", "\x14", "malformed field at byte 1"},
		{"end of another group", "\x13\x1c", "malformed field at byte 1"},
		{"within the content", string(payload(2, room, []byte{0x12, 0x09})), "message cut short at byte 11"},
		{"not UTF-8", string(payload(2, text(1, "a\xff"))), "text that is not UTF-8 at byte 4"},
		{"not UTF-8, later replaced", string(append(payload(2, text(1, "\xff")), payload(10, room)...)), "text that is not UTF-8 at byte 4"},
		{"not UTF-8 in the token", string(payload(7, text(1, "\xff"))), "text that is not UTF-8 at byte 4"},
		{"not UTF-8 in a track", string(payload(17, payload(4, text(3, "\xff")))), "text that is not UTF-8 at byte 7"},
		{"not UTF-8 in an owner", string(payload(28, text(3, "\xff"))), "text that is not UTF-8 at byte 5"},
		{"last element", string(payload(33, payload(1, payload(10, room)), payload(1, payload(10, text(1, "\xff"))))), "text that is not UTF-8 at byte 21"},
		{"nested element", string(nested(2, payload(10, text(1, "\xff")))), "text that is not UTF-8 at byte 14"},
		{"batch replaced", string(append(payload(33, payload(1, []byte{0x08})), payload(10, room)...)), "message cut short at byte 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := checkAgreement(t, []byte(c.message))
			if err == nil {
				t.Fatal("no error")
			}
			if want := "decode: undecodable message: " + c.reason; err.Error() != want {
				t.Errorf("error %q, want %q", err, want)
			}
			if !errors.Is(err, decode.ErrUndecodable) {
				t.Errorf("error %v is no ErrUndecodable", err)
			}
		})
	}
}

// TestAppendLeavesSpareCapacity checks that an undecodable message leaves alone
// what follows dst in its array.
func TestAppendLeavesSpareCapacity(t *testing.T) {
	full := []decode.Notification{decode.RoomCreated{}, decode.RoomDeleted{}}
	bad := payload(33, payload(1, payload(10)), payload(1, []byte{0x08}))
	if got, err := decode.Append(full[:1], bad); err == nil || len(got) != 1 {
		t.Fatalf("Append gives %v, %v", got, err)
	}
	if full[1] != (decode.RoomDeleted{}) {
		t.Errorf("Append wrote %v behind dst", full[1])
	}
}

// TestAppendKeepsNothingOfTheMessage overwrites the message after it was decoded.
func TestAppendKeepsNothingOfTheMessage(t *testing.T) {
	checked := 0
	for _, list := range vectors(t) {
		for _, v := range list {
			message := v.message(t)
			got, err := decode.Append(nil, message)
			if err != nil {
				t.Fatal(err)
			}
			clear(message)
			if diff := cmp.Diff(v.wanted(t), got); diff != "" {
				t.Errorf("%s changed with its message (-want +got):\n%s", v.Source, diff)
			}
			checked += len(got)
		}
	}
	if checked < 100 {
		t.Errorf("only %d notifications checked", checked)
	}
	unknown := text(99, "new")
	got, err := decode.Append(nil, unknown)
	clear(unknown)
	if want := (decode.Unknown{Number: 99, Payload: "new"}); err != nil || got[0] != want {
		t.Errorf("an unknown message changed with its bytes: %v, %v", got, err)
	}
}

// TestP3ElementsDoNotPinTheBatch checks that the text of one element can be
// freed while other elements of its batch are kept.
func TestP3ElementsDoNotPinTheBatch(t *testing.T) {
	list, err := decode.Append(nil, payload(33,
		payload(1, payload(10, text(1, "room-1"))),
		payload(1, payload(4, text(3, strings.Repeat("x", 1<<20)))),
		payload(1, payload(11, text(1, "room-2")))))
	if err != nil {
		t.Fatal(err)
	}
	kept := []decode.Notification{list[0], list[2]}
	freed := make(chan struct{})
	large := unsafe.StringData(list[1].(decode.PeerCrashed).Reason)
	runtime.AddCleanup(large, func(freed chan struct{}) { close(freed) }, freed)
	large, list = nil, nil
	runtime.GC()
	select {
	case <-freed:
	case <-time.After(10 * time.Second):
		t.Error("the small elements keep the large one in memory")
	}
	runtime.KeepAlive(kept)
}

// TestP8MaxBatch checks that the elements of all batches of a message count.
func TestP8MaxBatch(t *testing.T) {
	elements := func(n int) []byte { return bytes.Repeat(payload(1), n) }
	whole := payload(33, elements(decode.MaxBatch))
	half := payload(33, elements(decode.MaxBatch/2))
	for _, c := range []struct {
		name        string
		most, over1 []byte
	}{
		{"one batch", whole, payload(33, elements(decode.MaxBatch+1))},
		{"in pieces", slices.Concat(half, half), slices.Concat(whole, payload(33, payload(1)))},
		{"replaced", slices.Concat(whole, payload(10)), slices.Concat(whole, payload(10), payload(33, payload(1)))},
		{"nested", payload(33, payload(1, payload(33, elements(decode.MaxBatch-1)))), payload(33, payload(1, whole))},
		{"beside nested", payload(33, payload(1, half), elements(decode.MaxBatch/2-1)), payload(33, payload(1, half), elements(decode.MaxBatch/2))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := checkAgreement(t, c.most); err != nil {
				t.Errorf("%d elements: %v", decode.MaxBatch, err)
			}
			_, err := checkAgreement(t, c.over1)
			if err == nil || !strings.Contains(err.Error(), "too many elements in batches at byte ") {
				t.Errorf("%d elements: error %v", decode.MaxBatch+1, err)
			}
		})
	}
}

// TestP8MemoryIsBounded decodes what takes the most memory for its size.
func TestP8MemoryIsBounded(t *testing.T) {
	const size = 1 << 20
	fill := func(field []byte) []byte { return bytes.Repeat(field, size/len(field)) }
	most := func(element []byte) []byte { return bytes.Repeat(element, decode.MaxBatch) }
	for _, c := range []struct {
		name    string
		message []byte
		tooMany bool
	}{
		{"batch of empty elements", payload(33, most(payload(1))), false},
		{"batch of empty notifications", payload(33, most(payload(1, payload(10)))), false},
		{"batch of empty forwardings", payload(33, most(payload(1, payload(30)))), false},
		{"batch of nested batches", payload(33, most(payload(1, payload(33)))), false},
		{"batches of one", most(payload(33, payload(1, payload(30)))), false},
		{"replaced batches", most(append(payload(33, payload(1, payload(30))), payload(10)...)), false},
		{"larger batch", payload(33, fill(payload(1, payload(30)))), true},
		{"batch within an element", payload(33, payload(1, payload(33, fill(payload(1, payload(30)))))), true},
		{"repeated content", fill(payload(17, payload(4))), false},
		{"repeated unknown", fill(payload(99)), false},
		{"one text", payload(12, text(1, strings.Repeat("x", size))), false},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		list, err := decode.Append(nil, c.message)
		runtime.ReadMemStats(&after)
		if (err != nil) != c.tooMany {
			t.Errorf("%s: error %v", c.name, err)
		}
		used := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d notifications, %d bytes allocated for a message of %d", c.name, len(list), used, len(c.message))
		if used > uint64(4*len(c.message)+16<<20) {
			t.Errorf("%s: %d bytes allocated", c.name, used)
		}
	}
}

// TestReportCopiesItsJSONOnly decodes a short report, and a short message of an
// unknown type, beside an irrelevant field of 1 MiB.
func TestReportCopiesItsJSONOnly(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	for _, message := range [][]byte{
		payload(12, text(1, "{}"), text(9, big)),
		append(text(99, big), text(35, "new")...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decode.Append(nil, message)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; err != nil || used > 64<<10 {
			t.Errorf("%d bytes allocated, error %v", used, err)
		}
	}
}
