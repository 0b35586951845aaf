package decode_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// jsonBodyOf returns the body that server 0.3.0 makes of a message: the message's bytes
// as the text of a JSON string, with control characters escaped and everything else
// as it is.
func jsonBodyOf(message []byte) []byte {
	body := []byte(`{"notification":"`)
	for _, c := range message {
		switch c {
		case '"', '\\':
			body = append(body, '\\', c)
		case '\b', '\t', '\n', '\f', '\r':
			body = append(body, '\\', map[byte]byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r'}[c])
		default:
			if c < 0x20 {
				body = fmt.Appendf(body, `\u%04X`, c)
			} else {
				body = append(body, c)
			}
		}
	}
	return append(body, `"}`...)
}

// Jellyfish protocol, section 7.2.
func TestAppendBodyOfTheDocumentation(t *testing.T) {
	want := decode.PeerConnected{RoomID: "fbf4190c-5c76-415c-8939-52c6ed20868b", PeerID: "c7236587-5df8-4b41-b6e4-268e71133ee2"}
	message, err := hex.DecodeString("124c0a2466626634313930632d356337362d343135632d383933392d353263366564323038363862122463373233363538372d356466382d346234312d623665342d323638653731313333656532")
	if err != nil {
		t.Fatal(err)
	}
	inJSON := []byte(`{"notification":"\u0012L\n$fbf4190c-5c76-415c-8939-52c6ed20868b\u0012$c7236587-5df8-4b41-b6e4-268e71133ee2"}`)
	for _, body := range [][]byte{message, inJSON} {
		got, err := decode.AppendBody(nil, body)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("AppendBody(%q) = %v, %v, want %v", body, got, err, want)
		}
	}
	if !bytes.Equal(jsonBodyOf(message), inJSON) {
		t.Errorf("the tests' JSON is %s, want %s", jsonBodyOf(message), inJSON)
	}
	_, err = decode.AppendBody(nil, nil)
	if !errors.Is(err, decode.ErrEmptyBody) {
		t.Errorf("an empty body: error %v", err)
	}
}

// A batch is appended in order, after what is there already: Jellyfish protocol,
// section 7.3.
func TestAppendBodyOfBatch(t *testing.T) {
	message, err := hex.DecodeString("8a022e0a0a52080a06726f6f6d2d310a1412120a06726f6f6d2d311206706565722d3118010a0a5a080a06726f6f6d2d31")
	if err != nil {
		t.Fatal(err)
	}
	before := decode.RoomCreated{RoomID: "before"}
	want := []decode.Notification{
		before,
		decode.RoomCreated{RoomID: "room-1"},
		decode.PeerConnected{RoomID: "room-1", PeerID: "peer-1", PeerType: decode.PeerTypeWebRTC},
		decode.RoomDeleted{RoomID: "room-1"},
	}
	for _, body := range [][]byte{message, jsonBodyOf(message)} {
		got, err := decode.AppendBody([]decode.Notification{before}, body)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", body, diff)
		}
	}
}

// The length of a message with a room id of 200 characters has bytes that aren't UTF-8:
// Jellyfish protocol, section 6.1.
func TestAppendBodyKeepsRawBytes(t *testing.T) {
	room := strings.Repeat("r", 200)
	message := payload(2, text(1, room), text(2, "peer-1"))
	body := jsonBodyOf(message)
	if utf8.Valid(body) {
		t.Fatalf("%q is UTF-8", body)
	}
	want := decode.PeerConnected{RoomID: room, PeerID: "peer-1"}
	got, err := decode.AppendBody(nil, body)
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("AppendBody = %v, %v, want %v", got, err, want)
	}
}

// Every message survives the JSON of server 0.3.0, valid or not.
func TestAppendBodyAgreesWithAppend(t *testing.T) {
	const messages = 20_000
	decoded := 0
	for seed := range uint64(messages) {
		message := generator{rand.New(rand.NewPCG(seed, 5))}.frame()
		if checkBody(t, jsonBodyOf(message), message) {
			decoded++
		}
		if len(message) == 0 || message[0] != '{' {
			checkBody(t, message, message)
		}
	}
	if decoded < messages/3 || decoded > messages*9/10 {
		t.Errorf("%d of %d messages were decoded, want between a third and nine tenths", decoded, messages)
	}
}

// checkBody fails the test unless AppendBody decodes the body as Append decodes the
// message in it. It reports whether that holds a notification.
func checkBody(t testing.TB, body, message []byte) bool {
	t.Helper()
	before := decode.Unknown{Number: -1, Payload: "before"}
	dst := []decode.Notification{before}
	want, wantErr := decode.Append(dst, message)
	if len(message) == 0 {
		wantErr = decode.ErrEmptyBody
	}
	got, err := decode.AppendBody(dst, body)
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("AppendBody(%q): error %v, want %v", body, err, wantErr)
	}
	if len(got) != len(want) {
		t.Fatalf("AppendBody(%q) = %v, want %v", body, got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("AppendBody(%q) (-want +got):\n%s", body, cmp.Diff(want, got))
		}
	}
	return len(got) > 1
}

func TestAppendBodyUnescapes(t *testing.T) {
	for escaped, want := range map[string]string{
		`\"\\\/\b\f\n\r\t`:         "\"\\/\b\f\n\r\t",
		`\u0000\u001A\u001a`:       "\x00\x1a\x1a",
		`\u0041A\u007F`:            "AA\x7f",
		`\u0080\u00FF\u07ff`:       "\u0080\u00ff\u07ff",
		`\u0800\uD7FF\uE000`:       "\u0800\ud7ff\ue000",
		`\uFFFD\uFFFF`:             "\ufffd\uffff",
		`\uD83D\uDE00`:             "\U0001F600",
		`\uD800\uDC00\udbff\udFFF`: "\U00010000\U0010FFFF",
		"é☃😀\u2028":                "é☃😀\u2028",
		`\\u0041`:                  `\u0041`,
		`a\\`:                      `a\`,
	} {
		// A field that no schema has may hold any bytes.
		message := payload(99, []byte(want))
		head := jsonBodyOf(message[:len(message)-len(want)])
		body := append(head[:len(head)-2], escaped+`"}`...)
		got, err := decode.AppendBody(nil, body)
		if wanted := (decode.Unknown{Number: 99, Payload: want}); err != nil || len(got) != 1 || got[0] != wanted {
			t.Errorf("AppendBody(%s) = %q, %v, want %q", body, got, err, wanted)
		}
	}
}

func TestAppendBodyFindsTheString(t *testing.T) {
	want := decode.RoomCreated{RoomID: "room-1"}
	for _, body := range []string{
		`{"notification":"R\b\n\u0006room-1"}`,
		`{ "notification" : "R\b\n\u0006room-1" } ` + "\r\n",
		`{"a":{"notification":"x"},"notification":"R\b\n\u0006room-1","b":[1,null,{}]}`,
		`{"notific\u0061tion":"R\b\n\u0006room-1"}`,
		`{"notification":"x","notification":"R\b\n\u0006room-1"}`,
	} {
		got, err := decode.AppendBody(nil, []byte(body))
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("AppendBody(%s) = %v, %v", body, got, err)
		}
	}
}

func TestAppendBodyRefuses(t *testing.T) {
	for body, want := range map[string]error{
		"":                                       decode.ErrEmptyBody,
		`{"notification":""}`:                    decode.ErrEmptyBody,
		`{`:                                      decode.ErrUndecodable,
		`{}`:                                     decode.ErrUndecodable,
		`{"notification"}`:                       decode.ErrUndecodable,
		`{"notification":null}`:                  decode.ErrUndecodable,
		`{"notification":18}`:                    decode.ErrUndecodable,
		`{"notification":true}`:                  decode.ErrUndecodable,
		`{"notification":{}}`:                    decode.ErrUndecodable,
		`{"notification":["R\b\n\u0006room-1"]}`: decode.ErrUndecodable,
		`{"event":"R\b\n\u0006room-1"}`:          decode.ErrUndecodable,
		`{"notification":"R\b\n\u0006room-1"`:    decode.ErrUndecodable,
		`{"notification":"R\b\n\u0006room-1"}}`:  decode.ErrUndecodable,
		`{"notification":"R\b\n\u0006room-1"}{}`: decode.ErrUndecodable,
		`{"notification":"R\b\n\u0006room-1","notification":null}`:          decode.ErrUndecodable,
		`{"notification":"R\b\n\u0006room-1\"}`:                             decode.ErrUndecodable,
		`{"notification":"R\b\n\u0006room-1\x"}`:                            decode.ErrUndecodable,
		`{"notification":"R\b\n\u0006room-1\u12"}`:                          decode.ErrUndecodable,
		`{"notification":"R\b` + "\n" + `\u0006room-1"}`:                    decode.ErrUndecodable,
		`{"notification":"R\b\n\u0007room-1"}`:                              decode.ErrUndecodable,
		`{"notification":"UghKBnJvb20tMQ=="}`:                               decode.ErrUndecodable,
		` {"notification":"R\b\n\u0006room-1"}`:                             decode.ErrUndecodable,
		`{"a":` + strings.Repeat("[", 1e5) + strings.Repeat("]", 1e5) + `}`: decode.ErrUndecodable,
	} {
		dst := []decode.Notification{decode.Unknown{Number: 1}}
		got, err := decode.AppendBody(dst, []byte(body))
		if !errors.Is(err, want) || len(got) != 1 || got[0] != dst[0] {
			t.Errorf("AppendBody(%.60s) = %v, %v, want %v", body, got, err, want)
		}
		if err != nil && (len(err.Error()) > 200 || !strings.HasPrefix(err.Error(), "decode: ")) {
			t.Errorf("AppendBody(%.60s): error %.300q", body, err)
		}
	}
}

// Half a surrogate pair stands for no bytes: it isn't replaced by any, which could turn
// something else into a message.
func TestAppendBodyRefusesHalfPairs(t *testing.T) {
	for _, escaped := range []string{
		`\uD800`, `\udfff`, `\uD800\uD800`, `\uDC00\uDC00`, `\uDC00\uD800`, `\uD800\u0041`, `\uD800\uFFFD`,
		`\uD800\nDC00`, `\uD800xDC00`, `\uD800\\uDC00`, `\uD83D\uDE00\uD83D`,
	} {
		body := `{"notification":"` + escaped + `"}`
		got, err := decode.AppendBody(nil, []byte(body))
		if !errors.Is(err, decode.ErrUndecodable) || !strings.Contains(fmt.Sprint(err), "surrogate") {
			t.Errorf("AppendBody(%s) = %q, %v", body, got, err)
		}
	}
}

// The content type tells Decode that a body is JSON, so it may be JSON of any kind.
func TestWebhookRefusesOtherJSON(t *testing.T) {
	for _, body := range []string{"null", "[]", `"R\b\n\u0006room-1"`, "1", strings.Repeat("1", 1e5), " ", "\ufeff{}"} {
		_, err := decode.RequestDecoder{}.Decode(newRequest(jsonType, []byte(body)))
		checkRefused(t, fmt.Sprintf("%.20s", body), err, 400, decode.ErrUndecodable)
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%.20s: error %.300q", body, err)
		}
	}
}

// TestP8JSONBodyMemory decodes JSON that is much larger than what it stands for, or odd
// in another way.
func TestP8JSONBodyMemory(t *testing.T) {
	const size = 4 << 20
	for name, body := range map[string][]byte{
		"raw":         jsonBodyOf(text(99, strings.Repeat("x", size))),
		"short":       []byte(`{"notification":"` + strings.Repeat(`\n`, size/2) + `"}`),
		"escaped":     []byte(`{"notification":"` + strings.Repeat(`\uFFFF`, size/6) + `"}`),
		"pairs":       []byte(`{"notification":"` + strings.Repeat(`\uDBFF\uDFFF`, size/12) + `"}`),
		"keys":        []byte(`{` + strings.Repeat(`"":0,`, size/5) + `"notification":""}`),
		"other value": []byte(`{"a":[` + strings.Repeat(`{},`, size/3) + `0]}`),
		"repeated":    []byte(`{` + strings.Repeat(`"notification":"xxxxxxxxxxxxxxxxxxxxxxxxx",`, size/44) + `"a":0}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decode.AppendBody(nil, body)
		runtime.ReadMemStats(&after)
		used := after.TotalAlloc - before.TotalAlloc
		t.Logf("%s: %d bytes allocated for a body of %d, error %v", name, used, len(body), err)
		if used > uint64(3*len(body)+64<<10) {
			t.Errorf("%s: %d bytes allocated for a body of %d", name, used, len(body))
		}
	}
}

// FuzzAppendBody compares AppendBody with Append on arbitrary bodies that aren't JSON,
// on messages in JSON, and with encoding/json on JSON that it can read.
func FuzzAppendBody(f *testing.F) {
	for _, list := range vectors(f) {
		for _, v := range list {
			f.Add(v.message(f))
			f.Add(jsonBodyOf(v.message(f)))
		}
	}
	for _, recorded := range recordedRequests(f) {
		f.Add(recorded.message(f))
	}
	for _, escaped := range []string{`\uD83D\uDE00`, `\uD800`, `\uD800\n`, `\"\\\/\b\f\n\r\t`, `\u00ff` + "\xff", `\ud800\ud800`, `\`, `\u`, `\ud800\u`} {
		f.Add([]byte(`{"notification":"R\b\n\u0006` + escaped + `"}`))
		f.Add([]byte(`{"notification":"\ufffd` + escaped + `","notification":null, "a":[{}]}`))
	}
	f.Add([]byte(`{|`)) // As protobuf a group, which is a message without content.
	f.Add([]byte(`{}`))
	f.Add([]byte(` {}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		checkBody(t, jsonBodyOf(body), body)
		if len(body) == 0 || body[0] != '{' {
			checkBody(t, body, body)
			return
		}
		_, err := decode.AppendBody(nil, body)
		if err != nil && !errors.Is(err, decode.ErrUndecodable) && !errors.Is(err, decode.ErrEmptyBody) {
			t.Fatalf("AppendBody(%q): error %v", body, err)
		}
		var parsed struct {
			Notification any `json:"notification"`
		}
		if err := json.Unmarshal(body, &parsed); err != nil && strings.Contains(err.Error(), "number") {
			return // Too large for Go: the only error that Go has and we don't.
		}
		message, ok := parsed.Notification.(string)
		switch {
		case !ok || !json.Valid(body):
			if !errors.Is(err, decode.ErrUndecodable) {
				t.Fatalf("AppendBody(%q): error %v, want ErrUndecodable", body, err)
			}
		case !strings.ContainsRune(message, utf8.RuneError):
			checkBody(t, body, []byte(message))
		}
	})
}
