package prometheus

import (
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// other is the label of a type or a status that this package doesn't know, so that
// a server can't make up any number of them.
const other = "other"

// census counts the rooms of one moment and who is in them.
type census struct {
	occupied, empty, unlisted int
	peers                     map[peerClass]int
	streamers                 map[string]int
	viewers                   int
	components, tracks        map[string]int
	sizes, ages               *histogram
}

type peerClass struct{ kind, status string }

func newCensus() *census {
	const minute, hour, day = 60, 3600, 24 * 3600
	c := &census{
		peers:     make(map[peerClass]int),
		streamers: make(map[string]int),
		components: map[string]int{
			string(rooms.ComponentHLS): 0, string(rooms.ComponentRTSP): 0, string(rooms.ComponentFile): 0,
			string(rooms.ComponentSIP): 0, string(rooms.ComponentRecording): 0,
		},
		tracks: map[string]int{decode.TrackTypeAudio.String(): 0, decode.TrackTypeVideo.String(): 0},
		sizes:  newHistogram(0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000),
		ages:   newHistogram(minute, 5*minute, 15*minute, 30*minute, hour, 3*hour, 6*hour, 12*hour, day, 3*day, 7*day),
	}
	for _, status := range []rooms.PeerStatus{rooms.StatusConnected, rooms.StatusDisconnected} {
		c.streamers[string(status)] = 0
		for _, kind := range []fishjam.PeerType{fishjam.PeerWebRTC, fishjam.PeerAgent, fishjam.PeerVAPI} {
			c.peers[peerClass{string(kind), string(status)}] = 0
		}
	}
	return c
}

// add counts a room and returns how many of its peers are connected.
func (c *census) add(room watch.Room, now time.Time) int {
	connected := 0
	for _, p := range room.Peers {
		if p.Status == rooms.StatusConnected {
			connected++
		}
		count(c.peers, peerClass{p.Type, string(p.Status)}, peerClass{other, other})
		c.addTracks(p.Tracks)
	}
	for _, component := range room.Components {
		count(c.components, string(component.Type), other)
		c.addTracks(component.Tracks)
	}
	if streams := c.addStreamers(room); streams || connected > 0 {
		c.occupied++
	} else {
		c.empty++
	}
	if room.Node == "" {
		c.unlisted++
	}
	c.sizes.observe(float64(connected))
	c.ages.observe(max(0, now.Sub(room.Appeared).Seconds()))
	return connected
}

// addStreamers counts who streams and who watches, and reports whether anybody streams.
func (c *census) addStreamers(room watch.Room) (streams bool) {
	for _, s := range room.Streamers {
		streams = streams || s.Status == rooms.StatusConnected
		count(c.streamers, string(s.Status), other)
	}
	for _, v := range room.Viewers {
		if !v.ConnectedAt.IsZero() {
			c.viewers++
		}
	}
	return streams
}

func (c *census) addTracks(tracks []decode.Track) {
	for _, t := range tracks {
		count(c.tracks, t.Type.String(), other)
	}
}

// count counts key where it is known, and otherwise the other.
func count[K comparable](counts map[K]int, key, other K) {
	if _, known := counts[key]; !known {
		key = other
	}
	counts[key]++
}

func (c *census) collect(out sink) {
	out.gauge(roomCount, float64(c.occupied), "occupied")
	out.gauge(roomCount, float64(c.empty), "empty")
	out.gauge(roomUnlisted, float64(c.unlisted))
	for class, n := range c.peers {
		out.gauge(peerCount, float64(n), class.kind, class.status)
	}
	for status, n := range c.streamers {
		out.gauge(streamerCount, float64(n), status)
	}
	out.gauge(viewerCount, float64(c.viewers))
	for kind, n := range c.components {
		out.gauge(componentCount, float64(n), kind)
	}
	for kind, n := range c.tracks {
		out.gauge(trackCount, float64(n), kind)
	}
	out.histogram(roomPeers, c.sizes)
	out.histogram(roomAge, c.ages)
}
