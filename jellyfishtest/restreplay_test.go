package jellyfishtest_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// restExchange is a recorded REST call to a server 0.5.0.
type restExchange struct {
	Note          string
	Method, Path  string
	Authorization string
	Accept        string
	ContentType   string `json:"content_type"`
	Body          *string
	Status        int
	AnswerType    string `json:"response_content_type"`
	Answer        string `json:"response_body"`
}

// restExceptions are the recorded calls that are answered in another way, and
// why.
var restExceptions = map[string]struct {
	reason string
	status int
	answer string
}{
	"health accept html": {
		"the server answers 406 to a client that doesn't accept JSON (Jellyfish protocol, sections 4.1 and 9); " +
			"the recorded 200 is that to a client without the header",
		406, `{"errors":{"detail":"Not Acceptable"}}`,
	},
}

// identifierPattern matches what the server makes up: ids of rooms, peers and
// components, and of components' tracks.
var identifierPattern = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9A-F]{16}\b`)

const unknownRoom = "00000000-0000-4000-8000-000000000000"

// TestRESTReplay repeats recorded calls in their order: same statuses, same
// content types and same bodies, byte for byte, with this server's ids in place
// of the recorded ones.
func TestRESTReplay(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{
		Address:  "127.0.0.1:5002",
		InMemory: true,
		Files:    []string{"video.h264", "audio.ogg", "a.txt"}, // As the recorded server had.
	})
	if err := server.AddRecording("rec-1", map[string]string{"index.m3u8": "#EXTM3U\n"}); err != nil {
		t.Fatal(err)
	}
	exchanges := restExchanges(t)
	r := newRESTReplay(t, server, exchanges)
	for i, e := range exchanges {
		r.prepare(e)
		r.replay(i, e)
	}
}

func restExchanges(t *testing.T) []restExchange {
	t.Helper()
	data, err := os.ReadFile("testdata/rest.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var exchanges []restExchange
	for line := range bytes.Lines(data) {
		var e restExchange
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		exchanges = append(exchanges, e)
	}
	if len(exchanges) != 178 {
		t.Fatalf("got %d exchanges, want 178", len(exchanges))
	}
	return exchanges
}

// restReplay is the state of a replay.
type restReplay struct {
	*testing.T
	server *jellyfishtest.Server
	ids    map[string]string         // This server's ids by the recorded ones.
	before map[string]bool           // Recorded rooms of before the recording.
	rooms  map[string]map[string]any // Recorded rooms by id.
}

func newRESTReplay(t *testing.T, server *jellyfishtest.Server, exchanges []restExchange) *restReplay {
	r := &restReplay{
		T: t, server: server,
		ids:    map[string]string{unknownRoom: unknownRoom},
		before: make(map[string]bool),
		rooms:  make(map[string]map[string]any),
	}
	for _, e := range exchanges {
		if e.Note != "trailing slash" && e.Note != "list all" {
			continue
		}
		for _, element := range parse(t, e.Answer).(map[string]any)["data"].([]any) {
			room := element.(map[string]any)
			id := room["id"].(string)
			r.rooms[id] = room
			if e.Note == "trailing slash" {
				r.before[id] = true
			}
		}
	}
	return r
}

// prepare does what happened between the recorded calls: rooms were created, and
// in the end all were deleted.
func (r *restReplay) prepare(e restExchange) {
	r.Helper()
	if e.Note == "list empty" {
		for _, id := range append(slices.Collect(maps.Values(r.ids)), "My-Room-1") {
			call(r.T, r.server, "DELETE", "/room/"+id, "")
		}
	}
	elements := strings.Split(e.Path, "/")
	if len(elements) < 3 || elements[1] != "room" || !identifierPattern.MatchString(elements[2]) || r.ids[elements[2]] != "" {
		return
	}
	config := "{}"
	if e.Body != nil && strings.Contains(*e.Body, `"hls"`) {
		config = `{"videoCodec":"h264"}`
	}
	if room := r.rooms[elements[2]]; room != nil {
		given := room["config"].(map[string]any)
		delete(given, "roomId")
		text, err := json.Marshal(given)
		if err != nil {
			r.Fatal(err)
		}
		config = string(text)
	}
	r.ids[elements[2]] = createRoom(r.T, r.server, config)
}

// ours returns a recorded text with this server's ids.
func (r *restReplay) ours(text string) string {
	return identifierPattern.ReplaceAllStringFunc(text, func(id string) string { return cmp.Or(r.ids[id], id) })
}

func (r *restReplay) replay(line int, e restExchange) {
	r.Helper()
	var sent string
	if e.Body != nil {
		sent = strings.ReplaceAll(r.ours(*e.Body), "\ufffd", "\xff")
	}
	request := newRequest(r.T, r.server, e.Method, r.ours(e.Path), sent)
	for name, value := range map[string]string{
		"Authorization": e.Authorization, "Accept": e.Accept, "Content-Type": e.ContentType,
	} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, got := exchange(r.T, r.server, request)
	if exception, ok := restExceptions[e.Note]; ok {
		if response.StatusCode == e.Status && got == r.expected(e.Answer, got) {
			r.Errorf("line %d (%s) is no exception any more: %s", line, e.Note, exception.reason)
		}
		e.Status, e.Answer = exception.status, exception.answer
	}
	if response.StatusCode != e.Status {
		r.Fatalf("line %d (%s): got status %d and %s, want %d", line, e.Note, response.StatusCode, got, e.Status)
	}
	if kind := response.Header.Get("Content-Type"); kind != e.AnswerType {
		r.Errorf("line %d (%s): got content type %q, want %q", line, e.Note, kind, e.AnswerType)
	}
	if want := r.expected(e.Answer, got); got != want {
		r.Errorf("line %d (%s):\ngot  %s\nwant %s", line, e.Note, got, want)
	}
}

// expected returns a recorded answer as this server must give it, after noting
// from the given one which of its ids stand for the recorded ones.
func (r *restReplay) expected(recorded, got string) string {
	if !strings.HasPrefix(recorded, "{") || !strings.HasPrefix(got, "{") {
		return r.ours(recorded)
	}
	want := parse(r.T, recorded)
	r.note(want, parse(r.T, got))
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.translate(want)); err != nil {
		r.Fatal(err)
	}
	return strings.TrimSpace(text.String())
}

// note keeps the ids in got that stand where want has ids that are new. Tokens
// and the time that the server runs are taken as they are.
func (r *restReplay) note(want, got any) {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return
		}
		id, isText := want["id"].(string)
		if new, ok := object["id"].(string); ok && isText && r.ids[id] == "" && identifierPattern.MatchString(new) {
			r.ids[id] = new
		}
		for _, name := range []string{"token", "uptime"} {
			if value, ok := object[name]; ok {
				want[name] = value
			}
		}
		for name, value := range want {
			r.note(value, object[name])
		}
	case []any:
		list, ok := got.([]any)
		if !ok {
			return
		}
		for i, element := range want {
			r.note(element, r.counterpart(element, i, list))
		}
	}
}

// counterpart returns the element of list that stands for a recorded one: the
// one with its id if that is known, else the one at its place.
func (r *restReplay) counterpart(element any, i int, list []any) any {
	if object, ok := element.(map[string]any); ok {
		if id, ok := object["id"].(string); ok && r.ids[id] != "" {
			for _, candidate := range list {
				if candidate.(map[string]any)["id"] == r.ids[id] {
					return candidate
				}
			}
		}
	}
	if i < len(list) {
		return list[i]
	}
	return nil
}

// translate returns a recorded value with this server's ids, lists of what has an
// id in the order of those, and without the rooms of before the recording.
func (r *restReplay) translate(value any) any {
	switch value := value.(type) {
	case string:
		return r.ours(value)
	case map[string]any:
		for name, member := range value {
			if name != "token" {
				value[name] = r.translate(member)
			}
		}
	case []any:
		list := []any{}
		for _, element := range value {
			if object, ok := element.(map[string]any); ok {
				if id, ok := object["id"].(string); ok && r.before[id] {
					continue
				}
			}
			list = append(list, r.translate(element))
		}
		slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(idOf(a), idOf(b)) })
		return list
	}
	return value
}

func idOf(value any) string {
	object, _ := value.(map[string]any)
	id, _ := object["id"].(string)
	return id
}

func parse(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}
