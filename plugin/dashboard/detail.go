package dashboard

import (
	"encoding/json"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

const (
	// maxDetailPeers and maxDetailCharts bound what is told of one room at once.
	maxDetailPeers, maxDetailCharts = 2_000, 64
	// maxShownMetadata bounds in bytes what is told of a peer's or a track's metadata.
	maxShownMetadata = 2 << 10
)

// detail is all there is about one room.
type detail struct {
	row
	Ended   int64           `json:"ended,omitempty"`
	EndedBy string          `json:"endedBy,omitempty"`
	Max     int             `json:"max,omitempty"`
	Codec   string          `json:"codec,omitempty"`
	Purge   int64           `json:"purge,omitempty"` // In seconds.
	People  []peerDetail    `json:"people"`
	Parts   []partDetail    `json:"parts"`
	Step    int64           `json:"step"` // The number of the charts' newest point.
	InBits  json.RawMessage `json:"inBits,omitempty"`
	OutBits json.RawMessage `json:"outBits,omitempty"`
	Line    []entry         `json:"line"`
}

type peerDetail struct {
	ID        string          `json:"i"`
	Name      string          `json:"a,omitempty"`
	Kind      string          `json:"k,omitempty"`
	Connected bool            `json:"on"`
	Since     int64           `json:"s,omitempty"`
	Metadata  string          `json:"m,omitempty"`
	In        int64           `json:"in"`
	Out       int64           `json:"out"`
	Loss      int             `json:"y"`
	Chart     json.RawMessage `json:"c,omitempty"`
	Tracks    []trackDetail   `json:"tracks,omitempty"`
}

type partDetail struct {
	ID       string        `json:"i"`
	Kind     string        `json:"k"`
	Playable bool          `json:"play,omitempty"`
	Tracks   []trackDetail `json:"tracks,omitempty"`
}

type trackDetail struct {
	ID       string          `json:"i"`
	Kind     string          `json:"k"`
	Metadata string          `json:"m,omitempty"`
	Encoding string          `json:"e,omitempty"`
	In       int64           `json:"in"`
	NACKs    float64         `json:"n"` // Asked for again, per second; -1 if it isn't known.
	Jitter   string          `json:"j,omitempty"`
	RTT      string          `json:"r,omitempty"`
	Chart    json.RawMessage `json:"c,omitempty"`
}

// detail returns all there is about a room as JSON, made once for all browsers that
// look at it.
func (b *board) detail(id string) ([]byte, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text, ok := b.details[id]; ok {
		return text, true
	}
	r := b.rooms[id]
	if r == nil {
		return nil, false
	}
	d := r.detail(b.lastSample, time.Now())
	if from, ok := b.view.Room(id); ok {
		d.describe(from, r, b.lastSample, time.Now())
	}
	text, err := json.Marshal(d)
	if err != nil {
		return nil, false
	}
	b.details[id] = text
	return text, true
}

func (r *room) detail(n int64, now time.Time) *detail {
	for i, e := range r.entries {
		if e.Name == "" { // A peer tells its name after it has joined.
			r.entries[i].Name = r.names[e.Who]
		}
	}
	d := &detail{
		row: r.now, Ended: milliseconds(r.ended), EndedBy: r.endedBy,
		People: []peerDetail{}, Parts: []partDetail{}, Line: r.entries,
		Step: n, InBits: r.in.through(n), OutBits: r.out.through(n),
	}
	if d.Line == nil {
		d.Line = []entry{}
	}
	return d
}

// describe takes what the view has of the room.
func (d *detail) describe(from watch.Room, r *room, n int64, now time.Time) {
	if from.Config.MaxPeers != nil {
		d.Max = *from.Config.MaxPeers
	}
	d.Codec = string(from.Config.VideoCodec)
	d.Purge = int64(from.Config.PeerlessPurgeTimeout.Seconds())
	charts := maxDetailCharts
	for _, peer := range from.Peers {
		if len(d.People) == maxDetailPeers {
			break
		}
		d.People = append(d.People, describePeer(peer, r, n, &charts, now))
	}
	d.describeLivestream(from)
	for _, component := range from.Components {
		if len(d.Parts) == maxDetailPeers {
			break
		}
		part := partDetail{ID: component.ID, Kind: string(component.Type)}
		if hls, ok := component.Properties.(rooms.HLSProperties); ok {
			part.Playable = hls.Playable
		}
		for _, track := range component.Tracks {
			part.Tracks = append(part.Tracks, describeTrack(track, nil, n, &charts, now))
		}
		d.Parts = append(d.Parts, part)
	}
}

// describeLivestream takes who streams and who watches. Fishjam says nothing of their
// traffic.
func (d *detail) describeLivestream(from watch.Room) {
	add := func(id, kind string, connected bool, since time.Time) {
		if len(d.People) < maxDetailPeers {
			d.People = append(d.People, peerDetail{
				ID: id, Name: participant(kind, id), Kind: kind, Connected: connected, Since: milliseconds(since), In: -1, Out: -1, Loss: -1,
			})
		}
	}
	for _, s := range from.Streamers {
		add(s.ID, "streamer", s.Status == rooms.StatusConnected, s.ConnectedAt)
	}
	for _, v := range from.Viewers {
		add(v.ID, "viewer", !v.ConnectedAt.IsZero(), v.ConnectedAt)
	}
}

func describePeer(peer watch.Peer, r *room, n int64, charts *int, now time.Time) peerDetail {
	p := peerDetail{
		ID: peer.ID, Name: r.names[peer.ID], Kind: peer.Type,
		Connected: peer.Status == rooms.StatusConnected, Since: milliseconds(peer.ConnectedAt),
		Metadata: shown(peer.Metadata), In: -1, Out: -1, Loss: -1,
	}
	e := r.endpoints[peer.ID]
	if e == nil {
		e = new(endpoint)
	} else {
		p.In, p.Out = rounded(e.in.bits(now)), rounded(e.out.bits(now))
		p.Loss = permyriad(e.sent.newParts, e.sent.newWholes)
		p.Chart = chartOf(e.chart, n, charts)
	}
	for _, track := range peer.Tracks {
		p.Tracks = append(p.Tracks, describeTrack(track, e.tracks[track.ID], n, charts, now))
	}
	return p
}

func describeTrack(track decode.Track, traffic *trackTraffic, n int64, charts *int, now time.Time) trackDetail {
	t := trackDetail{ID: track.ID, Kind: track.Type.String(), Metadata: shown(track.Metadata), In: -1, NACKs: -1}
	if traffic == nil {
		return t
	}
	t.In, t.Encoding, t.Jitter, t.RTT = rounded(traffic.in.bits(now)), traffic.encoding, traffic.jitter, traffic.rtt
	if bits := traffic.nacks.bits(now); bits >= 0 {
		t.NACKs = bits / 8
	}
	t.Chart = chartOf(traffic.chart, n, charts)
	return t
}

// chartOf returns a chart's points while there is something left of the number of
// charts.
func chartOf(s *series, n int64, left *int) []byte {
	if s == nil || *left == 0 {
		return nil
	}
	*left--
	return s.through(n)
}

// shown returns metadata as far as the page shows it; nothing for null.
func shown(metadata decode.Metadata) string {
	if metadata == "null" {
		return ""
	}
	return cut(string(metadata), maxShownMetadata)
}
