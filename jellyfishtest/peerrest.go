package jellyfishtest

import "time"

func (s *Server) serveAddPeer(q *request) *answer {
	kind, ok := q.params["type"]
	if !ok {
		return refusal(400, invalidBody)
	}
	if kind != "webrtc" {
		return refusal(400, "Invalid peer type")
	}
	return s.inRoom(q, func(r *room) *answer {
		if r.isFull() {
			return refusal(503, "Reached peer limit in room "+r.id)
		}
		options, ok := q.options()
		if !ok {
			r.fail()
			return frameworkError(500)
		}
		if _, f := castOptions(options, peerOptions); f != nil {
			return refusal(400, invalidBody)
		}
		p := r.addPeer()
		token := peerToken{Room: r.id, Peer: p.owner.ID, Signed: time.Now()}
		return data(201, map[string]any{
			"peer":               p.answer(),
			"token":              token.sign(),
			"peer_websocket_url": s.Address() + peerPath,
		})
	})
}

func (s *Server) serveDeletePeer(q *request) *answer {
	return s.inRoom(q, func(r *room) *answer {
		p := r.peers[q.path["id"]]
		if p == nil {
			return refusal(404, "Peer "+q.path["id"]+" does not exist")
		}
		r.removePeer(p, peerRemoved)
		return &answer{status: 204}
	})
}
