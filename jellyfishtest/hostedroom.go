package jellyfishtest

import (
	"regexp"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// hostedRoom is what a room of hosted Fishjam has besides.
type hostedRoom struct {
	kind        string
	maxPeers    int64
	public      bool
	batch       bool
	composition string // That its tracks are forwarded to, empty for none.
	forwardings map[string]hostedForwarding
	streamers   []*hostedStreamer
	viewers     []*hostedViewer
}

// isLivestream reports whether a room has streamers and viewers.
func (h *hostedRoom) isLivestream() bool {
	return h != nil && (h.kind == "livestream" || h.kind == "audio_only_livestream")
}

// hostedRoomTypes are the types of rooms, by all their names.
var hostedRoomTypes = map[string]string{
	"":                      "conference",
	"conference":            "conference",
	"full_feature":          "conference",
	"audio_only":            "audio_only",
	"livestream":            "livestream",
	"broadcaster":           "livestream",
	"audio_only_livestream": "audio_only_livestream",
}

// webhookPattern is what a URL of a webhook must match.
var webhookPattern = regexp.MustCompile(`^https?://[^/]+/.*$`)

// hostedRoomAnswer is a room as hosted Fishjam answers with it.
type hostedRoomAnswer struct {
	ID          string             `json:"id"`
	Config      hostedConfigAnswer `json:"config"`
	Peers       []hostedPeerAnswer `json:"peers"`
	Composition *compositionAnswer `json:"compositionInfo"`
}

type hostedConfigAnswer struct {
	RoomType   string  `json:"roomType"`
	MaxPeers   int64   `json:"maxPeers"`
	VideoCodec string  `json:"videoCodec"`
	Public     bool    `json:"public"`
	Batch      bool    `json:"batchWebhookNotifications"`
	WebhookURL *string `json:"webhookUrl"`
}

type compositionAnswer struct {
	URL         string             `json:"compositionUrl"`
	Forwardings []hostedForwarding `json:"forwardings"`
}

// hostedForwarding is an input of a composition.
type hostedForwarding struct {
	PeerID  string  `json:"peerId"`
	InputID string  `json:"inputId"`
	Audio   *string `json:"audioTrackId"`
	Video   *string `json:"videoTrackId"`
}

func (r *room) hostedAnswer() hostedRoomAnswer {
	h := r.config.hosted
	a := hostedRoomAnswer{ID: r.id, Peers: []hostedPeerAnswer{}, Config: hostedConfigAnswer{
		RoomType: h.kind, MaxPeers: h.maxPeers, VideoCodec: *r.config.VideoCodec,
		Public: h.public, Batch: h.batch, WebhookURL: r.config.Webhook,
	}}
	if fallback := r.server.config.Webhooks.URL; a.Config.WebhookURL == nil && fallback != "" {
		a.Config.WebhookURL = &fallback
	}
	for _, id := range sortedKeys(r.peers) {
		a.Peers = append(a.Peers, r.peers[id].hostedAnswer())
	}
	if h.composition != "" {
		a.Composition = &compositionAnswer{h.composition, []hostedForwarding{}}
		for _, id := range sortedKeys(h.forwardings) {
			a.Composition.Forwardings = append(a.Composition.Forwardings, h.forwardings[id])
		}
	}
	return a
}

func (s *Server) serveHostedRooms(*request) *answer {
	rs := s.rooms
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := []hostedRoomAnswer{}
	for _, id := range sortedKeys(rs.byID) {
		list = append(list, rs.byID[id].hostedAnswer())
	}
	return data(200, list)
}

func (s *Server) serveHostedRoom(q *request) *answer {
	return s.inRoom(q, func(r *room) *answer { return data(200, r.hostedAnswer()) })
}

func (s *Server) serveCreateHostedRoom(q *request) *answer {
	var body struct {
		RoomType   string  `json:"roomType"`
		MaxPeers   *int64  `json:"maxPeers"`
		VideoCodec string  `json:"videoCodec"`
		Public     bool    `json:"public"`
		Batch      bool    `json:"batchWebhookNotifications"`
		WebhookURL *string `json:"webhookUrl"`
	}
	if a := s.readObject(q.body, &body); a != nil {
		return a
	}
	h := &hostedRoom{kind: hostedRoomTypes[body.RoomType], public: body.Public, batch: body.Batch}
	if h.kind == "" {
		return refusal(400, "Invalid value for enum: roomType")
	}
	if body.VideoCodec == "" {
		body.VideoCodec = "h264"
	}
	if !slices.Contains([]string{"h264", "vp8"}, body.VideoCodec) {
		return refusal(400, "Invalid value for enum: videoCodec")
	}
	config := roomConfig{VideoCodec: &body.VideoCodec, Webhook: body.WebhookURL, hosted: h}
	if body.MaxPeers != nil && *body.MaxPeers > 0 {
		h.maxPeers, config.MaxPeers = *body.MaxPeers, body.MaxPeers
	}
	if body.MaxPeers != nil && *body.MaxPeers < 0 {
		return refusal(400, "maxPeers must not be negative")
	}
	r, a := s.createHosted(config)
	if a != nil {
		return a
	}
	return data(201, map[string]any{"room": r})
}

// createHosted creates a room with an id of its own.
func (s *Server) createHosted(config roomConfig) (hostedRoomAnswer, *answer) {
	if config.Webhook != nil && !webhookPattern.MatchString(*config.Webhook) {
		return hostedRoomAnswer{}, refusal(400, "webhookUrl has an invalid format")
	}
	rs := s.rooms
	rs.mu.Lock()
	defer rs.mu.Unlock()
	config.ID = rs.ids.hosted()
	r := rs.add(config)
	return r.hostedAnswer(), nil
}

func (s *Server) serveForwardTracks(q *request) *answer {
	var body struct {
		CompositionURL string  `json:"compositionURL"`
		Selector       *string `json:"selector"`
	}
	if a := s.readObject(q.body, &body); a != nil {
		return a
	}
	if body.CompositionURL == "" {
		return refusal(400, invalidBody)
	}
	return s.inRoom(q, func(r *room) *answer {
		h := r.config.hosted
		if h.composition != "" && h.composition != body.CompositionURL {
			return refusal(409, "Room "+r.id+" forwards its tracks to another composition")
		}
		if h.composition == "" {
			h.composition, h.forwardings = body.CompositionURL, make(map[string]hostedForwarding)
			for _, id := range sortedKeys(r.peers) {
				r.forward(&r.peers[id].endpoint)
			}
		}
		return plain(201, "")
	})
}

// forward forwards the tracks of a peer, if it has any and the room forwards.
func (r *room) forward(p *endpoint) {
	h := r.config.hosted
	if h == nil || h.composition == "" || len(p.tracks) == 0 {
		return
	}
	f := hostedForwarding{PeerID: p.owner.ID, InputID: "input-" + p.owner.ID}
	n := decode.TrackForwarding{RoomID: r.id, PeerID: f.PeerID, CompositionURL: h.composition, InputID: f.InputID}
	for _, t := range p.sortedTracks() {
		switch t.Type {
		case decode.TrackTypeAudio:
			n.Audio, f.Audio = t, &t.ID
		case decode.TrackTypeVideo:
			n.Video, f.Video = t, &t.ID
		}
	}
	h.forwardings[f.PeerID] = f
	r.emit(n)
}

// endForwarding is called when a peer has no tracks any more.
func (r *room) endForwarding(p *endpoint) {
	h := r.config.hosted
	if h == nil {
		return
	}
	if f, ok := h.forwardings[p.owner.ID]; ok {
		delete(h.forwardings, p.owner.ID)
		r.emit(decode.TrackForwardingRemoved{RoomID: r.id, PeerID: f.PeerID, CompositionURL: h.composition, InputID: f.InputID})
	}
}
