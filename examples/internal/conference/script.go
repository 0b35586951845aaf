package conference

import (
	"context"
	"errors"
)

// The rooms, and who is in them. The server generates all other ids.
const (
	standup = "standup"
	webinar = "webinar"
	lobby   = "lobby"

	alice  = "alice"
	bob    = "bob"
	carol  = "carol"
	camera = "camera"
)

// scene is what happens at one moment.
type scene func(context.Context) error

// opening is the conference up to the cut.
func (c *conference) opening() []scene {
	return []scene{
		c.clears(standup, webinar, lobby),
		c.opens(lobby),
		c.opens(standup),
		c.isAdded(alice),
		c.joins(alice, `{"name":"Alice"}`),
		c.publishes(alice, audio, video),
		c.opens(webinar),
		c.isAdded(bob),
		c.joins(bob, `{"name":"Bob","role":"guest"}`),
		c.publishes(bob, audio),
		c.mutes(alice),
		c.startsCamera(),
	}
}

// missed happens while the clients are disconnected.
func (c *conference) missed() error {
	return errors.Join(
		c.server.CrashPeer(standup, c.ids[bob], ""),
		c.server.CrashRoom(lobby),
	)
}

// ending is the conference after the cut.
func (c *conference) ending() []scene {
	return []scene{
		c.isAdded(carol),
		c.joins(carol, `null`),
		c.publishes(carol, video),
		// A crash removes the tracks first. No disconnect follows it.
		c.crashes(carol, "unsupported codec"),
		c.cameraCrashes(),
		c.crashesAsAWhole(webinar),
		// A peer that loses its connection stays in the room, without tracks.
		c.leaves(alice),
		c.closes(standup),
	}
}
