package conference

import "github.com/jellyfish-dev/jellyfish-go/decode"

const (
	standup = "standup"
	webinar = "webinar"

	alice  = "alice"
	bob    = "bob"
	carol  = "carol"
	camera = "camera"
)

// Metrics, of which a real server sends far more.
const (
	busy  = `{"inbound-rtp.frames":406,"room_id=standup":{"endpoint_id=alice":{"ice.protocol":"udp"}}}`
	quiet = `{"inbound-rtp.frames":0}`
)

// scene is what the server tells at one moment.
type scene []decode.Notification

// opening is the conference up to the cut.
func opening() []scene {
	return []scene{
		{decode.RoomCreated{RoomID: standup}},
		{decode.PeerAdded{RoomID: standup, PeerID: alice}},
		joins(alice, `{"name":"Alice"}`),
		{added(alice, mic(alice)), added(alice, cam(alice))},
		{decode.RoomCreated{RoomID: webinar}},
		{decode.PeerAdded{RoomID: standup, PeerID: bob}},
		joins(bob, `{"name":"Bob","role":"guest"}`),
		{added(bob, mic(bob))},
		{decode.MetricsReport{JSON: busy}},
		{decode.TrackMetadataUpdated{RoomID: standup, Owner: peer(alice), Track: muted(mic(alice))}},
		{decode.TrackAdded{RoomID: webinar, Owner: component(camera), Track: picture(camera)}},
	}
}

// missed happens while the clients are cut off.
func missed() scene {
	return scene{
		removed(bob, mic(bob)),
		decode.PeerDisconnected{RoomID: standup, PeerID: bob},
		decode.PeerDeleted{RoomID: standup, PeerID: bob},
	}
}

// ending is the conference after the cut.
func ending() []scene {
	return []scene{
		{decode.PeerAdded{RoomID: standup, PeerID: carol}},
		joins(carol, `null`),
		{added(carol, cam(carol))},
		{decode.MetricsReport{JSON: busy}},
		// A crash takes the tracks along first. No disconnect follows it.
		{removed(carol, cam(carol)), decode.PeerCrashed{RoomID: standup, PeerID: carol, Reason: "unsupported codec"}},
		{
			decode.TrackRemoved{RoomID: webinar, Owner: component(camera), Track: picture(camera)},
			decode.ComponentCrashed{RoomID: webinar, ComponentID: camera},
		},
		{decode.RoomCrashed{RoomID: webinar}},
		// Whoever loses the connection stays in the room, without tracks.
		{
			decode.PeerDisconnected{RoomID: standup, PeerID: alice},
			removed(alice, muted(mic(alice))),
			removed(alice, cam(alice)),
		},
		{decode.MetricsReport{JSON: quiet}},
		{decode.PeerDeleted{RoomID: standup, PeerID: alice}, decode.RoomDeleted{RoomID: standup}},
	}
}

// joins is a peer's socket connecting, and its first media event.
func joins(id string, metadata decode.Metadata) scene {
	return scene{
		decode.PeerConnected{RoomID: standup, PeerID: id},
		decode.PeerMetadataUpdated{RoomID: standup, PeerID: id, Metadata: metadata},
	}
}

func added(id string, t decode.Track) decode.TrackAdded {
	return decode.TrackAdded{RoomID: standup, Owner: peer(id), Track: t}
}

func removed(id string, t decode.Track) decode.TrackRemoved {
	return decode.TrackRemoved{RoomID: standup, Owner: peer(id), Track: t}
}

func mic(id string) decode.Track {
	return decode.Track{ID: id + ":mic", Type: decode.TrackTypeAudio, Metadata: `{"active":true}`}
}

func cam(id string) decode.Track {
	return decode.Track{ID: id + ":cam", Type: decode.TrackTypeVideo, Metadata: `{"active":true}`}
}

func muted(t decode.Track) decode.Track {
	t.Metadata = `{"active":false}`
	return t
}

// picture is the track of a component, which attaches no metadata to it.
func picture(id string) decode.Track {
	return decode.Track{ID: id + ":h264", Type: decode.TrackTypeVideo, Metadata: `null`}
}

func peer(id string) decode.Owner { return decode.Owner{Type: decode.OwnerPeer, ID: id} }

func component(id string) decode.Owner { return decode.Owner{Type: decode.OwnerComponent, ID: id} }
