package conference

import (
	"context"
	"errors"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const (
	audio = decode.TrackTypeAudio
	video = decode.TrackTypeVideo
)

// clears deletes what an interrupted conference has left behind.
func (c *conference) clears(names ...string) scene {
	return func(ctx context.Context) error {
		for _, room := range names {
			if err := c.client.Delete(ctx, room); err != nil && !errors.Is(err, rooms.ErrRoomNotFound) {
				return err
			}
		}
		return nil
	}
}

func (c *conference) opens(room string) scene {
	return func(ctx context.Context) error {
		_, err := c.client.Create(ctx, rooms.RoomConfig{RoomID: room})
		return err
	}
}

// closes deletes a room, with the remaining peers.
func (c *conference) closes(room string) scene {
	return func(ctx context.Context) error { return c.client.Delete(ctx, room) }
}

func (c *conference) crashesAsAWhole(room string) scene {
	return func(context.Context) error { return c.server.CrashRoom(room) }
}

func (c *conference) isAdded(peer string) scene {
	return func(ctx context.Context) error {
		added, err := c.client.AddPeer(ctx, standup, rooms.PeerOptions{})
		c.ids[peer] = added.Peer.ID
		return err
	}
}

// joins connects a peer's client, which sends its first media event.
func (c *conference) joins(peer string, metadata decode.Metadata) scene {
	return func(context.Context) error { return c.server.ConnectPeer(standup, c.ids[peer], metadata) }
}

func (c *conference) publishes(peer string, kinds ...decode.TrackType) scene {
	return func(context.Context) error {
		for _, kind := range kinds {
			track := decode.Track{ID: c.track(peer, kind), Type: kind, Metadata: `{"active":true}`}
			if err := c.server.AddTrack(standup, c.ids[peer], track); err != nil {
				return err
			}
		}
		return nil
	}
}

func (c *conference) mutes(peer string) scene {
	return func(context.Context) error {
		return c.server.UpdateTrack(standup, c.ids[peer], c.track(peer, audio), `{"active":false}`)
	}
}

// track returns the id of a track, which begins with that of the peer.
func (c *conference) track(peer string, kind decode.TrackType) string {
	return c.ids[peer] + ":" + kind.String()
}

func (c *conference) crashes(peer, reason string) scene {
	return func(context.Context) error { return c.server.CrashPeer(standup, c.ids[peer], reason) }
}

func (c *conference) leaves(peer string) scene {
	return func(context.Context) error { return c.server.DisconnectPeer(standup, c.ids[peer]) }
}

// startsCamera adds a component to the webinar. Only its track is notified.
func (c *conference) startsCamera() scene {
	return func(ctx context.Context) error {
		component, err := c.client.AddComponent(ctx, webinar, rooms.FileOptions{FilePath: "video.h264"})
		c.ids[camera] = component.ID
		return err
	}
}

func (c *conference) cameraCrashes() scene {
	return func(context.Context) error { return c.server.CrashComponent(webinar, c.ids[camera]) }
}
