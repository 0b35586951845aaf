package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestConfigIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := dashboard.New(t.Context(), dashboard.Config{})
		if wrong := new(stream.InputError); !errors.As(err, &wrong) || wrong.Field != "View" {
			t.Errorf("without a view: %v", err)
		}
		w := newWorld(t, nil)
		_, err = dashboard.New(t.Context(), dashboard.Config{View: w.view})
		if wrong := new(stream.InputError); !errors.As(err, &wrong) || wrong.Field != "Source" {
			t.Errorf("without a source: %v", err)
		}
	})
}

func TestStreamTellsWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.create("standup")
		id := w.join("standup", "Ada")
		kinds := make(map[string]bool)
		w.follow(func(all []message) bool {
			for _, e := range last(all).Events {
				kinds[e.K] = true
				if e.K == "track_added" && (e.W != id || e.A != "Ada" || e.X != "video" || !strings.Contains(e.J, `"kind":"track_added"`)) {
					t.Errorf("the event is %+v", e)
				}
			}
			m := last(all)
			return kinds["track_added"] && m.Counts.Connected == 1 && m.Counts.Tracks == 1 &&
				slices.ContainsFunc(all, func(m message) bool { return slices.ContainsFunc(m.Rooms, hasTraffic) })
		})
		w.must(w.client.Delete(t.Context(), "standup"))
		w.follow(func(all []message) bool { return last(all).Counts.Rooms == 0 })
	})
}

func hasTraffic(r struct {
	I    string
	C, P int
	In   int64
}) bool {
	return r.In > 0
}

// What there was before the page is shown, but as nothing that happened now.
func TestWhatWasBeforeIsNoEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.create("standup")
		w.join("standup", "Ada")
		w.follow(func(all []message) bool { return last(all).Counts.Tracks == 1 })
		page, err := dashboard.New(t.Context(), dashboard.Config{View: w.view, Source: w.notifier})
		w.must(err)
		w.page = page
		all := w.follow(func(all []message) bool { return last(all).Counts.Tracks == 1 && len(all) > 3 })
		for _, m := range all {
			if len(m.Events) > 0 {
				t.Errorf("events: %+v", m.Events)
			}
		}
	})
}

func TestGapsAndInferredChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.create("standup")
		w.follow(func(all []message) bool { return last(all).Counts.Rooms == 1 })
		w.server.Stop()
		w.follow(func(all []message) bool {
			m := last(all)
			return m.State.Phase != "live" && len(m.Nodes) == 1 && m.Nodes[0].S != 0 && m.Counts.Rooms == 1
		})
		w.must(w.server.Restart())
		var gap, inferred bool
		w.follow(func(all []message) bool {
			for _, e := range last(all).Events {
				gap = gap || e.K == "gap" && strings.Contains(e.X, "outage")
				inferred = inferred || e.K == "inferred" && e.R == "standup"
			}
			return gap && inferred && last(all).Counts.Rooms == 0
		})
		// The room can be looked at for a while after its end.
		var detail struct {
			Ended int64
			Line  []struct {
				K string
				F bool
			}
		}
		w.must(json.Unmarshal(w.get("room?id=standup", nil).Body.Bytes(), &detail))
		if n := len(detail.Line); detail.Ended == 0 || n == 0 || detail.Line[n-1].K != "room-end" || !detail.Line[n-1].F {
			t.Errorf("the room that ended: %+v", detail)
		}
	})
}

func TestRoomTellsWhoIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		// What is found in the first seconds may have been there before the page.
		<-time.After(10 * time.Second)
		w.create("standup")
		id := w.join("standup", "Ada")
		_, err := w.client.AddComponent(t.Context(), "standup", rooms.RTSPOptions{SourceURI: rooms.NewSecret("rtsp://user:hidden@camera.test/1")})
		w.must(err)
		w.follow(func(all []message) bool { return last(all).Counts.Tracks == 1 })
		w.must(w.server.CrashPeer("standup", id, "ICE failed"))
		w.follow(func(all []message) bool { return last(all).Counts.Peers == 0 })
		text := w.get("room?id=standup", nil).Body.String()
		for _, want := range []string{`"k":"join"`, `"k":"track"`, `"k":"crash"`, "ICE failed", `"a":"Ada"`} {
			if !strings.Contains(text, want) {
				t.Errorf("the room lacks %s: %s", want, text)
			}
		}
		if strings.Contains(text, "hidden") {
			t.Errorf("the room has a component's secret: %s", text)
		}
		if got := w.get("room?id=nothing", nil).Code; got != http.StatusNotFound {
			t.Errorf("a room that isn't there: status %d", got)
		}
	})
}

// A webhook can be the source, and its requests are counted by what became of them.
func TestWebhooksAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		secret := decode.NewSecret("known")
		webhook, err := stream.NewWebhook(t.Context(), stream.WebhookConfig{Requests: decode.RequestDecoder{SigningSecrets: []decode.Secret{secret}}})
		w.must(err)
		w.page, err = dashboard.New(t.Context(), dashboard.Config{View: w.view, Source: webhook})
		w.must(err)
		counted := w.page.CountWebhooks(webhook)
		post := func(signature string) {
			r := httptest.NewRequest(http.MethodPost, "/hook", bytes.NewReader(body))
			r.Header.Set("Content-Type", "application/x-protobuf")
			r.Header.Set(decode.SignatureHeader, signature)
			counted.ServeHTTP(httptest.NewRecorder(), r)
		}
		signature, err := decode.Sign(secret, body)
		w.must(err)
		post(signature)
		post("sha256=00")
		w.follow(func(all []message) bool {
			m := last(all).Webhooks
			return m != nil && m.Accepted == 1 && m.Refused["secret or signature wrong"] == 1 && last(all).Counts.Events == 1
		})
	})
}

// body is a ServerMessage with a RoomCreated of the room r1.
var body = []byte{10<<3 | 2, 4, 1<<3 | 2, 2, 'r', '1'}

// A browser that doesn't read is disconnected; others go on, and it is given
// everything when it comes back.
func TestSlowBrowserIsDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		stuck := &stuckWriter{ResponseRecorder: httptest.NewRecorder(), release: make(chan struct{})}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/stream", nil)
		r.RemoteAddr = "127.0.0.1:40000"
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.page.ServeHTTP(stuck, r)
		}()
		w.follow(func(all []message) bool { return last(all).Counts.Slow == 1 })
		close(stuck.release)
		<-done
		all := w.follow(func(all []message) bool { return true })
		if !all[0].Full {
			t.Error("a browser that comes back isn't told everything")
		}
	})
}

// stuckWriter doesn't return from writing until it is released.
type stuckWriter struct {
	*httptest.ResponseRecorder
	release chan struct{}
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	<-w.release
	return len(p), nil
}

func TestStreamsEndWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		page, err := dashboard.New(ctx, dashboard.Config{View: w.view, Source: w.notifier})
		w.must(err)
		w.page = page
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.get("stream", nil)
		}()
		cancel()
		<-done
		if got := w.get("stream", nil).Code; got != http.StatusServiceUnavailable {
			t.Errorf("after the end: status %d", got)
		}
	})
}
