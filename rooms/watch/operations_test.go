package watch

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// operation is something that a program can do. It returns what it did, or nothing if
// that wasn't possible.
type operation struct {
	name   string
	weight int
	do     func(*program) string
}

func operations() []operation {
	return []operation{
		{"create room", 12, (*program).createRoom},
		{"delete room", 3, (*program).deleteRoom},
		{"crash room", 1, (*program).crashRoom},
		{"add peer", 14, (*program).addPeer},
		{"delete peer", 4, (*program).deletePeer},
		{"crash peer", 3, (*program).crashPeer},
		{"connect peer", 12, (*program).connectPeer},
		{"connect peer by its socket", 2, (*program).connectSocket},
		{"disconnect peer", 5, (*program).disconnectPeer},
		{"add track", 14, (*program).addTrack},
		{"update track", 6, (*program).updateTrack},
		{"remove track", 5, (*program).removeTrack},
		{"add component", 9, (*program).addComponent},
		{"end component", 5, (*program).endComponent},
		{"make playable", 3, (*program).makePlayable},
		{"rumour", 4, (*program).rumour},

		{"cut", 4, (*program).cut},
		{"drop after handshake", 1, (*program).drop},
		{"garbage", 1, (*program).garbage},
		{"stop node", 2, (*program).stopNode},
		{"start node", 5, (*program).startSome},
		{"reset node", 2, (*program).resetNode},
		{"name nodes", 4, (*program).nameNodes},
		{"delay", 3, (*program).delay},
		{"silence", 1, (*program).silence},
		{"lose webhook", 2, (*program).loseWebhooks},
		{"trouble on the line", 3, (*program).setTrouble},
		{"overflow", 2, (*program).overflow},

		{"begin consumer", 4, (*program).beginConsumer},
		{"stall consumer", 4, (*program).stallConsumer},
		{"resume consumer", 2, (*program).resumeConsumer},
		{"cancel consumer", 2, (*program).cancelConsumer},
	}
}

// ofRooms is how many of the operations are about rooms and their members.
const ofRooms = 16

// chosen returns one of some operations, by their weights.
func (p *program) chosen(all []operation) operation {
	total := 0
	for _, op := range all {
		total += op.weight
		p.tally.add(op.name, 0)
	}
	roll := p.random.IntN(total)
	for _, op := range all {
		if roll -= op.weight; roll < 0 {
			return op
		}
	}
	return operation{}
}

// one returns one of a list.
func one[E any](p *program, list []E) (E, bool) {
	if len(list) == 0 {
		var none E
		return none, false
	}
	return list[p.random.IntN(len(list))], true
}

// must ends the program with an error that can't happen.
func (p *program) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// someRoom returns an existing room.
func (p *program) someRoom() (rooms.Room, int, bool) {
	for {
		h, ok := one(p, p.rooms)
		if !ok {
			return rooms.Room{}, 0, false
		}
		if p.running[h.node] {
			room, err := p.hands[h.node].Get(p.Context(), h.id)
			if err == nil {
				return room, h.node, true
			}
			if !errors.Is(err, rooms.ErrRoomNotFound) {
				p.Fatal(err)
			}
		}
		p.rooms = slices.DeleteFunc(p.rooms, func(other home) bool { return other == h })
	}
}

func (p *program) somePeer(status rooms.PeerStatus) (room rooms.Room, node int, peer rooms.Peer, ok bool) {
	room, node, ok = p.someRoom()
	if !ok {
		return
	}
	list := slices.DeleteFunc(slices.Clone(room.Peers), func(peer rooms.Peer) bool { return status != "" && peer.Status != status })
	peer, ok = one(p, list)
	return
}

// someOwner returns a peer or a component that may have tracks, and its tracks.
func (p *program) someOwner() (room rooms.Room, node int, owner string, tracks []decode.Track, ok bool) {
	room, node, ok = p.someRoom()
	var owners []string
	all := make(map[string][]decode.Track)
	for _, peer := range room.Peers {
		if peer.Status == rooms.StatusConnected {
			owners, all[peer.ID] = append(owners, peer.ID), peer.Tracks
		}
	}
	for _, component := range room.Components {
		owners, all[component.ID] = append(owners, component.ID), component.Tracks
	}
	if ok {
		owner, ok = one(p, owners)
	}
	return room, node, owner, all[owner], ok
}

var someMetadata = []decode.Metadata{"", "null", `{"name":"ada"}`, `"<&>"`, `[1,2.50,{"b":"ü","a":null}]`, `12345678901234567890`}

func (p *program) metadata() decode.Metadata {
	m, _ := one(p, someMetadata)
	return m
}

func (p *program) createRoom() string {
	node, ok := p.someNode()
	if !ok || p.random.IntN(1+len(p.rooms)) > 2 {
		return "" // There are enough rooms.
	}
	config := rooms.RoomConfig{}
	if p.random.IntN(2) == 0 {
		config.VideoCodec = rooms.VideoCodecH264
	}
	if p.random.IntN(5) == 0 {
		config.MaxPeers = rooms.Ptr(1 + p.random.IntN(4))
	}
	if p.random.IntN(6) == 0 {
		config.PeerlessPurgeTimeout = time.Duration(1+p.random.IntN(20)) * time.Second
	}
	if p.random.IntN(5) == 0 {
		config.PeerDisconnectedTimeout = time.Duration(1+p.random.IntN(20)) * time.Second
	}
	if p.random.IntN(4) == 0 || p.calm {
		config.RoomID, _ = one(p, []string{"a", "b", "c"})
	}
	// Nodes don't know each other's rooms (Jellyfish protocol, section 4.8). If two
	// have the same id, it isn't known which one a notification is about.
	twice := config.RoomID != "" && p.isThere(config.RoomID)
	if twice && (p.nodes == 1 || p.strict && !p.calm || p.random.IntN(2) == 0) {
		return ""
	}
	p.silent = p.silent || twice
	created, err := p.hands[node].Create(p.Context(), config)
	if errors.Is(err, rooms.ErrAlreadyExists) {
		return ""
	}
	p.must(err)
	if twice {
		p.tally.add("create room twice", 1)
	}
	for i, s := range p.servers {
		if s.Address() == created.Address {
			p.rooms = append(p.rooms, home{created.Room.ID, i})
		}
	}
	return fmt.Sprintf("create %v at %s", created.Room.Config, created.Address)
}

// isThere reports whether a node has a room.
func (p *program) isThere(id string) bool {
	for i, hand := range p.hands {
		if p.running[i] {
			if _, err := hand.Get(p.Context(), id); err == nil {
				return true
			}
		}
	}
	return false
}

func (p *program) deleteRoom() string {
	room, node, ok := p.someRoom()
	if !ok {
		return ""
	}
	p.must(p.hands[node].Delete(p.Context(), room.ID))
	return "delete room " + room.ID
}

func (p *program) crashRoom() string {
	room, node, ok := p.someRoom()
	if !ok {
		return ""
	}
	p.must(p.servers[node].CrashRoom(room.ID))
	return "crash room " + room.ID
}

func (p *program) addPeer() string {
	room, node, ok := p.someRoom()
	if !ok {
		return ""
	}
	added, err := p.hands[node].AddPeer(p.Context(), room.ID, rooms.PeerOptions{})
	if errors.Is(err, rooms.ErrLimitReached) {
		return ""
	}
	p.must(err)
	p.tokens[added.Peer.ID] = added.Token.Reveal()
	return "add peer " + added.Peer.ID + " to " + room.ID
}

func (p *program) deletePeer() string {
	room, node, peer, ok := p.somePeer("")
	if !ok {
		return ""
	}
	p.must(p.hands[node].DeletePeer(p.Context(), room.ID, peer.ID))
	return "delete peer " + peer.ID
}

func (p *program) crashPeer() string {
	room, node, peer, ok := p.somePeer("")
	if !ok {
		return ""
	}
	if p.servers[node].CrashPeer(room.ID, peer.ID, "boom") != nil {
		return "" // It ended meanwhile, by itself.
	}
	return "crash peer " + peer.ID
}

func (p *program) connectPeer() string {
	room, node, peer, ok := p.somePeer(rooms.StatusDisconnected)
	if !ok {
		return ""
	}
	if p.servers[node].ConnectPeer(room.ID, peer.ID, p.metadata()) != nil {
		return "" // It ended meanwhile, by itself.
	}
	return "connect peer " + peer.ID
}

func (p *program) disconnectPeer() string {
	room, node, peer, ok := p.somePeer(rooms.StatusConnected)
	if !ok {
		return ""
	}
	if p.servers[node].DisconnectPeer(room.ID, peer.ID) != nil {
		return "" // It ended meanwhile, by itself.
	}
	return "disconnect peer " + peer.ID
}

func (p *program) addTrack() string {
	room, node, owner, tracks, ok := p.someOwner()
	if !ok {
		return ""
	}
	track := decode.Track{ID: fmt.Sprintf("%s:%d", owner, p.random.IntN(4)), Type: decode.TrackType(p.random.IntN(3)), Metadata: p.metadata()}
	if slices.ContainsFunc(tracks, func(t decode.Track) bool { return t.ID == track.ID }) {
		return ""
	}
	if p.servers[node].AddTrack(room.ID, owner, track) != nil {
		return "" // It ended meanwhile, by itself.
	}
	return "add track " + track.ID
}

func (p *program) updateTrack() string {
	room, node, owner, tracks, _ := p.someOwner()
	track, ok := one(p, tracks)
	if !ok {
		return ""
	}
	if p.servers[node].UpdateTrack(room.ID, owner, track.ID, p.metadata()) != nil {
		return "" // It ended meanwhile, by itself.
	}
	return "update track " + track.ID
}

func (p *program) removeTrack() string {
	room, node, owner, tracks, _ := p.someOwner()
	track, ok := one(p, tracks)
	if !ok {
		return ""
	}
	if p.servers[node].RemoveTrack(room.ID, owner, track.ID) != nil {
		return "" // It ended meanwhile, by itself.
	}
	return "remove track " + track.ID
}

// addComponent adds a file, which shows itself by notifications, or a component that
// doesn't (Jellyfish protocol, section 2.1), unless it is an HLS component that becomes
// playable.
func (p *program) addComponent() string {
	room, node, ok := p.someRoom()
	if !ok {
		return ""
	}
	var options rooms.ComponentOptions
	choice := p.random.IntN(7)
	switch {
	case choice < 3:
		options = rooms.FileOptions{FilePath: []string{"video.h264", "audio.ogg"}[choice%2]}
	case choice < 4 && !p.strict:
		options = rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Address: "sip.test", Username: "u", Password: rooms.NewSecret("p")}}
	case choice < 5 && !p.strict:
		options = rooms.RTSPOptions{SourceURI: rooms.NewSecret("rtsp://camera.test/")}
	case choice < 6 && !p.strict:
		options = rooms.RecordingOptions{Credentials: rooms.S3Credentials{AccessKeyID: rooms.NewSecret("a"), SecretAccessKey: rooms.NewSecret("s"), Region: "r", Bucket: "b"}}
	default:
		options = rooms.HLSOptions{LowLatency: true}
	}
	added, err := p.hands[node].AddComponent(p.Context(), room.ID, options)
	if errors.Is(err, rooms.ErrInvalid) || errors.Is(err, rooms.ErrLimitReached) {
		return "" // The room enforces another codec, or has one.
	}
	p.must(err)
	switch {
	case added.Type == rooms.ComponentHLS && p.strict:
		p.must(p.servers[node].MakePlayable(room.ID))
	case added.Type != rooms.ComponentFile:
		p.silent = true
	}
	return fmt.Sprintf("add component %s %s to %s", added.Type, added.ID, room.ID)
}

// endComponent removes a component in one of three ways, of which two are silent
// if it has no tracks.
func (p *program) endComponent() string {
	room, node, _ := p.someRoom()
	component, ok := one(p, room.Components)
	if !ok {
		return ""
	}
	way := p.random.IntN(3)
	if len(component.Tracks) == 0 && way > 0 {
		if p.strict {
			way = 0
		} else {
			p.silent = true
		}
	}
	switch way {
	case 0:
		p.must(p.servers[node].CrashComponent(room.ID, component.ID))
	case 1:
		p.must(p.servers[node].FinishComponent(room.ID, component.ID))
	default:
		p.must(p.hands[node].DeleteComponent(p.Context(), room.ID, component.ID))
	}
	return fmt.Sprintf("end component %s of %s: %s", component.ID, room.ID, []string{"crash", "finish", "delete"}[way])
}

func (p *program) makePlayable() string {
	room, node, _ := p.someRoom()
	for _, component := range room.Components {
		if component.Type == rooms.ComponentHLS {
			p.must(p.servers[node].MakePlayable(room.ID))
			return "make playable " + component.ID + " of " + room.ID
		}
	}
	return ""
}

// rumour sends notifications about a room that doesn't exist.
func (p *program) rumour() string {
	node, ok := p.someNode()
	id, _ := one(p, []string{"a", "b", "c", "no where", ".."})
	if p.webhooks {
		id += ".." // Nodes don't wait for each other: there may be a room with that id when it arrives.
	}
	if !ok || p.isThere(id) {
		return ""
	}
	n, _ := one(p, []decode.Notification{
		decode.RoomCreated{RoomID: id}, decode.RoomDeleted{RoomID: id}, decode.HLSPlayable{RoomID: id},
		decode.PeerConnected{RoomID: id, PeerID: "nobody"}, decode.TrackRemoved{RoomID: id},
	})
	p.must(p.servers[node].Send(n))
	p.rumours[id] = true
	return fmt.Sprintf("rumour %T of room %s", n, id)
}
