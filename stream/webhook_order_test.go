package stream_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// recordedFlow is what a running server 0.5.0 sent.
type recordedFlow struct {
	name     string
	messages [][]byte
}

func recordedFlows(t *testing.T) []recordedFlow {
	t.Helper()
	data, err := os.ReadFile("../jellyfishtest/testdata/flows.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var flows []recordedFlow
	for line := range bytes.Lines(data) {
		var event struct{ Flow, Hex string }
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatal(err)
		}
		message, err := hex.DecodeString(event.Hex)
		if err != nil {
			t.Fatal(err)
		}
		if len(flows) == 0 || flows[len(flows)-1].name != event.Flow {
			flows = append(flows, recordedFlow{name: event.Flow})
		}
		if len(message) > 0 { // Otherwise it is a REST call.
			last := &flows[len(flows)-1]
			last.messages = append(last.messages, message)
		}
	}
	if len(flows) != 5 {
		t.Fatalf("there are %d flows", len(flows))
	}
	return flows
}

// The recorded flows arrive by webhook in the same order as by WebSocket: as both
// generations of servers post them (Jellyfish protocol, section 3.2), signed (section
// 3.5), and in batches (section 2.3).
func TestP1FlowsArriveByWebhookAsByWebSocket(t *testing.T) {
	for _, flow := range recordedFlows(t) {
		for name, sender := range map[string]jellyfishtest.Webhooks{
			"protobuf":       {},
			"JSON":           {JSON: true},
			"signed":         {SigningSecret: signingSecret},
			"signed JSON":    {JSON: true, SigningSecret: signingSecret},
			"batches":        {Batch: true},
			"signed batches": {Batch: true, SigningSecret: signingSecret},
		} {
			t.Run(flow.name+" as "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { replay(t, flow.messages, sender) })
			})
		}
	}
}

func replay(t *testing.T, messages [][]byte, sender jellyfishtest.Webhooks) {
	requests := decode.RequestDecoder{URLSecrets: secrets(urlSecret)}
	if sender.SigningSecret != "" {
		requests.SigningSecrets = secrets(sender.SigningSecret)
	}
	w := newWebhook(t.Context(), t, stream.WebhookConfig{Requests: requests})
	sent := make(chan struct{})
	server := jellyfishtest.Run(t, jellyfishtest.Config{
		InMemory: true,
		Webhooks: sender,
		Receivers: map[string]http.Handler{"receiver.test": http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
			<-sent // What is queued meanwhile becomes a batch.
			w.ServeHTTP(answer, r)
		})},
	})
	bySocket, byWebhook := subscribe(t.Context(), t, configFor(server)), join(t.Context(), t, w)
	var want []decode.Notification
	for _, message := range messages {
		if sender.JSON && !utf8.Valid(message) {
			continue // Section 6: such a message has no JSON.
		}
		n := decoded(t, message)
		happen(t, server, requests, n)
		want = append(want, n)
	}
	close(sent)
	expect(t, bySocket, want...)
	// Section 3.3: when an upload ends the room has ended, and its address is
	// forgotten.
	want = slices.DeleteFunc(want, func(n decode.Notification) bool {
		return n.Kind() == decode.KindHLSUploaded || n.Kind() == decode.KindHLSUploadCrashed
	})
	expect(t, byWebhook, want...)
	expectNothing(t, byWebhook)
	s := w.Stats()
	if s.Received != uint64(len(want)) || s.Refused != 0 || s.Undecodable != 0 {
		t.Errorf("counters are %+v, want %d received", s, len(want))
	}
	if batches := s.Requests < s.Received; batches != (sender.Batch && len(want) > 2) {
		t.Errorf("%d notifications came in %d requests", s.Received, s.Requests)
	}
}

func decoded(t *testing.T, message []byte) decode.Notification {
	t.Helper()
	ns, err := decode.Append(nil, message)
	if err != nil || len(ns) != 1 {
		t.Fatalf("%x is %v (%v)", message, ns, err)
	}
	return ns[0]
}

// happen lets rooms begin and end, with a webhook of their own, and lets things happen
// in them.
func happen(t *testing.T, server *jellyfishtest.Server, requests decode.RequestDecoder, n decode.Notification) {
	t.Helper()
	client, err := rooms.New(rooms.Config{
		ServerAddress:  server.Address(),
		ServerAPIToken: rooms.NewSecret(jellyfishtest.Token),
		HTTPClient:     server.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	switch n := n.(type) {
	case decode.RoomCreated:
		url, urlErr := requests.URL(receiverURL)
		if urlErr != nil {
			t.Fatal(urlErr)
		}
		_, err = client.Create(t.Context(), rooms.RoomConfig{RoomID: n.RoomID, WebhookURL: url})
	case decode.RoomDeleted:
		err = client.Delete(t.Context(), n.RoomID)
	case decode.RoomCrashed:
		err = server.CrashRoom(n.RoomID)
	default:
		err = server.Send(n)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// P2: an element of a batch that can't be decoded is marked at its place, for every
// subscription, since its room is unknown.
func TestP2WebhookMarksUndecodableElementsAtTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		all, one := join(t.Context(), t, w), join(t.Context(), t, w, stream.InRooms("1"))
		bad := decode.Undecodable{}
		accept(t, w, batch(t, room(0), room(1), bad, room(2), bad, bad, room(1), room(3)))
		mark := stream.Gap{Undecodable: 1}
		expect(t, all, room(0), room(1))
		if g := expectGap(t, all); g.Undecodable != 1 || g.Exact() || g.Err == nil || g.Outages != 0 || !g.Since.IsZero() {
			t.Errorf("gap is %+v", g)
		}
		expect(t, all, room(2), mark, mark, room(1), room(3))
		expect(t, one, room(1), mark, mark, mark, room(1))
		for _, sub := range []*stream.Subscription{all, one} {
			expectNothing(t, sub)
			if s := sub.Stats(); s.Undecodable != 3 || s.Gaps != 3 || s.Outages != 0 {
				t.Errorf("subscription's counters are %+v", s)
			}
		}
		if s := w.Stats(); s.Received != 5 || s.Undecodable != 3 || s.Requests != 1 || s.Refused != 0 {
			t.Errorf("webhook's counters are %+v", s)
		}
	})
}

// Messages without a notification are accepted, and nothing is delivered; the same goes
// for metrics, which a server never posts.
func TestP8WebhookAcceptsWhatHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWebhook(t.Context(), t, stream.WebhookConfig{})
		sub := join(t.Context(), t, w)
		for _, body := range [][]byte{
			field(6, nil),                             // Authenticated.
			field(33, nil),                            // A batch without elements.
			field(33, field(1, nil)),                  // One with an empty element.
			field(12, field(1, []byte("{}"))),         // Metrics.
			field(99, []byte("abc")),                  // Unknown.
			field(33, field(1, field(98, []byte{7}))), // Unknown, in a batch.
		} {
			accept(t, w, body)
		}
		expect(t, sub, decode.Unknown{Number: 99, Payload: "abc"}, decode.Unknown{Number: 98, Payload: "\x07"})
		expectNothing(t, sub)
		if s := w.Stats(); s.Received != 2 || s.Requests != 6 || s.Undecodable != 0 {
			t.Errorf("counters are %+v", s)
		}
	})
}

// Several servers post at once: each one's order is kept, a batch stays together, and
// what is accepted for a subscription is delivered or counted as dropped.
func TestP1ConcurrentPostsStayWholeAndInOrder(t *testing.T) {
	const servers, batches, each = 4, 40, 50
	const accepted = servers * batches * each
	w := newWebhook(t.Context(), t, stream.WebhookConfig{})
	all := join(t.Context(), t, w)
	slow := join(t.Context(), t, w, stream.WithBound(50, 0))
	one := join(t.Context(), t, w, stream.InRooms(idOf(2, 3, 4)))
	var group sync.WaitGroup
	for s := range servers {
		group.Go(func() {
			for b := range batches {
				var ns []decode.Notification
				for i := range each {
					ns = append(ns, decode.RoomCreated{RoomID: idOf(s, b, i)})
				}
				if status := serve(w, newPost(protobufType, batch(t, ns...))).Code; status != http.StatusOK {
					t.Errorf("the answer is %d", status)
				}
			}
		})
	}
	defer group.Wait()
	var upcoming [servers]int // The batch that each server sends next.
	for range servers * batches {
		first, ok := next(t, all).(decode.RoomCreated)
		var s int
		if _, err := fmt.Sscanf(first.RoomID, "server-%d", &s); err != nil || !ok {
			t.Fatalf("received %v: %v", first, err)
		}
		compare(t, 0, first, decode.RoomCreated{RoomID: idOf(s, upcoming[s], 0)})
		for i := 1; i < each; i++ {
			expect(t, all, decode.RoomCreated{RoomID: idOf(s, upcoming[s], i)})
		}
		upcoming[s]++
	}
	group.Wait()
	w.Close()
	if received, dropped := count(slow); received+dropped != accepted || dropped == 0 {
		t.Errorf("received %d, %d dropped, want %d together", received, dropped, accepted)
	}
	if received, dropped := count(one); received != 1 || dropped != 0 {
		t.Errorf("received %d of one room, %d dropped", received, dropped)
	}
	if s := w.Stats(); s.Requests != servers*batches || s.Received != accepted || s.Refused != 0 {
		t.Errorf("counters are %+v", s)
	}
}

func idOf(server, batch, element int) string {
	return fmt.Sprintf("server-%d-%d-%d", server, batch, element)
}

// count receives until the channel is closed.
func count(sub *stream.Subscription) (received, dropped uint64) {
	for n := range sub.Notifications() {
		if g, ok := n.(stream.Gap); ok {
			dropped += g.Dropped
		} else {
			received++
		}
	}
	return received, dropped
}
