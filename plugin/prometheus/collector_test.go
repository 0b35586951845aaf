package prometheus_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

func TestNamesFollowPrometheusConventions(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{WebRTC: true, SingleRooms: 5})
	s.confer(t)
	sub, err := s.notifier.Subscribe(t.Context())
	check(t, err)
	check(t, s.collector.Add("billing", sub))
	registry := client.NewPedanticRegistry()
	check(t, registry.Register(s.collector))
	problems, err := testutil.GatherAndLint(registry)
	check(t, err)
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for name := range s.families(t) {
		if !strings.HasPrefix(name, "jellyfish_client_") {
			t.Errorf("%s could be taken for a metric of the server", name)
		}
	}
}

func TestConnectionAndNotifications(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{})
	sub, err := s.notifier.Subscribe(t.Context())
	check(t, err)
	check(t, s.collector.Add("billing", sub))
	check(t, s.server.Send(decode.RoomCreated{RoomID: "a"}, decode.RoomCreated{RoomID: "b"}, decode.PeerConnected{RoomID: "b", PeerID: "p"}))
	for range 3 {
		<-sub.Notifications()
	}
	s.expect(t, `
		jellyfish_client_connection_phase{phase="connecting"} 0
		jellyfish_client_connection_phase{phase="down"} 0
		jellyfish_client_connection_phase{phase="ended"} 0
		jellyfish_client_connection_phase{phase="live"} 1
		jellyfish_client_connection_token_refused 0
		jellyfish_client_connection_info{address="`+s.server.Address()+`"} 1
		jellyfish_client_subscription_delivered_notifications_total{subscription="billing"} 3
		jellyfish_client_subscription_dropped_notifications_total{subscription="billing"} 0
		jellyfish_client_subscription_queue_notifications{subscription="billing"} 0`)
	if n := s.value(t, "notifications_total", "room_created", "notifier"); n != 2 {
		t.Errorf("%v rooms were created", n)
	}
	if n := s.value(t, "notifications_total", "room_crashed", "notifier"); n != 0 {
		t.Errorf("a kind that hasn't come is shown as %v", n)
	}
	for _, name := range []string{"connection_last_frame_timestamp_seconds", "connection_since_timestamp_seconds"} {
		if v := s.value(t, name); v < 1e9 || v > 1e11 {
			t.Errorf("%s is %v, which is no time in seconds", name, v)
		}
	}

	s.server.Cut(jellyfishtest.CutClean)
	if gap, ok := (<-sub.Notifications()).(stream.Gap); !ok || gap.Outages != 1 {
		t.Fatalf("no Gap after a cut: %v", gap)
	}
	s.expect(t, `
		jellyfish_client_outages_total{source="notifier"} 1
		jellyfish_client_outages_total{source="webhook"} 0
		jellyfish_client_subscription_gaps_total{subscription="billing"} 1
		jellyfish_client_subscription_outages_total{subscription="billing"} 1`)

	s.collector.Remove("billing")
	if f := s.families(t)["jellyfish_client_subscription_gaps_total"]; f != nil {
		t.Errorf("%v is still shown after Remove", f)
	}
}

func TestRefusedTokenIsShown(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{})
	s.server.SetToken("another")
	s.server.Cut(jellyfishtest.CutClean)
	eventually(t, "the token is refused", func() bool { return s.value(t, "connection_token_refused") == 1 })
}

func TestWebhookRequestsByResult(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{})
	s.webhook.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	receiver := jellyfishtest.Run(t, jellyfishtest.Config{
		Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/", Hosted: true},
		Receivers: map[string]http.Handler{"receiver.test": s.webhook},
	})
	check(t, receiver.Send(decode.RoomCreated{RoomID: "a"}))
	eventually(t, "the request is in", func() bool { return s.value(t, "webhook_requests_total", "accepted") == 1 })
	s.expect(t, `
		jellyfish_client_webhook_requests_total{result="accepted"} 1
		jellyfish_client_webhook_requests_total{result="refused"} 1
		jellyfish_client_webhook_requests_total{result="repeated"} 0`)
	if n := s.value(t, "notifications_total", "room_created", "webhook"); n != 1 {
		t.Errorf("%v rooms were created", n)
	}
}

func TestRoomsPeersAndTracks(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{SingleRooms: 1})
	s.confer(t)
	_, err := s.rooms.AddComponent(context.Background(), "standup", rooms.FileOptions{FilePath: "video.h264"})
	check(t, err)
	eventually(t, "the view has all", func() bool {
		return s.value(t, "components", "file") == 1 && s.value(t, "tracks", "video") >= 1 && s.value(t, "rooms", "empty") == 1 &&
			s.value(t, "peers", "disconnected", "webrtc") == 1
	})
	s.expect(t, `
		jellyfish_client_rooms{status="empty"} 1
		jellyfish_client_rooms{status="occupied"} 1
		jellyfish_client_peers{status="connected",type="agent"} 0
		jellyfish_client_peers{status="connected",type="vapi"} 0
		jellyfish_client_peers{status="connected",type="webrtc"} 1
		jellyfish_client_peers{status="disconnected",type="agent"} 0
		jellyfish_client_peers{status="disconnected",type="vapi"} 0
		jellyfish_client_peers{status="disconnected",type="webrtc"} 1
		jellyfish_client_single_room_peers{room_id="standup"} 1
		jellyfish_client_single_rooms_left_out 1
		jellyfish_client_node_stale{node="`+s.server.Address()+`"} 0
		jellyfish_client_node_failing{node="`+s.server.Address()+`"} 0
		jellyfish_client_view_synced 1
		jellyfish_client_view_up 1`)
	sizes := s.families(t)["jellyfish_client_room_peers"].GetMetric()[0].GetHistogram()
	if sizes.GetSampleCount() != 2 || sizes.GetSampleSum() != 1 || sizes.GetBucket()[0].GetCumulativeCount() != 1 {
		t.Errorf("sizes of rooms: %v", sizes)
	}
	ages := s.families(t)["jellyfish_client_room_age_seconds"].GetMetric()[0].GetHistogram()
	if ages.GetSampleCount() != 2 || ages.GetBucket()[0].GetCumulativeCount() != 2 {
		t.Errorf("ages of rooms: %v", ages)
	}
}

// Of hosted Fishjam, agents and livestreams are counted too.
func TestHostedFishjam(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: "account"})
	client, err := fishjam.New(fishjam.Config{
		FishjamID: server.URL(), ManagementToken: fishjam.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient(),
	})
	check(t, err)
	t.Cleanup(client.CloseIdleConnections)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	notifier, err := stream.Open(ctx, stream.Config{
		FishjamID: server.URL(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token), HTTPClient: server.HTTPClient(),
	})
	check(t, err)
	view, err := watch.StartFishjam(ctx, client, notifier, watch.Config{})
	check(t, err)
	defer func() { cancel(); <-view.Done() }()
	check(t, view.WaitSynced(ctx))
	if _, err := prometheus.New(ctx, prometheus.Config{Notifier: notifier, WebRTC: true}); !errors.Is(err, stream.ErrNoMetrics) {
		t.Errorf("WebRTC of hosted Fishjam: %v", err)
	}
	s := &setup{view: view}
	s.collector, err = prometheus.New(ctx, prometheus.Config{Notifier: notifier, View: view})
	check(t, err)

	room, err := client.CreateRoom(ctx, fishjam.RoomConfig{})
	check(t, err)
	_, err = client.AddPeer(ctx, room.ID, fishjam.AgentOptions{})
	check(t, err)
	live, err := client.CreateLivestream(ctx, fishjam.LivestreamConfig{})
	check(t, err)
	streamer, err := client.AddStreamer(ctx, live.ID)
	check(t, err)
	check(t, server.ConnectStreamer(live.ID, streamer.ID))
	_, err = server.ConnectViewer(live.ID, "")
	check(t, err)
	eventually(t, "the view has all", func() bool {
		return s.value(t, "livestream_viewers") == 1 && s.value(t, "livestream_streamers", "connected") == 1 && s.value(t, "peers", "disconnected", "agent") == 1
	})
	s.expect(t, `
		jellyfish_client_rooms{status="empty"} 1
		jellyfish_client_rooms{status="occupied"} 1
		jellyfish_client_livestream_streamers{status="connected"} 1
		jellyfish_client_livestream_streamers{status="disconnected"} 0
		jellyfish_client_livestream_viewers 1
		jellyfish_client_peers{status="connected",type="agent"} 0
		jellyfish_client_peers{status="connected",type="vapi"} 0
		jellyfish_client_peers{status="connected",type="webrtc"} 0
		jellyfish_client_peers{status="disconnected",type="agent"} 1
		jellyfish_client_peers{status="disconnected",type="vapi"} 0
		jellyfish_client_peers{status="disconnected",type="webrtc"} 0`)
	check(t, server.DisconnectStreamer(live.ID, streamer.ID))
	eventually(t, "nobody streams", func() bool { return s.value(t, "rooms", "empty") == 2 })
}

func TestWhatCantBeUsedIsRefused(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{})
	for name, cfg := range map[string]prometheus.Config{
		"one of Notifier":  {},
		"SingleRooms":      {Notifier: s.notifier, View: s.view, SingleRooms: -1},
		"needs a View":     {Notifier: s.notifier, SingleRooms: 1},
		"needs a Notifier": {View: s.view, WebRTC: true},
		"MaxStale":         {View: s.view, MaxStale: -1},
	} {
		if _, err := prometheus.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sub, err := s.notifier.Subscribe(t.Context())
	check(t, err)
	check(t, s.collector.Add("one", sub))
	for _, name := range []string{"", "one", "\xff", strings.Repeat("x", 257)} {
		if err := s.collector.Add(name, sub); err == nil {
			t.Errorf("a subscription of the name %.10q is accepted", name)
		}
	}
	if err := s.collector.Add("two", nil); err == nil {
		t.Error("no subscription is accepted as one")
	}
}

func TestWebhookAndViewAloneAreEnough(t *testing.T) {
	webhook, err := stream.NewWebhook(t.Context(), stream.WebhookConfig{})
	check(t, err)
	collector, err := prometheus.New(t.Context(), prometheus.Config{Webhook: webhook})
	check(t, err)
	status, body := get(collector.Handler())
	if status != 200 || !strings.Contains(body, "jellyfish_client_webhook_requests_total") || strings.Contains(body, "connection_phase") {
		t.Errorf("status %d:\n%s", status, body)
	}
}

func TestScrapesAtOnce(t *testing.T) {
	s := measured(t, prometheus.Config{SingleRooms: 2})
	s.confer(t)
	sub, err := s.notifier.Subscribe(t.Context())
	check(t, err)
	var scrapes sync.WaitGroup
	for i := range 4 {
		scrapes.Go(func() {
			name := fmt.Sprint("subscription ", i)
			for range 20 {
				if err := s.collector.Add(name, sub); err != nil {
					t.Error(err)
				}
				status, body := get(s.collector.Handler())
				if status != 200 || !strings.Contains(body, name) {
					t.Errorf("a scrape beside others answers %d without %s", status, name)
				}
				get(s.collector.Readyz())
				s.collector.Remove(name)
			}
		})
	}
	scrapes.Wait()
}

func TestRoomsOfNoNamedNodeAreCounted(t *testing.T) {
	s := begin(t, jellyfishtest.Run(t, jellyfishtest.Config{}), prometheus.Config{})
	check(t, s.server.Send(decode.RoomCreated{RoomID: "elsewhere"}, decode.RoomCreated{RoomID: "beyond"}))
	eventually(t, "two rooms have no node", func() bool { return s.value(t, "rooms_without_node") == 2 })
	if n := len(s.families(t)["jellyfish_client_node_stale"].GetMetric()); n != 1 {
		t.Errorf("%d nodes are shown, not the one that there is", n)
	}
}
