package fishjam_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// One unreadable room doesn't affect the others, and its readable part is kept.
func TestP11OddFishjamRooms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		odd  string
		want fishjam.Room
	}{
		{`{"id":"b","config":{"maxPeers":null,"roomType":"stadium","videoCodec":"av1","webhookUrl":null}}`, fishjam.Room{Config: fishjam.RoomConfig{Type: "stadium", VideoCodec: "av1"}}},
		{`{"id":"b","config":{"maxPeers":1e1,"public":"yes"}}`, fishjam.Room{Config: fishjam.RoomConfig{MaxPeers: 10}, Problems: []string{"config.public: want true or false"}}},
		{`{"id":"b","config":7,"peers":{},"compositionInfo":[]}`, fishjam.Room{
			Problems: []string{"config: want an object", "peers: want a list", "compositionInfo: want an object"}}},
		{`{"id":"b","compositionInfo":null}`, fishjam.Room{}},
		{`{"id":"b","compositionInfo":{"compositionUrl":1,"forwardings":[{"inputId":"i"},{"peerId":"p"}]}}`, fishjam.Room{
			Composition: &fishjam.Composition{Forwardings: []fishjam.Forwarding{{PeerID: "p"}}},
			Problems:    []string{"compositionInfo.compositionUrl: want a text", "compositionInfo.forwardings[0]: forwarding names no peer"}}},
		{`{"id":"b","peers":[{"id":"p","type":"ghost","status":1,"metadata":"x","subscriptions":{"peers":[1,"q"],"tracks":null}},{}]}`, fishjam.Room{
			Peers: []fishjam.Peer{{ID: "p", Type: "ghost", Metadata: `"x"`, Subscriptions: fishjam.Subscriptions{Peers: []string{"q"}}}},
			Problems: []string{"peers[0].status: want a text", "peers[0].subscriptions.peers[0]: want a text",
				"peers[1]: peer has no id"}}},
		{`{"id":"b","peers":[{"id":"p","metadata":{"peer":[{"deep":1}],"server":null,"new":1},"tracks":[null]}]}`, fishjam.Room{
			Peers:    []fishjam.Peer{{ID: "p", Metadata: `{"peer":[{"deep":1}],"server":null,"new":1}`, Tracks: []decode.Track{}}},
			Problems: []string{"peers[0].tracks[0]: no track"}}},
		{`{"ID":"b","Config":{"MAXPEERS":3}}`, fishjam.Room{Config: fishjam.RoomConfig{MaxPeers: 3}}},
	} {
		test.want.ID = "b"
		var log bytes.Buffer
		client := serve(t, fishjam.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			responding(200, jsonType, `{"data":[{"id":"a"},`+test.odd+`,{"name":"c"},{"id":"d"}]}`))
		list, err := client.ListRooms(t.Context())
		if err != nil {
			t.Errorf("%s: %v", test.odd, err)
			continue
		}
		want := []fishjam.Room{{ID: "a"}, test.want, {ID: "d"}}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.odd, diff)
		}
		odd := uint64(min(1, len(test.want.Problems)))
		if got := client.Stats(); got != (fishjam.Stats{OddElements: odd, ElementsLeftOut: 1}) {
			t.Errorf("%s: %+v", test.odd, got)
		}
		if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "left_out=1") {
			t.Errorf("%s: log %q", test.odd, text)
		}
		client.CloseIdleConnections()
	}
}

// Livestreams and recordings are read like rooms.
func TestP11OddLivestreamsAndRecordings(t *testing.T) {
	t.Parallel()
	client := serve(t, fishjam.Config{}, func(w http.ResponseWriter, r *http.Request) {
		body := `{"data":[{"id":"a","public":1,"streamers":[{"id":"s","status":"waiting"},{"token":"t"}],"viewers":{}},{},7,{"id":"b","new":{}}]}`
		if strings.HasSuffix(r.URL.Path, "/recordings") {
			body = `{"data":[{"id":"a","source":{"compositionURL":"u","outputId":"o","scaleRatio":"big"},"status":"lost","files":[{"url":"f"},{}]},` +
				`{"id":"b","source":{"outputId":1}},{"id":"c","source":7},{"id":"d","source":{"compositionURL":"u","audio":true,"resolution":null}},{"status":"active"}]}`
		}
		responding(200, jsonType, body)(w, r)
	})
	streams, err := client.ListLivestreams(t.Context())
	if diff := cmp.Diff([]fishjam.Livestream{
		{ID: "a", Streamers: []fishjam.Streamer{{ID: "s", Status: "waiting"}},
			Problems: []string{"public: want true or false", "streamers[1]: streamer has no id", "viewers: want a list"}},
		{ID: "b"},
	}, streams); diff != "" || err != nil {
		t.Errorf("error %v (-want +got)\n%s", err, diff)
	}
	recordings, err := client.ListRecordings(t.Context(), fishjam.RecordingFilter{})
	if diff := cmp.Diff([]fishjam.Recording{
		{ID: "a", Source: fishjam.CompositionSource{CompositionURL: "u", OutputID: "o"}, Status: "lost", Files: []string{"f"},
			Problems: []string{"source.scaleRatio: want a number", "files[1]: file has no url"}},
		{ID: "b", Problems: []string{"source.outputId: want a text"}},
		{ID: "c", Problems: []string{"source: want an object"}},
		{ID: "d", Source: fishjam.TemplateSource{CompositionURL: "u"}},
	}, recordings); diff != "" || err != nil {
		t.Errorf("error %v (-want +got)\n%s", err, diff)
	}
	if got := client.Stats(); got != (fishjam.Stats{OddElements: 4, ElementsLeftOut: 3}) {
		t.Errorf("%+v", got)
	}
}

// A response takes at most four times the limit, whatever it contains, measured as live
// heap with the garbage collector at 10 percent.
func TestP11FishjamResponsesAreBounded(t *testing.T) {
	const limit = 4 << 20
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for name, test := range map[string]struct {
		body, repeated string
		list           func(context.Context, *fishjam.Client) error
	}{
		"rooms":         {`{"data":[`, `{"id":"a"},`, listRooms},
		"peers":         {`{"data":[{"id":"a","peers":[`, `{"id":"p"},`, listRooms},
		"tracks":        {`{"data":[{"id":"a","peers":[{"id":"p","tracks":[`, `{},`, listRooms},
		"subscriptions": {`{"data":[{"id":"a","peers":[{"id":"p","subscriptions":{"peers":[`, `"q",`, listRooms},
		"compositions":  {`{"data":[`, `{"id":"a","compositionInfo":{}},`, listRooms},
		"forwardings":   {`{"data":[{"id":"a","compositionInfo":{"forwardings":[`, `{"peerId":"p"},`, listRooms},
		"webhooks":      {`{"data":[`, `{"id":"a","config":{"webhookUrl":"h"}},`, listRooms},
		"livestreams":   {`{"data":[`, `{"id":"a"},`, listStreams},
		"streamers":     {`{"data":[{"id":"a","streamers":[`, `{"id":"s","token":"t"},`, listStreams},
		"viewers":       {`{"data":[{"id":"a","viewers":[`, `{"id":"s","token":"t"},`, listStreams},
		"recordings":    {`{"data":[`, `{"id":"a","source":{"compositionURL":"c"}},`, listRecordings},
		"files":         {`{"data":[{"id":"a","files":[`, `{"url":"f"},`, listRecordings},
		"nulls":         {`{"data":[`, `null,`, listRooms},
	} {
		t.Run(name, func(t *testing.T) {
			client := serve(t, fishjam.Config{ReadLimit: limit, Timeout: time.Minute}, func(w http.ResponseWriter, _ *http.Request) {
				chunk := []byte(strings.Repeat(test.repeated, 1+1<<15/len(test.repeated)))
				_, err := w.Write([]byte(test.body))
				for err == nil { // Until the client ends it.
					_, err = w.Write(chunk)
				}
			})
			grown := heapGrowth(func() {
				if err := test.list(t.Context(), client); !errors.Is(err, fishjam.ErrTooLarge) {
					t.Errorf("error %v", err)
				}
			})
			// Plus what net/http and this test need themselves.
			if bound := uint64(4*limit + 2<<20); grown > bound {
				t.Errorf("%d bytes of the heap, more than %d", grown, bound)
			}
			t.Logf("%d kB", grown>>10)
		})
	}
}

// heapGrowth returns how much the live heap grew at most while f ran.
func heapGrowth(f func()) uint64 {
	live := func() uint64 {
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	debug.FreeOSMemory()
	before := live()
	highest := before
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for {
		highest = max(highest, live())
		select {
		case <-done:
			return highest - before
		case <-time.After(time.Millisecond):
		}
	}
}

func listRooms(ctx context.Context, c *fishjam.Client) error {
	_, err := c.ListRooms(ctx)
	return err
}

func listStreams(ctx context.Context, c *fishjam.Client) error {
	_, err := c.ListLivestreams(ctx)
	return err
}

func listRecordings(ctx context.Context, c *fishjam.Client) error {
	_, err := c.ListRecordings(ctx, fishjam.RecordingFilter{})
	return err
}
