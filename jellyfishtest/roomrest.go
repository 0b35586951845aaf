package jellyfishtest

import (
	"fmt"
	"strings"
)

// serveRooms lists the rooms of this node, by id.
func (s *Server) serveRooms(*request) *answer {
	rs := s.rooms
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := []roomAnswer{}
	for _, id := range sortedKeys(rs.byID) {
		list = append(list, rs.byID[id].answer())
	}
	return data(200, list)
}

func (s *Server) serveCreateRoom(q *request) *answer {
	config, refused := parseRoomConfig(q.params)
	if refused != nil {
		return refused
	}
	node := s.bestNode()
	room, ok := node.rooms.create(config)
	if !ok {
		return refusal(400, `Cannot add room with id "`+config.ID+`" - room already exists`)
	}
	return data(201, map[string]any{"room": room, "jellyfish_address": node.address})
}

func (s *Server) serveRoom(q *request) *answer {
	return s.inRoom(q, func(r *room) *answer { return data(200, r.answer()) })
}

func (s *Server) serveDeleteRoom(q *request) *answer {
	return s.inRoom(q, func(r *room) *answer {
		r.end()
		return &answer{status: 204}
	})
}

// inRoom answers a request that is about a room of this node.
func (s *Server) inRoom(q *request, serve func(*room) *answer) *answer {
	id := q.path["room"]
	a := noSuchRoom(id)
	s.rooms.with(id, func(r *room) { a = serve(r) })
	return a
}

// roomAnswer is a room as the server answers with it.
type roomAnswer struct {
	Components []componentAnswer `json:"components"`
	Config     roomConfig        `json:"config"`
	ID         string            `json:"id"`
	Peers      []peerAnswer      `json:"peers"`
}

func (r *room) answer() roomAnswer {
	a := roomAnswer{Components: []componentAnswer{}, Config: r.config, ID: r.id, Peers: []peerAnswer{}}
	for _, id := range sortedKeys(r.components) {
		a.Components = append(a.Components, r.components[id].answer())
	}
	for _, id := range sortedKeys(r.peers) {
		a.Peers = append(a.Peers, r.peers[id].answer())
	}
	return a
}

// roomConfig is a room's configuration, as the server answers with it.
type roomConfig struct {
	MaxPeers         *int64  `json:"maxPeers"`
	PeerDisconnected *int64  `json:"peerDisconnectedTimeout"` // Seconds.
	PeerlessPurge    *int64  `json:"peerlessPurgeTimeout"`    // Seconds.
	ID               string  `json:"roomId"`
	VideoCodec       *string `json:"videoCodec"`
	Webhook          *string `json:"webhookUrl"`

	hosted *hostedRoom // Nil unless the server is hosted.
}

// parseRoomConfig returns the configuration that a request asks for, or the
// answer to one that is invalid.
func parseRoomConfig(params map[string]any) (roomConfig, *answer) {
	p := configParser{params: params}
	config := roomConfig{
		ID:         p.roomID(),
		MaxPeers:   p.number("maxPeers", 0, "a number"),
		VideoCodec: p.codec(),
		Webhook:    p.webhook(),
	}
	config.PeerlessPurge = p.number("peerlessPurgeTimeout", 1, "a positive integer")
	config.PeerDisconnected = p.number("peerDisconnectedTimeout", 1, "a positive integer")
	return config, p.refused
}

// configParser reads the keys of a configuration and keeps the first complaint.
type configParser struct {
	params  map[string]any
	refused *answer
}

// complain refuses the request with a text that ends with the value.
func (p *configParser) complain(before string, value any, after string) {
	if p.refused != nil {
		return
	}
	text, ok := interpolate(value)
	if !ok {
		p.refused = frameworkError(500)
		return
	}
	p.refused = refusal(400, before+text+after)
}

func (p *configParser) roomID() string {
	value := p.params["roomId"]
	id, _ := value.(string)
	if value != nil && !validRoomID(id) {
		p.complain(`Cannot add room with id "`, value, `" - roomId may contain only alphanumeric characters and hyphens`)
	}
	return id
}

// validRoomID reports whether an id is one or more letters, digits and hyphens of
// ASCII. The server lets a line break at the end pass.
func validRoomID(id string) bool {
	id = strings.TrimSuffix(id, "\n")
	return id != "" && strings.IndexFunc(id, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-')
	}) < 0
}

func (p *configParser) number(name string, minimum int64, what string) *int64 {
	value := p.params[name]
	if value == nil {
		return nil
	}
	n, ok := int64Of(value)
	if !ok || n < minimum {
		p.complain(fmt.Sprintf("Expected %s to be %s, got: ", name, what), value, "")
		return nil
	}
	return &n
}

func (p *configParser) codec() *string {
	value := p.params["videoCodec"]
	if value == nil {
		return nil
	}
	codec, _ := value.(string)
	if codec != "h264" && codec != "vp8" {
		p.complain("Expected videoCodec to be 'h264' or 'vp8', got: ", value, "")
		return nil
	}
	return &codec
}

func (p *configParser) webhook() *string {
	value := p.params["webhookUrl"]
	if value == nil {
		return nil
	}
	text, ok := value.(string)
	if !ok {
		if p.refused == nil {
			p.refused = frameworkError(500)
		}
		return nil
	}
	if parseWebhookURL(text) == nil {
		p.complain("Expected webhookUrl to be valid URL, got: ", value, "")
		return nil
	}
	return &text
}
