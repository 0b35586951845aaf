package decode_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	protobuf "google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// TestMarshalIsReadBack marshals every notification of every vector, and checks that
// Append and the generated code read the bytes back.
func TestMarshalIsReadBack(t *testing.T) {
	for _, list := range vectors(t) {
		for _, v := range list {
			for _, n := range v.wanted(t) {
				checkMarshal(t, n)
			}
		}
	}
	for _, zero := range kinds() {
		checkMarshal(t, zero)
		filled := reflect.New(reflect.TypeOf(zero)).Elem()
		setAll(filled)
		checkMarshal(t, filled.Interface().(decode.Notification))
	}
	for _, n := range []decode.Notification{
		decode.Unknown{Number: 99, Payload: "\x0a\x01x"},
		decode.Unknown{Number: 1000},
		decode.ChannelAdded{Owner: decode.Owner{Type: decode.OwnerComponent}},
		decode.TrackAdded{Owner: decode.Owner{Type: decode.OwnerPeer}, Track: decode.Track{Type: decode.TrackTypeAudio}},
		decode.PeerAdded{RoomID: "r", PeerType: -7},
		decode.VAD{RoomID: strings.Repeat("é", 300), Status: 1 << 30},
	} {
		checkMarshal(t, n)
	}
}

// setAll gives every field of a struct a distinct value.
func setAll(v reflect.Value) {
	for i := range v.NumField() {
		switch field := v.Field(i); field.Kind() {
		case reflect.Struct:
			setAll(field)
		case reflect.String:
			field.SetString(v.Type().Field(i).Name)
		default:
			field.SetInt(2)
		}
	}
}

func checkMarshal(t *testing.T, n decode.Notification) {
	t.Helper()
	message, err := decode.Marshal(n)
	if err != nil {
		t.Errorf("%#v: %v", n, err)
		return
	}
	got, err := decode.Append(nil, message)
	if diff := cmp.Diff([]decode.Notification{n}, got); err != nil || diff != "" {
		t.Errorf("%#v is read back as (-want +got), %v:\n%s", n, err, diff)
	}
	var generated pb.ServerMessage
	if err := protobuf.Unmarshal(message, &generated); err != nil {
		t.Errorf("%#v: %v", n, err)
		return
	}
	again, err := protobuf.Marshal(&generated)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = decode.Append(nil, again); err != nil || !cmp.Equal([]decode.Notification{n}, got) {
		t.Errorf("%#v is %v, %v after the generated code", n, got, err)
	}
	if len(again) != len(message) {
		t.Errorf("%#v has %d bytes, %d by the generated code", n, len(message), len(again))
	}
}

type stranger struct{ decode.RoomCreated }

func (stranger) Kind() decode.Kind { return decode.KindPeerAdded }

func TestMarshalRefusesWhatHasNoWireForm(t *testing.T) {
	for _, n := range []decode.Notification{
		nil,
		&decode.RoomCreated{RoomID: "r"},
		decode.Undecodable{Reason: "r"},
		stranger{},
		stream.Gap{Dropped: 1},
		decode.Unknown{},
		decode.Unknown{Number: 10},
		decode.RoomCreated{RoomID: "\xff"},
		decode.TrackAdded{Track: decode.Track{Metadata: "\xff"}},
		decode.TrackAdded{Owner: decode.Owner{ID: "x"}},
		decode.ChannelAdded{Owner: decode.Owner{Type: 9, ID: "x"}},
	} {
		if message, err := decode.Marshal(n); err == nil || !strings.HasPrefix(err.Error(), "decode: marshal ") {
			t.Errorf("%#v: %x, %v", n, message, err)
		}
	}
}

func TestMarshalOfAPointerSaysWhatToDo(t *testing.T) {
	_, err := decode.Marshal(&decode.RoomCreated{})
	if want := "decode: marshal *decode.RoomCreated: pass the value, not a pointer to it"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func BenchmarkMarshal(b *testing.B) {
	var n decode.Notification = decode.PeerConnected{RoomID: "0b3f2c6e-room", PeerID: "5d0a41ff-peer"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode.Marshal(n); err != nil {
			b.Fatal(err)
		}
	}
}
