package jellyfishtest

import (
	"encoding/json"
	"regexp"
	"slices"
	"time"

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
	if a := s.hostedBody(q, &body); a != nil {
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
	if a := s.hostedBody(q, &body); a != nil {
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

// hostedPeer is what a peer of hosted Fishjam has besides.
type hostedPeer struct {
	kind          decode.PeerType
	server        json.RawMessage // The backend's part of the metadata.
	subscribeMode string
	peers, tracks []string // That it has subscribed to.
}

// hostedPeerTypes are the types of peers by name.
var hostedPeerTypes = map[string]decode.PeerType{
	"webrtc": decode.PeerTypeWebRTC,
	"agent":  decode.PeerTypeAgent,
	"vapi":   decode.PeerTypeVAPI,
}

type hostedPeerAnswer struct {
	ID            string            `json:"id"`
	Type          string            `json:"type"`
	Status        string            `json:"status"`
	Tracks        []trackAnswer     `json:"tracks"`
	Metadata      decode.Metadata   `json:"metadata"`
	SubscribeMode string            `json:"subscribeMode"`
	Subscriptions map[string]idList `json:"subscriptions"`
}

type idList []string

func (p *peer) hostedAnswer() hostedPeerAnswer {
	plain := p.answer()
	h := p.hosted
	return hostedPeerAnswer{
		plain.ID, h.kind.String(), plain.Status, plain.Tracks, p.announced(), h.subscribeMode,
		map[string]idList{"peers": append(idList{}, h.peers...), "tracks": append(idList{}, h.tracks...)},
	}
}

// announced returns the metadata as others are told it.
func (p *peer) announced() decode.Metadata {
	if p.hosted == nil {
		return p.metadata
	}
	return decode.Metadata(compactJSON(map[string]json.RawMessage{"peer": rawObject(p.metadata), "server": p.hosted.server}))
}

// kind returns the type that the peer's notifications carry: servers that aren't hosted
// send none.
func (p *peer) kind() decode.PeerType {
	if p.hosted == nil {
		return decode.PeerTypeUnspecified
	}
	return p.hosted.kind
}

// vapiCall is what the id of a call must match.
var vapiCall = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// parseHostedPeer reads the body of a request for a peer. The answer is nil unless that
// fails.
func (s *Server) parseHostedPeer(q *request) (*hostedPeer, *answer) {
	var body struct {
		Type    string          `json:"type"`
		Options json.RawMessage `json:"options"`
	}
	if a := s.hostedBody(q, &body); a != nil {
		return nil, a
	}
	h := &hostedPeer{kind: hostedPeerTypes[body.Type], server: json.RawMessage("{}"), subscribeMode: "auto"}
	if body.Options == nil {
		body.Options = json.RawMessage("{}")
	}
	var options struct {
		SubscribeMode *string         `json:"subscribeMode"`
		Metadata      json.RawMessage `json:"metadata"`
		Output        *hostedOutput   `json:"output"`
		APIKey        *string         `json:"apiKey"`
		CallID        *string         `json:"callId"`
	}
	if a := s.closedSchema(body.Options, &options); a != nil {
		return nil, a
	}
	invalid := refusal(400, invalidBody)
	webrtc, agent, vapi := options.Metadata != nil, options.Output != nil, options.APIKey != nil || options.CallID != nil
	switch h.kind {
	case decode.PeerTypeWebRTC:
		if agent || vapi {
			return nil, invalid
		}
	case decode.PeerTypeAgent:
		if webrtc || vapi || agent && !options.Output.valid() {
			return nil, invalid
		}
	case decode.PeerTypeVAPI:
		if webrtc || agent || options.APIKey == nil || options.CallID == nil || !vapiCall.MatchString(*options.CallID) {
			return nil, invalid
		}
	default:
		return nil, refusal(400, "Invalid peer type")
	}
	if options.Metadata != nil {
		if options.Metadata[0] != '{' {
			return nil, invalid
		}
		h.server = options.Metadata
	}
	if options.SubscribeMode != nil {
		h.subscribeMode = *options.SubscribeMode
	}
	if h.subscribeMode != "auto" && h.subscribeMode != "manual" {
		return nil, invalid
	}
	return h, nil
}

// hostedOutput is the audio that an agent hears.
type hostedOutput struct {
	Format     string `json:"audioFormat"`
	SampleRate int    `json:"audioSampleRate"`
}

func (o *hostedOutput) valid() bool {
	return (o.Format == "" || o.Format == "pcm16") && slices.Contains([]int{0, 16000, 24000}, o.SampleRate)
}

func (s *Server) serveAddHostedPeer(q *request) *answer {
	h, refused := s.parseHostedPeer(q)
	if refused != nil {
		return refused
	}
	return s.inRoom(q, func(r *room) *answer {
		if r.isFull() {
			return refusal(409, "Reached peer limit in room "+r.id)
		}
		p := r.addPeer(h)
		added := map[string]any{"peer": p.hostedAnswer(), "token": r.tokenOf(p)}
		socket := "ws" + s.URL()[len("http"):] + peerPath
		if s.hosted.peerSocket != nil {
			socket = *s.hosted.peerSocket
		}
		if socket != "" {
			added["peer_websocket_url"] = socket
		}
		return data(201, added)
	})
}

// tokenOf returns a token of a peer, which differs from all others.
func (r *room) tokenOf(p *peer) string {
	return peerToken{Room: r.id, Peer: p.owner.ID, Signed: time.Now(), Nonce: r.ids.secretToken()}.sign()
}

// inPeer answers a request that is about a peer of a room of this node.
func (s *Server) inPeer(q *request, serve func(*room, *peer) *answer) *answer {
	return s.inRoom(q, func(r *room) *answer {
		p := r.peers[q.path["id"]]
		if p == nil {
			return refusal(404, "Peer "+q.path["id"]+" does not exist")
		}
		return serve(r, p)
	})
}

func (s *Server) serveRefreshToken(q *request) *answer {
	return s.inPeer(q, func(r *room, p *peer) *answer {
		return data(201, map[string]any{"token": r.tokenOf(p)})
	})
}

func (s *Server) serveSubscribePeer(q *request) *answer {
	publisher := q.URL.Query().Get("peer_id")
	return s.inPeer(q, func(r *room, p *peer) *answer {
		switch {
		case publisher == "":
			return refusal(400, "peer_id is missing")
		case r.peers[publisher] == nil:
			return refusal(404, "Peer "+publisher+" does not exist")
		case !slices.Contains(p.hosted.peers, publisher):
			p.hosted.peers = append(p.hosted.peers, publisher)
		}
		return plain(200, "")
	})
}

func (s *Server) serveSubscribeTracks(q *request) *answer {
	var body struct {
		TrackIDs []string `json:"track_ids"`
	}
	if a := s.hostedBody(q, &body); a != nil {
		return a
	}
	return s.inPeer(q, func(_ *room, p *peer) *answer {
		for _, id := range body.TrackIDs {
			if !slices.Contains(p.hosted.tracks, id) {
				p.hosted.tracks = append(p.hosted.tracks, id)
			}
		}
		return plain(200, "")
	})
}
