package stream_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

const account = "0123abcd"

// hosted returns a hosted server in memory, and the configuration for it.
func hosted(t *testing.T) (*jellyfishtest.Server, stream.Config) {
	t.Helper()
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: account, InMemory: true})
	return server, stream.Config{
		FishjamID:      account,
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
	}
}

// An id and a management token are enough. Everything that happens in a conference and
// a livestream is reported, in order, with the types of peers.
func TestHostedNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := hosted(t)
		sub, err := stream.Subscribe(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		client, err := fishjam.New(fishjam.Config{
			FishjamID: account, ManagementToken: cfg.ServerAPIToken, HTTPClient: cfg.HTTPClient,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer client.CloseIdleConnections()
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		room, err := client.CreateRoom(t.Context(), fishjam.RoomConfig{})
		check(err)
		added, err := client.AddPeer(t.Context(), room.ID, fishjam.WebRTCOptions{Metadata: map[string]int{"n": 1}})
		check(err)
		check(server.ConnectPeer(room.ID, added.Peer.ID, `{"a":2}`))
		check(client.DeleteRoom(t.Context(), room.ID))
		live, err := client.CreateLivestream(t.Context(), fishjam.LivestreamConfig{Public: true})
		check(err)
		streamer, err := client.AddStreamer(t.Context(), live.ID)
		check(err)
		check(server.ConnectStreamer(live.ID, streamer.ID))
		viewer, err := server.ConnectViewer(live.ID, "")
		check(err)
		check(client.DeleteViewer(t.Context(), live.ID, viewer))
		check(client.DeleteLivestream(t.Context(), live.ID))
		peer := added.Peer.ID
		for i, want := range []decode.Notification{
			decode.RoomCreated{RoomID: room.ID},
			decode.PeerAdded{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeWebRTC},
			decode.PeerConnected{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeWebRTC},
			decode.PeerMetadataUpdated{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeWebRTC, Metadata: `{"peer":{"a":2},"server":{"n":1}}`},
			decode.PeerDisconnected{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeWebRTC},
			decode.PeerDeleted{RoomID: room.ID, PeerID: peer, PeerType: decode.PeerTypeWebRTC},
			decode.RoomDeleted{RoomID: room.ID},
			decode.RoomCreated{RoomID: live.ID},
			decode.StreamerConnected{StreamID: live.ID, StreamerID: streamer.ID},
			decode.ViewerConnected{StreamID: live.ID, ViewerID: viewer},
			decode.ViewerDisconnected{StreamID: live.ID, ViewerID: viewer},
			decode.StreamerDisconnected{StreamID: live.ID, StreamerID: streamer.ID},
			decode.RoomDeleted{RoomID: live.ID},
		} {
			compare(t, i, <-sub.Notifications(), want)
		}
		server.Cut(jellyfishtest.CutReset)
		if gap, ok := (<-sub.Notifications()).(stream.Gap); !ok || gap.Outages != 1 {
			t.Errorf("received %v after a cut", gap)
		}
	})
}

func TestHostedToken(t *testing.T) {
	_, cfg := hosted(t)
	cfg.ServerAPIToken = stream.NewSecret("mistaken")
	if _, err := stream.Subscribe(t.Context(), cfg); !errors.Is(err, stream.ErrUnauthorized) || !strings.Contains(err.Error(), account) {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestFishjamIDStandsAlone(t *testing.T) {
	token := stream.NewSecret("hush")
	for field, cfg := range map[string]stream.Config{
		"ServerAddress":     {FishjamID: account, ServerAddress: "a:1", ServerAPIToken: token},
		"FallbackAddresses": {FishjamID: account, FallbackAddresses: []string{"a:1"}, ServerAPIToken: token},
		"Secure":            {FishjamID: account, Secure: true, ServerAPIToken: token},
		"FishjamID":         {FishjamID: "a b", ServerAPIToken: token},
		"ServerAPIToken":    {FishjamID: account},
	} {
		_, err := stream.Open(t.Context(), cfg)
		var refused *stream.InputError
		if !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: error %v", field, err)
		}
	}
	text := fmt.Sprintf("%+v", stream.Config{FishjamID: account, ServerAPIToken: token})
	if !strings.Contains(text, "fishjam.io/api/v1/connect/"+account) || strings.Contains(text, "hush") {
		t.Errorf("printed as %s", text)
	}
}

// With an id, metrics are refused before anything is sent.
func TestHostedMetricsAreRefusedAtOnce(t *testing.T) {
	server, cfg := hosted(t)
	if _, err := stream.Subscribe(t.Context(), cfg, stream.WithMetrics()); !errors.Is(err, stream.ErrNoMetrics) {
		t.Errorf("Subscribe: %v", err)
	}
	if n := len(server.Upgrades()); n != 0 {
		t.Errorf("%d connections were made", n)
	}
	n, err := stream.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for range 2 {
		if _, err := n.Subscribe(t.Context(), stream.OnlyMetrics()); !errors.Is(err, stream.ErrNoMetrics) {
			t.Errorf("Subscribe: %v", err)
		}
	}
	if n := len(server.Upgrades()); n != 1 {
		t.Errorf("%d connections were made, want 1", n)
	}
}

// By the address, a server without metrics is found out: the connection is lost once,
// and made again without metrics.
func TestServerWithoutMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := hosted(t)
		cfg.ServerAddress, cfg.FishjamID = server.URL(), ""
		_, err := stream.Subscribe(t.Context(), cfg, stream.WithMetrics())
		if !errors.Is(err, stream.ErrNoMetrics) || !strings.Contains(err.Error(), server.Address()) {
			t.Errorf("Subscribe: %v", err)
		}
		waiting := cfg
		waiting.WaitForServer = true
		if _, err := stream.Subscribe(t.Context(), waiting, stream.WithMetrics()); !errors.Is(err, stream.ErrNoMetrics) {
			t.Errorf("Subscribe that waits for the server: %v", err)
		}
		n, err := stream.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		sub, err := n.Subscribe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before := len(server.Upgrades())
		for range 3 { // The second and the third are refused without asking.
			if _, err := n.Subscribe(t.Context(), stream.WithMetrics()); !errors.Is(err, stream.ErrNoMetrics) {
				t.Errorf("Subscribe on a notifier: %v", err)
			}
			time.Sleep(time.Minute)
		}
		if gap, ok := (<-sub.Notifications()).(stream.Gap); !ok || gap.Outages != 1 {
			t.Errorf("others received %v", gap)
		}
		if again := len(server.Upgrades()) - before; again != 1 || n.State().Phase != stream.Live {
			t.Errorf("%d connections were made, state %v", again, n.State())
		}
	})
}

// A connection that is lost while metrics are asked for says nothing about them.
func TestOutageIsNotARefusalOfMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, cfg := inMemory(t)
		n := open(t.Context(), t, cfg)
		defer n.Close()
		for _, how := range []jellyfishtest.Cut{jellyfishtest.CutReset, jellyfishtest.CutClean} {
			server.Silence(true)
			done := make(chan error, 1)
			go func() {
				_, err := n.Subscribe(t.Context(), stream.WithMetrics())
				done <- err
			}()
			synctest.Wait()
			server.Silence(false)
			server.Cut(how)
			if err := <-done; err != nil {
				t.Errorf("%v: Subscribe: %v", how, err)
			}
		}
	})
}
