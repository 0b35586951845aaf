package jellyfishtest

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
	return data(201, map[string]any{"room": room, "jellyfish_address": node.Address()})
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
