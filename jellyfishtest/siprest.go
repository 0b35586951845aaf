package jellyfishtest

func (s *Server) serveDial(q *request) *answer {
	number, ok := q.params["phoneNumber"]
	if !ok {
		return refusal(400, invalidBody)
	}
	return s.inSIP(q, "is not a SIP component", func() *answer {
		text, ok := interpolate(number)
		if !ok {
			return frameworkError(500)
		}
		return plain(201, "Successfully schedule calling phone_number: "+text)
	})
}

func (s *Server) serveEndCall(q *request) *answer {
	return s.inSIP(q, "is not SIP component", func() *answer {
		return &answer{status: 204, contentType: jsonContent}
	})
}

// inSIP answers a request that is about a SIP component.
func (s *Server) inSIP(q *request, isNot string, serve func() *answer) *answer {
	return s.inRoom(q, func(r *room) *answer {
		id := q.path["id"]
		c := r.components[id]
		switch {
		case c == nil:
			return refusal(400, "Component "+id+" does not exist")
		case c.kind != "sip":
			return refusal(400, "Component "+id+" "+isNot)
		}
		return serve()
	})
}
