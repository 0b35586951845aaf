package dashboard_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/dashboard"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// The page of hosted Fishjam shows livestreams with who streams and who watches, none of
// their tokens, and no traffic, of which Fishjam says nothing.
func TestHostedLivestreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const account = "0123abcd"
		w := &world{t: t, server: jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: account, InMemory: true})}
		token := stream.NewSecret(jellyfishtest.Token)
		notifier, err := stream.Open(t.Context(), stream.Config{FishjamID: account, ServerAPIToken: token, HTTPClient: w.server.HTTPClient()})
		w.must(err)
		client, err := fishjam.New(fishjam.Config{FishjamID: account, ManagementToken: token, HTTPClient: w.server.HTTPClient()})
		w.must(err)
		t.Cleanup(client.CloseIdleConnections)
		view, err := watch.StartFishjam(t.Context(), client, notifier, watch.Config{})
		w.must(err)
		w.must(view.WaitSynced(t.Context()))
		w.page, err = dashboard.New(t.Context(), dashboard.Config{View: view, Source: notifier})
		w.must(err)

		// What is found in the first seconds may have been there before the page.
		<-time.After(10 * time.Second)
		live, err := client.CreateLivestream(t.Context(), fishjam.LivestreamConfig{Public: true})
		w.must(err)
		streamer, err := client.AddStreamer(t.Context(), live.ID)
		w.must(err)
		w.must(w.server.ConnectStreamer(live.ID, streamer.ID))
		viewer, err := w.server.ConnectViewer(live.ID, "")
		w.must(err)
		told := make(map[string]string) // The room of whom something was told.
		w.follow(func(all []message) bool {
			for _, e := range last(all).Events {
				told[e.W] = e.R
			}
			return last(all).Counts.Peers == 2 && last(all).Counts.Connected == 2
		})
		if told[streamer.ID] != live.ID || told[viewer] != live.ID {
			t.Errorf("the notifications were of %v", told)
		}
		text := w.get("room?id="+live.ID, nil).Body.String()
		for _, want := range []string{
			`"t":"livestream"`, `"k":"join","w":"` + streamer.ID, `"k":"join","w":"` + viewer,
			`"a":"streamer ` + streamer.ID[:8], `"a":"viewer ` + viewer[:8], `"k":"streamer","on":true`, `"k":"viewer","on":true`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the livestream lacks %s: %s", want, text)
			}
		}
		w.must(w.server.DisconnectViewer(live.ID, viewer))
		w.follow(func(all []message) bool { return last(all).Counts.Connected == 1 })
		text = w.get("room?id="+live.ID, nil).Body.String()
		if !strings.Contains(text, `"k":"leave","w":"`+viewer) {
			t.Errorf("the livestream lacks the viewer's leave: %s", text)
		}
		if strings.Contains(text, streamer.Token.Reveal()) {
			t.Errorf("the livestream has a token: %s", text)
		}
	})
}
