package jellyfishtest

func (s *Server) serveAddComponent(q *request) *answer {
	given, ok := q.params["type"]
	if !ok {
		return refusal(400, invalidBody)
	}
	kind, _ := given.(string)
	if _, known := componentOptions[kind]; !known {
		return refusal(400, "Invalid component type")
	}
	return s.inRoom(q, func(r *room) *answer {
		options, ok := q.options()
		if !ok {
			r.fail()
			return frameworkError(500)
		}
		c, refused, crashed := r.addComponent(kind, options)
		switch {
		case crashed:
			r.fail()
			return frameworkError(500)
		case refused != nil:
			return refused
		}
		a := data(201, c.answer())
		r.startTracks(c)
		return a
	})
}

func (s *Server) serveDeleteComponent(q *request) *answer {
	return s.inRoom(q, func(r *room) *answer {
		c := r.components[q.path["id"]]
		if c == nil {
			return refusal(404, "Component "+q.path["id"]+" does not exist")
		}
		r.removeComponent(c)
		return &answer{status: 204}
	})
}

// serveSubscribe subscribes a component to origins, at which the server doesn't
// look.
func (s *Server) serveSubscribe(q *request) *answer {
	if _, ok := q.params["origins"]; !ok {
		return refusal(400, invalidBody)
	}
	return s.inRoom(q, func(r *room) *answer {
		id := q.path["id"]
		c := r.components[id]
		if c == nil {
			return refusal(400, "Component "+id+" does not exist")
		}
		switch c.properties["subscribeMode"] {
		case "auto":
			return refusal(400, "Component "+id+" option `subscribe_mode` is set to :auto")
		case "manual":
			return plain(201, "Successfully subscribed for tracks")
		}
		return refusal(400, "Subscribe mode is supported only for HLS and Recording components")
	})
}
