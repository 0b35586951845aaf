package jellyfishtest_test

import (
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// Jellyfish protocol, section 3.3: the address is forgotten when the room ends,
// however it ends, so that no webhook reports uploads.
func TestWebhookEndsWithTheRoom(t *testing.T) {
	endings := map[string]struct {
		end  func(*testing.T, *jellyfishtest.Server)
		last decode.Kind
	}{
		"deleted": {func(t *testing.T, server *jellyfishtest.Server) { must(t, server, 204, "DELETE", "/room/room-1", "") }, decode.KindRoomDeleted},
		"crashed": {func(_ *testing.T, server *jellyfishtest.Server) { _ = server.CrashRoom("room-1") }, decode.KindRoomCrashed},
		"purged":  {func(*testing.T, *jellyfishtest.Server) {}, decode.KindRoomDeleted},
	}
	for name, ending := range endings {
		t.Run(name, func(t *testing.T) {
			withWebhooks(t, jellyfishtest.Webhooks{}, func(t *testing.T, server *jellyfishtest.Server, in inbox) {
				watcher := subscribe(t, server)
				createRoom(t, server, `{"roomId":"room-1","webhookUrl":"`+receiverURL+`","videoCodec":"h264","peerlessPurgeTimeout":1}`)
				addComponent(t, server, "room-1", hlsWithS3)
				if err := server.MakePlayable("room-1"); err != nil {
					t.Fatal(err)
				}
				ending.end(t, server)
				in.expectKinds(t, []decode.Kind{decode.KindRoomCreated}, []decode.Kind{decode.KindHLSPlayable}, []decode.Kind{ending.last})
				watcher.expectKinds(decode.KindRoomCreated, decode.KindHLSPlayable, ending.last, decode.KindHLSUploaded)
				send(t, server, created)
				in.expectNothing(t)
			})
		})
	}
}

// What waits when the server stops isn't sent, and nothing is from then on: a
// server that starts again knows no addresses.
func TestStopCallsNoWebhook(t *testing.T) {
	withWebhooks(t, jellyfishtest.Webhooks{}, func(t *testing.T, server *jellyfishtest.Server, in inbox) {
		createRoom(t, server, `{"roomId":"room-1","webhookUrl":"`+receiverURL+`"}`)
		in.expect(t, roomCreated)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		send(t, server, deleted)
		in.expectNothing(t)
	})
	config := jellyfishtest.Webhooks{URL: receiverURL}
	withHeldInbox(t, config, func(t *testing.T, server *jellyfishtest.Server, held heldInbox) {
		send(t, server, created, created)
		held.take(t)
		server.Stop()
		send(t, server, created)
		close(held.released)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		send(t, server, deleted)
		held.expect(t, roomDeleted)
		server.Close()
		send(t, server, created)
		held.expectNothing(t)
	})
}

// Jellyfish protocol, section 3.3: in a cluster the node with the room is the
// only sender.
func TestClusterCallsWebhookOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cluster := new(jellyfishtest.Cluster)
		run := func(address string) (*jellyfishtest.Server, inbox) {
			in := newInbox()
			return jellyfishtest.Run(t, jellyfishtest.Config{
				InMemory: true, Cluster: cluster, Address: address,
				Receivers: map[string]http.Handler{"receiver.test": in},
			}), in
		}
		a, inA := run("a.test:5002")
		b, inB := run("b.test:5002")
		must(t, a, 201, "POST", "/room", `{"roomId":"first","webhookUrl":"`+receiverURL+`"}`) // On b.
		addPeer(t, b, "first")
		must(t, b, 204, "DELETE", "/room/first", "")
		inB.expectKinds(t, []decode.Kind{decode.KindRoomCreated}, []decode.Kind{decode.KindPeerAdded},
			[]decode.Kind{decode.KindPeerDeleted}, []decode.Kind{decode.KindRoomDeleted})
		inA.expectNothing(t)
		inB.expectNothing(t)
	})
}

// A room's webhook is called with what is sent for it as if it had happened, but the
// room doesn't change with it.
func TestSendCallsWebhooks(t *testing.T) {
	withWebhooks(t, jellyfishtest.Webhooks{}, func(t *testing.T, server *jellyfishtest.Server, in inbox) {
		createRoom(t, server, `{"roomId":"room-1","webhookUrl":"`+receiverURL+`"}`)
		in.expect(t, roomCreated)
		send(t, server, decode.RoomCreated{RoomID: "another"}, decode.ViewerConnected{StreamID: "s"},
			decode.Unknown{Number: 40}, decode.MetricsReport{JSON: "{}"}, deleted)
		in.expect(t, roomDeleted)
		if err := server.SendFragmented(created, 3); err != nil {
			t.Fatal(err)
		}
		in.expect(t, roomCreated)
		server.SendMessage([]byte(created.RoomID))
		in.expectNothing(t)
	})
}

// Jellyfish protocol, section 3.5: an account's address is called for what has no
// other URL, and never forgotten.
func TestWebhookURL(t *testing.T) {
	config := jellyfishtest.Webhooks{URL: "http://other.test/account"}
	withHeldInbox(t, config, func(t *testing.T, server *jellyfishtest.Server, held heldInbox) {
		close(held.released)
		expect := func(host string, kinds ...decode.Kind) {
			t.Helper()
			for _, kind := range kinds {
				r := held.take(t)
				if got := kindsIn(t, r.body); len(got) != 1 || got[0] != kind || r.Host != host {
					t.Fatalf("got %v at %s, want %v at %s", got, r.Host, kind, host)
				}
			}
		}
		createRoom(t, server, `{"roomId":"own","webhookUrl":"`+receiverURL+`"}`)
		must(t, server, 204, "DELETE", "/room/own", "")
		expect("receiver.test", decode.KindRoomCreated, decode.KindRoomDeleted)

		room := createRoom(t, server, `{"videoCodec":"h264"}`)
		addComponent(t, server, room, hlsWithS3)
		if err := server.MakePlayable(room); err != nil {
			t.Fatal(err)
		}
		must(t, server, 204, "DELETE", "/room/"+room, "")
		expect("other.test", decode.KindRoomCreated, decode.KindHLSPlayable, decode.KindRoomDeleted, decode.KindHLSUploaded)

		for _, v := range vectors {
			send(t, server, v.notification)
			if v.notification.Kind() != decode.KindMetricsReport {
				held.expect(t, v.hex)
			}
		}
		send(t, server, decode.Unknown{Number: 40, Payload: "new"})
		expect("other.test", decode.KindUnknown)
		held.expectNothing(t)
	})
}

// Webhooks come in the order in which subscribers are told of things, whoever makes
// them happen.
func TestWebhooksComeInOrder(t *testing.T) {
	const rounds, senders = 500, 8
	in := make(inbox, (senders+1)*rounds+1)
	server := jellyfishtest.Run(t, jellyfishtest.Config{
		InMemory:  true,
		Receivers: map[string]http.Handler{"receiver.test": in},
	})
	watcher := subscribe(t, server)
	createRoom(t, server, `{"roomId":"room-1","videoCodec":"h264","webhookUrl":"`+receiverURL+`"}`)
	addComponent(t, server, "room-1", hlsWithS3)
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			for range rounds {
				if err := server.Send(decode.PeerDeleted{RoomID: "room-1", PeerID: strconv.Itoa(i)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Go(func() {
		for range rounds {
			if err := server.MakePlayable("room-1"); err != nil {
				t.Error(err)
				return
			}
		}
	})
	all.Wait()
	for i := range cap(in) {
		_, payload, err := watcher.receive()
		if err != nil {
			t.Fatal(err)
		}
		if got := in.take(t); got.body != string(payload) {
			t.Fatalf("webhook %d is %q, subscribers got %q", i, got.body, payload)
		}
	}
}

// inbox is a webhook's receiver that keeps the requests.
type inbox chan received

// received is a request as it came.
type received struct {
	*http.Request
	body string
	at   time.Time
}

func newInbox() inbox { return make(inbox, 1000) }

func (in inbox) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte(err.Error()) // Which is no notification.
	}
	in <- received{r, string(body), time.Now()}
}

// take returns the next request.
func (in inbox) take(t *testing.T) received {
	t.Helper()
	select {
	case r := <-in:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("the webhook isn't called")
		return received{}
	}
}

// expect takes a request for each body, given in hex.
func (in inbox) expect(t *testing.T, bodies ...string) {
	t.Helper()
	for _, want := range bodies {
		if got := hex.EncodeToString([]byte(in.take(t).body)); got != want {
			t.Fatalf("got webhook %s, want %s", got, want)
		}
	}
}

// expectKinds takes a request for each list and compares what is in its body.
func (in inbox) expectKinds(t *testing.T, requests ...[]decode.Kind) {
	t.Helper()
	for _, want := range requests {
		if diff := cmp.Diff(want, kindsIn(t, in.take(t).body)); diff != "" {
			t.Fatalf("webhook (-want +got):\n%s", diff)
		}
	}
}

func kindsIn(t *testing.T, body string) []decode.Kind {
	t.Helper()
	notifications, err := decode.Append(nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []decode.Kind
	for _, n := range notifications {
		kinds = append(kinds, n.Kind())
	}
	return kinds
}

// expectNothing waits until nothing goes on in the synctest bubble.
func (in inbox) expectNothing(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if len(in) > 0 {
		t.Errorf("the webhook was called with %q", (<-in).body)
	}
}
