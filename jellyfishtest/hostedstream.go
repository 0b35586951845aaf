package jellyfishtest

import (
	"fmt"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// hostedStreamer streams into a livestream, or may do so.
type hostedStreamer struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Token  string `json:"token"`
}

// hostedViewer watches a livestream, or may do so.
type hostedViewer struct {
	ID        string `json:"id"`
	Token     string `json:"token"`
	connected bool
}

// livestreamAnswer is a livestream as hosted Fishjam answers with it.
type livestreamAnswer struct {
	ID        string            `json:"id"`
	Public    bool              `json:"public"`
	AudioOnly bool              `json:"audioOnly"`
	Streamers []*hostedStreamer `json:"streamers"`
	Viewers   []*hostedViewer   `json:"viewers"`
}

func (r *room) livestreamAnswer() livestreamAnswer {
	h := r.config.hosted
	a := livestreamAnswer{
		ID: r.id, Public: h.public, AudioOnly: h.kind == "audio_only_livestream",
		Streamers: []*hostedStreamer{}, Viewers: []*hostedViewer{},
	}
	for _, streamer := range h.streamers {
		copied := *streamer // The answer is written without the mutex.
		a.Streamers = append(a.Streamers, &copied)
	}
	for _, viewer := range h.viewers {
		copied := *viewer
		a.Viewers = append(a.Viewers, &copied)
	}
	return a
}

func (s *Server) serveLivestreams(*request) *answer {
	rs := s.rooms
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := []livestreamAnswer{}
	for _, id := range sortedKeys(rs.byID) {
		if r := rs.byID[id]; r.config.hosted.isLivestream() {
			list = append(list, r.livestreamAnswer())
		}
	}
	return data(200, list)
}

func (s *Server) serveCreateLivestream(q *request) *answer {
	var body struct {
		AudioOnly  *bool   `json:"audioOnly"`
		Public     bool    `json:"public"`
		Batch      bool    `json:"batchWebhookNotifications"`
		WebhookURL *string `json:"webhookUrl"`
	}
	if a := s.readObject(q.body, &body); a != nil {
		return a
	}
	codec := "h264"
	h := &hostedRoom{kind: "livestream", public: body.Public, batch: body.Batch}
	if body.AudioOnly != nil && *body.AudioOnly {
		h.kind = "audio_only_livestream"
	}
	r, a := s.createHosted(roomConfig{VideoCodec: &codec, Webhook: body.WebhookURL, hosted: h})
	if a != nil {
		return a
	}
	return data(201, livestreamAnswer{
		r.ID, h.public, h.kind == "audio_only_livestream", []*hostedStreamer{}, []*hostedViewer{},
	})
}

// onLivestream answers a request that is about a livestream.
func (s *Server) onLivestream(q *request, serve func(*room) *answer) *answer {
	id := q.path["room"]
	a := refusal(404, "Stream "+id+" does not exist")
	s.rooms.with(id, func(r *room) {
		if r.config.hosted.isLivestream() {
			a = serve(r)
		}
	})
	return a
}

func (s *Server) serveLivestream(q *request) *answer {
	return s.onLivestream(q, func(r *room) *answer { return data(200, r.livestreamAnswer()) })
}

// What is to be removed from a livestream, and the livestream, may be gone already.
func (s *Server) serveDeleteLivestream(q *request) *answer {
	s.onLivestream(q, func(r *room) *answer { r.end(); return nil })
	return &answer{status: 204}
}

func (s *Server) serveAddStreamer(q *request) *answer {
	return s.onLivestream(q, func(r *room) *answer { return data(201, *r.addStreamer()) })
}

func (s *Server) serveAddViewer(q *request) *answer {
	return s.onLivestream(q, func(r *room) *answer { return data(201, *r.addViewer()) })
}

func (r *room) addStreamer() *hostedStreamer {
	added := &hostedStreamer{r.ids.uuid(), "disconnected", r.ids.secretToken()}
	r.config.hosted.streamers = append(r.config.hosted.streamers, added)
	return added
}

func (r *room) addViewer() *hostedViewer {
	added := &hostedViewer{ID: r.ids.uuid(), Token: r.ids.secretToken()}
	r.config.hosted.viewers = append(r.config.hosted.viewers, added)
	return added
}

func (s *Server) serveDeleteStreamer(q *request) *answer {
	s.onLivestream(q, func(r *room) *answer { r.removeStreamer(q.path["id"]); return nil })
	return &answer{status: 204}
}

func (s *Server) serveDeleteViewer(q *request) *answer {
	s.onLivestream(q, func(r *room) *answer { r.removeViewer(q.path["id"]); return nil })
	return &answer{status: 204}
}

func (r *room) removeStreamer(id string) {
	h := r.config.hosted
	h.streamers = slices.DeleteFunc(h.streamers, func(s *hostedStreamer) bool {
		if s.ID == id && s.Status == "connected" {
			r.emit(decode.StreamerDisconnected{StreamID: r.id, StreamerID: id})
		}
		return s.ID == id
	})
}

func (r *room) removeViewer(id string) {
	h := r.config.hosted
	h.viewers = slices.DeleteFunc(h.viewers, func(v *hostedViewer) bool {
		if v.ID == id && v.connected {
			r.emit(decode.ViewerDisconnected{StreamID: r.id, ViewerID: id})
		}
		return v.ID == id
	})
}

// endLivestream disconnects all who stream and watch.
func (r *room) endLivestream() {
	if h := r.config.hosted; h != nil {
		for len(h.streamers) > 0 {
			r.removeStreamer(h.streamers[0].ID)
		}
		for len(h.viewers) > 0 {
			r.removeViewer(h.viewers[0].ID)
		}
	}
}

// serveStreamerToken is for rooms that are livestreams: to others it is 404.
func (s *Server) serveStreamerToken(q *request) *answer {
	return s.onRoomWithStream(q, func(r *room) string { return r.addStreamer().Token })
}

func (s *Server) serveViewerToken(q *request) *answer {
	return s.onRoomWithStream(q, func(r *room) string { return r.addViewer().Token })
}

func (s *Server) onRoomWithStream(q *request, token func(*room) string) *answer {
	return s.inRoom(q, func(r *room) *answer {
		if !r.config.hosted.isLivestream() {
			return noSuchRoom(r.id)
		}
		return bare(201, map[string]any{"token": token(r)})
	})
}

// ConnectStreamer makes a streamer connect, as if its client had begun to stream with its
// token. It fails if the server isn't hosted, if there is no such livestream or streamer,
// or if it is connected.
func (s *Server) ConnectStreamer(streamID, streamerID string) error {
	return s.changeStreamer("connect", streamID, streamerID, "connected",
		decode.StreamerConnected{StreamID: streamID, StreamerID: streamerID})
}

// DisconnectStreamer makes a streamer disconnect. It stays in the livestream. It fails as
// [Server.ConnectStreamer] does, or if it isn't connected.
func (s *Server) DisconnectStreamer(streamID, streamerID string) error {
	return s.changeStreamer("disconnect", streamID, streamerID, "disconnected",
		decode.StreamerDisconnected{StreamID: streamID, StreamerID: streamerID})
}

func (s *Server) changeStreamer(verb, streamID, id, status string, n decode.Notification) error {
	return s.inLivestream(verb+" streamer "+id, streamID, func(r *room) error {
		all := r.config.hosted.streamers
		i := slices.IndexFunc(all, func(s *hostedStreamer) bool { return s.ID == id })
		if i < 0 || all[i].Status == status {
			return fmt.Errorf("it does not exist or is %s", status)
		}
		all[i].Status = status
		r.emit(n)
		return nil
	})
}

// ConnectViewer makes a viewer connect, as if its client had begun to watch with its
// token. With an empty id it is a new one, as on a public livestream. It returns the
// viewer's id, and fails if the server isn't hosted, if there is no such livestream or
// viewer, or if it is connected.
func (s *Server) ConnectViewer(streamID, viewerID string) (id string, err error) {
	err = s.inLivestream("connect viewer "+viewerID, streamID, func(r *room) error {
		if viewerID == "" {
			viewerID = r.addViewer().ID
		}
		return r.changeViewer(viewerID, true)
	})
	return viewerID, err
}

// DisconnectViewer makes a viewer disconnect. It stays in the livestream. It fails as
// [Server.ConnectViewer] does, or if it isn't connected.
func (s *Server) DisconnectViewer(streamID, viewerID string) error {
	return s.inLivestream("disconnect viewer "+viewerID, streamID, func(r *room) error {
		return r.changeViewer(viewerID, false)
	})
}

func (r *room) changeViewer(id string, connected bool) error {
	all := r.config.hosted.viewers
	i := slices.IndexFunc(all, func(v *hostedViewer) bool { return v.ID == id })
	if i < 0 || all[i].connected == connected {
		return fmt.Errorf("it does not exist, or is connected: %t", connected)
	}
	all[i].connected = connected
	if connected {
		r.emit(decode.ViewerConnected{StreamID: r.id, ViewerID: id})
	} else {
		r.emit(decode.ViewerDisconnected{StreamID: r.id, ViewerID: id})
	}
	return nil
}
