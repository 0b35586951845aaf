package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// guests enter the rooms and leave again.
var guests = []string{"Ada", "Bob", "Chloé", "Dmitri", "Eszter", "Farid", "Grace", "Hiro"}

// hold holds a conference in several rooms until the context ends. Now and then a peer
// crashes or the connection is cut.
func hold(ctx context.Context, server *jellyfishtest.Server, token string) {
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(token)})
	if err != nil {
		slog.Error("The conference can't be held.", "error", err)
		return
	}
	defer client.CloseIdleConnections()
	for turn := 0; ctx.Err() == nil; turn++ {
		if err := happen(ctx, server, client, turn); err != nil && ctx.Err() == nil {
			slog.Warn("Something didn't happen.", "error", err)
		}
		select {
		case <-time.After(700 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// happen is one turn of the conference.
func happen(ctx context.Context, server *jellyfishtest.Server, client *rooms.Client, turn int) error {
	names := []string{"standup", "webinar", "design-review", "support-17", "all-hands"}
	if turn < len(names) {
		_, err := client.Create(ctx, rooms.RoomConfig{RoomID: names[turn], MaxPeers: rooms.Ptr(12)})
		return err
	}
	room, err := client.Get(ctx, names[rand.IntN(len(names))])
	if err != nil {
		return err
	}
	if turn%60 == 0 {
		server.Cut(jellyfishtest.CutReset)
		return nil
	}
	if len(room.Peers) < 3 || len(room.Peers) < len(guests) && rand.IntN(2) == 0 {
		return arrive(ctx, server, client, room)
	}
	peer := room.Peers[rand.IntN(len(room.Peers))]
	if rand.IntN(8) == 0 {
		return server.CrashPeer(room.ID, peer.ID, "ICE connection failed")
	}
	return client.DeletePeer(ctx, room.ID, peer.ID)
}

// arrive lets a guest who isn't there enter and publish.
func arrive(ctx context.Context, server *jellyfishtest.Server, client *rooms.Client, room rooms.Room) error {
	added, err := client.AddPeer(ctx, room.ID, rooms.PeerOptions{})
	if err != nil {
		return err
	}
	id := added.Peer.ID
	name := guests[rand.IntN(len(guests))]
	if err := server.ConnectPeer(room.ID, id, decode.Metadata(fmt.Sprintf("{\"name\":%q}", name))); err != nil {
		return err
	}
	for i, kind := range []decode.TrackType{decode.TrackTypeAudio, decode.TrackTypeVideo} {
		track := decode.Track{ID: fmt.Sprintf("%s:%d", id, i), Type: kind, Metadata: `{"source":"camera"}`}
		if err := server.AddTrack(room.ID, id, track); err != nil {
			return err
		}
	}
	return nil
}
