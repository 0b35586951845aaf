package decode_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// kinds returns a zero value of every kind of notification that a server sends.
func kinds() []decode.Notification {
	var list []decode.Notification
	for _, kind := range decode.Kinds() {
		n, err := decode.UnmarshalNotification([]byte(`{"kind":"` + kind.String() + `"}`))
		if err != nil || n.Kind() != kind {
			panic(fmt.Sprintf("%v is read as %v, %v", kind, n, err))
		}
		list = append(list, n)
	}
	return list
}

// TestKindsAreTheSchemas checks kinds, names and numbers against the members of
// ServerMessage: each is a notification here, part of the handshake, or the batch.
func TestKindsAreTheSchemas(t *testing.T) {
	others := map[int]bool{6: true, 7: true, 8: true, 9: true, 33: true}
	ours := make(map[decode.Kind]bool)
	for _, n := range kinds() {
		ours[n.Kind()] = true
	}
	members := (&pb.ServerMessage{}).ProtoReflect().Descriptor().Fields()
	for i := range members.Len() {
		member := members.Get(i)
		kind, name := decode.Kind(member.Number()), string(member.Name())
		if others[int(kind)] {
			if got, ok := decode.ParseKind(name); ok {
				t.Errorf("ParseKind(%q) = %v, want none", name, got)
			}
			continue
		}
		if !ours[kind] {
			t.Errorf("no notification type has kind %d, %s", kind, name)
		}
		if got := kind.String(); got != name {
			t.Errorf("Kind(%d).String() = %q, want %q", kind, got, name)
		}
		if got, ok := decode.ParseKind(name); got != kind || !ok {
			t.Errorf("ParseKind(%q) = %v, %v, want %d", name, got, ok, kind)
		}
		delete(ours, kind)
	}
	for kind := range ours {
		t.Errorf("kind %v is not in the schema", kind)
	}
}

func TestKindString(t *testing.T) {
	for kind, want := range map[decode.Kind]string{
		decode.KindGap:                    "gap",
		decode.KindUndecodable:            "undecodable",
		decode.Unknown{Number: 99}.Kind(): "unknown",
		decode.Kind(6):                    "kind(6)",
		decode.Kind(99):                   "kind(99)",
		decode.Kind(-99):                  "kind(-99)",
		decode.Undecodable{}.Kind():       "undecodable",
	} {
		if got := kind.String(); got != want {
			t.Errorf("Kind(%d).String() = %q, want %q", int32(kind), got, want)
		}
		if want == "kind(6)" || want == "gap" {
			if _, ok := decode.ParseKind(want); ok {
				t.Errorf("ParseKind(%q) found a kind that no server sends", want)
			}
		}
	}
	if _, ok := decode.ParseKind(""); ok {
		t.Error("ParseKind found a kind without a name")
	}
}

// TestRoomOf checks that RoomOf knows exactly the types that have a RoomID.
func TestRoomOf(t *testing.T) {
	all := append(kinds(), decode.Unknown{}, decode.Undecodable{})
	for _, n := range all {
		v := reflect.New(reflect.TypeOf(n)).Elem()
		room := v.FieldByName("RoomID")
		want, wantOK := "", room.IsValid()
		if wantOK {
			want = "room-1"
			room.SetString(want)
		}
		if got, ok := decode.RoomOf(v.Interface().(decode.Notification)); got != want || ok != wantOK {
			t.Errorf("RoomOf(%T) = %q, %v, want %q, %v", n, got, ok, want, wantOK)
		}
	}
	if _, ok := decode.RoomOf(nil); ok {
		t.Error("RoomOf(nil) found a room")
	}
}

func TestNotificationsAreComparable(t *testing.T) {
	all := append(kinds(), decode.Unknown{}, decode.Undecodable{})
	for _, n := range all {
		if !reflect.TypeOf(n).Comparable() {
			t.Errorf("%T is not comparable", n)
		}
	}
}

func TestKinds(t *testing.T) {
	all := decode.Kinds()
	if len(all) != len(kinds()) || !slices.IsSorted(all) {
		t.Errorf("Kinds() = %v, want %d in order", all, len(kinds()))
	}
	for _, n := range kinds() {
		if !slices.Contains(all, n.Kind()) {
			t.Errorf("Kinds() lacks %v", n.Kind())
		}
	}
	all[0] = 0
	if decode.Kinds()[0] == 0 {
		t.Error("Kinds returns a list that is shared")
	}
}
