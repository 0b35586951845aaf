package jellyfishtest_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// attempts is a receiver that answers with each of its statuses once, then with
// the last; it ends the connection where that is 0.
type attempts struct {
	statuses []int

	mu sync.Mutex
	at []time.Time
}

func (a *attempts) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	n := len(a.at)
	a.at = append(a.at, time.Now())
	a.mu.Unlock()
	status := a.statuses[min(n, len(a.statuses)-1)]
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
}

// times returns how often the receiver was called, and in which time.
func (a *attempts) times() (int, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.at) == 0 {
		return 0, 0
	}
	return len(a.at), a.at[len(a.at)-1].Sub(a.at[0])
}

// Hosted Fishjam repeats on 5xx and where there is no answer, never on 4xx.
func TestHostedWebhooksAreRepeated(t *testing.T) {
	voice := decode.VAD{RoomID: "room-1", PeerID: "peer-1", TrackID: "t1", Status: decode.VADSpeech}
	for _, test := range []struct {
		name     string
		statuses []int
		send     decode.Notification
		want     int
	}{
		{"accepted", []int{204}, created, 1},
		{"fails", []int{500}, created, 8},
		{"fails otherwise", []int{503, 502, 599}, created, 8},
		{"no answer", []int{0}, created, 8},
		{"fails twice", []int{500, 0, 200}, created, 3},
		{"refused", []int{400}, created, 1},
		{"refused later", []int{503, 401}, created, 2},
		{"too many", []int{429}, created, 1},
		{"redirected", []int{307}, created, 1},
		{"voice", []int{500}, voice, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				receiver := &attempts{statuses: test.statuses}
				server := jellyfishtest.Run(t, jellyfishtest.Config{
					InMemory:  true,
					Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/", Hosted: true},
					Receivers: map[string]http.Handler{"receiver.test": receiver},
				})
				send(t, server, test.send)
				time.Sleep(time.Hour)
				n, took := receiver.times()
				if n != test.want {
					t.Errorf("the webhook was called %d times, want %d", n, test.want)
				}
				if n == 8 && (took < 14*time.Second || took > 30*time.Second) {
					t.Errorf("the attempts took %v, want 14 to 30 s", took)
				}
			})
		})
	}
}

// A slow receiver holds up its own room: its order stays, and other rooms don't
// wait. Without an answer there are fewer attempts in the 30 s.
func TestHostedWebhooksAreSerialPerRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, fast := newInbox(), newInbox()
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true,
			Webhooks: jellyfishtest.Webhooks{URL: "http://fast.test/", Hosted: true},
			Receivers: map[string]http.Handler{"fast.test": fast, "slow.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				slow.ServeHTTP(w, r)
				stall(w, r)
			})},
		})
		start := time.Now()
		createRoom(t, server, `{"roomId":"slow","webhookUrl":"http://slow.test/"}`)
		send(t, server, decode.RoomDeleted{RoomID: "slow"}, created)
		if took := fast.take(t).at.Sub(start); took != 0 {
			t.Errorf("another room's webhook came after %v", took)
		}
		tries, next := 0, slow.take(t)
		for ; kindsIn(t, next.body)[0] == decode.KindRoomCreated; next = slow.take(t) {
			tries++
		}
		if took := next.at.Sub(start); tries < 5 || tries > 6 || took < 25*time.Second || took > 35*time.Second {
			t.Errorf("the next webhook came after %d tries of the first and %v, want 5 or 6 and some 30 s", tries, took)
		}
	})
}

// Voice activity is given half a second.
func TestHostedVoiceActivityDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox()
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory: true,
			Webhooks: jellyfishtest.Webhooks{URL: "http://slow.test/", Hosted: true},
			Receivers: map[string]http.Handler{"slow.test": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				in.ServeHTTP(w, r)
				stall(w, r)
			})},
		})
		start := time.Now()
		send(t, server, decode.VAD{RoomID: "room-1", Status: decode.VADSpeech}, created)
		in.take(t)
		if took := in.take(t).at.Sub(start); took != 500*time.Millisecond {
			t.Errorf("what follows came after %v, want 500ms", took)
		}
	})
}

// A server that stops waits for no pause and repeats nothing afterwards.
func TestStopEndsHostedWebhooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		receiver := &attempts{statuses: []int{500}}
		server := jellyfishtest.Run(t, jellyfishtest.Config{
			InMemory:  true,
			Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/", Hosted: true},
			Receivers: map[string]http.Handler{"receiver.test": receiver},
		})
		send(t, server, created, deleted, decode.RoomCreated{RoomID: "2"})
		time.Sleep(5 * time.Second)
		before, _ := receiver.times()
		start := time.Now()
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if after, _ := receiver.times(); before == 0 || after != before {
			t.Errorf("%d attempts before the restart, %d after it", before, after)
		}
		if took := time.Since(start) - time.Hour; took != 0 {
			t.Errorf("the restart took %v", took)
		}
	})
}
