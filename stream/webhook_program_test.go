package stream

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// The same programs, with requests in place of a connection: a refused request affects
// no other, so all that can go wrong is the requests themselves.
func TestP1WebhookProgramsAgreeWithTheModel(t *testing.T) {
	testPrograms(t, 300, overWebhook)
}

func TestP1ConcurrentWebhookProgramsLoseNothingUnmarked(t *testing.T) {
	testChaos(t, (*chaos).openWebhook)
}

func (c *chaos) openWebhook() {
	requests := decode.RequestDecoder{URLSecrets: []decode.Secret{decode.NewSecret(programSecret)}}
	w, err := NewWebhook(c.t.Context(), WebhookConfig{Requests: requests})
	if err != nil {
		c.t.Fatal(err)
	}
	c.source, c.close = w, w.Close
	post := func(body []byte) {
		w.ServeHTTP(httptest.NewRecorder(), newProgramRequest(body))
	}
	c.deliver = func(ns []decode.Notification) {
		for each := 1 + len(ns)/4; len(ns) > 0; {
			each = min(each, len(ns))
			post(encodedBatch(ns[:each]...))
			ns = ns[each:]
		}
	}
	c.disturb = func(how int) {
		post([][]byte{{0xff}, nil, encodedBatch(decode.Undecodable{}, decode.Undecodable{})}[how])
	}
}

const programSecret = "url-5f1d0c1e"

// posts sends a program's notifications to a webhook.
type posts struct {
	p       *program
	server  *jellyfishtest.Server
	webhook *Webhook
}

func overWebhook(p *program) transport {
	requests := decode.RequestDecoder{URLSecrets: []decode.Secret{decode.NewSecret(programSecret)}, BodyLimit: 1000}
	webhook, err := NewWebhook(p.t.Context(), WebhookConfig{Requests: requests})
	if err != nil {
		p.t.Fatal(err)
	}
	url, err := requests.URL("http://receiver.test/")
	if err != nil {
		p.t.Fatal(err)
	}
	server := jellyfishtest.Run(p.t, jellyfishtest.Config{
		InMemory:  true,
		Webhooks:  jellyfishtest.Webhooks{URL: url.Reveal(), JSON: p.random.IntN(2) == 0},
		Receivers: map[string]http.Handler{"receiver.test": webhook},
	})
	return &posts{p, server, webhook}
}

func (w *posts) source() Source { return w.webhook }

func (w *posts) send(n decode.Notification) {
	if err := w.server.Send(n); err != nil {
		w.p.t.Fatal(err)
	}
}

// close ends the webhook; after that a good request is refused and nothing is queued.
func (w *posts) close() {
	w.webhook.Close()
	w.post(http.StatusServiceUnavailable, newProgramRequest(encodedBatch(w.p.next())))
}

func (w *posts) step() {
	if w.p.random.IntN(2) == 0 {
		w.batch()
	} else {
		w.refused()
	}
}

// post posts a request and checks its status and the counters.
func (w *posts) post(status int, r *http.Request) {
	want := w.webhook.Stats()
	if status == http.StatusOK {
		want.Requests++
	} else {
		want.Refused++
	}
	answer := httptest.NewRecorder()
	w.webhook.ServeHTTP(answer, r)
	got := w.webhook.Stats()
	if answer.Code != status || got.Requests != want.Requests || got.Refused != want.Refused {
		w.p.t.Errorf("the answer is %d, want %d; the counters are %+v, want %+v", answer.Code, status, got, want)
	}
}

// batch posts a batch, of which any element may be undecodable. The pump may run
// between its elements, so the outcome is certain only if all of them have space or
// none has; it posts as many as that holds for.
func (w *posts) batch() {
	var ns []decode.Notification
	for range 1 + w.p.random.IntN(6) {
		if w.p.random.IntN(4) == 0 {
			ns = append(ns, decode.Undecodable{})
		} else {
			ns = append(ns, w.p.next())
		}
	}
	for len(ns) > 1 && !w.certain(ns) {
		ns = ns[:len(ns)-1]
	}
	w.p.say("batch %v", ns)
	w.post(http.StatusOK, newProgramRequest(encodedBatch(ns...)))
	for _, n := range ns {
		if _, ok := n.(decode.Undecodable); ok {
			w.p.mark(Gap{Undecodable: 1})
		} else {
			w.p.put(n)
		}
	}
	w.p.flush()
}

func (w *posts) certain(ns []decode.Notification) bool {
	if w.p.feeding() {
		return false
	}
	for _, b := range w.p.boxes {
		wanted := 0
		for _, n := range ns {
			if _, ok := n.(decode.Undecodable); ok || b.model.wants(n) {
				wanted++
			}
		}
		if m := b.model; !m.ended && len(m.hand) == 0 && wanted > 1 && len(m.channel)+wanted > m.bound.channel {
			return false
		}
	}
	return true
}

// refused posts a request that is refused as a whole, even if a part of it could be
// decoded. It is lost if the secret is right and its content type is that of a server.
func (w *posts) refused() {
	good := encodedBatch(w.p.next(), w.p.next())
	r := newProgramRequest(good)
	status := []int{400, 401, 405, 413, 415, 503}[w.p.random.IntN(6)]
	w.p.say("a request to be answered with %d", status)
	switch status {
	case http.StatusBadRequest:
		r = newProgramRequest(w.spoilt(good))
	case http.StatusUnauthorized:
		r.SetBasicAuth("jellyfish", "guess")
	case http.StatusMethodNotAllowed:
		r.Method = http.MethodPut
	case http.StatusServiceUnavailable:
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(good), late{}))
	case http.StatusRequestEntityTooLarge:
		r = newProgramRequest(bytes.Repeat(good, 1+1000/len(good)))
	case http.StatusUnsupportedMediaType:
		r.Header.Set("Content-Type", "text/plain")
	}
	w.post(status, r)
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		w.p.mark(Gap{Undecodable: 1})
	case http.StatusServiceUnavailable:
		w.p.mark(Gap{Outages: 1})
	}
}

// spoilt returns a batch that isn't a message.
func (w *posts) spoilt(good []byte) []byte {
	switch w.p.random.IntN(4) {
	case 0:
		return nil
	case 1:
		return good[:len(good)-1-w.p.random.IntN(len(good)-1)]
	case 2:
		return append(good, 0xff)
	}
	return append(good, "\x8a\x02\x07\x0a\x05\x12\x03\x0a\x01\xff"...) // A room that is no UTF-8.
}

// late is the rest of a body that doesn't arrive in time.
type late struct{}

func (late) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func newProgramRequest(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.SetBasicAuth("jellyfish", programSecret)
	return r
}

// encodedBatch encodes what a program sends.
func encodedBatch(ns ...decode.Notification) []byte {
	b := &pb.NotificationBatch{}
	for _, n := range ns {
		m := &pb.ServerMessage{}
		switch n := n.(type) {
		case decode.RoomCreated:
			m.Content = &pb.ServerMessage_RoomCreated{RoomCreated: &pb.RoomCreated{RoomId: n.RoomID}}
		case decode.RoomDeleted:
			m.Content = &pb.ServerMessage_RoomDeleted{RoomDeleted: &pb.RoomDeleted{RoomId: n.RoomID}}
		case decode.RoomCrashed:
			m.Content = &pb.ServerMessage_RoomCrashed{RoomCrashed: &pb.RoomCrashed{RoomId: n.RoomID}}
		case decode.PeerConnected:
			m.Content = &pb.ServerMessage_PeerConnected{PeerConnected: &pb.PeerConnected{RoomId: n.RoomID, PeerId: n.PeerID}}
		case decode.PeerCrashed:
			m.Content = &pb.ServerMessage_PeerCrashed{PeerCrashed: &pb.PeerCrashed{RoomId: n.RoomID, PeerId: n.PeerID}}
		case decode.PeerDisconnected:
			m.Content = &pb.ServerMessage_PeerDisconnected{PeerDisconnected: &pb.PeerDisconnected{RoomId: n.RoomID, PeerId: n.PeerID}}
		default: // A batch within a batch is undecodable.
			m.Content = &pb.ServerMessage_NotificationBatch{NotificationBatch: &pb.NotificationBatch{}}
		}
		b.Notifications = append(b.Notifications, m)
	}
	message, _ := proto.Marshal(&pb.ServerMessage{Content: &pb.ServerMessage_NotificationBatch{NotificationBatch: b}})
	return message
}
