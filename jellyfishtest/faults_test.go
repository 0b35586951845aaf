package jellyfishtest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

const (
	roomCreated = "52080a06726f6f6d2d31"
	roomDeleted = "5a080a06726f6f6d2d31"
)

var (
	created = decode.RoomCreated{RoomID: "room-1"}
	deleted = decode.RoomDeleted{RoomID: "room-1"}
)

func TestSilenceWritesAndClosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c, idle, broken := subscribe(t, server), connect(t, server), login(t, server)
		dropped := login(t, server)
		server.DropAfterHandshake(1)
		send(t, server, created)
		server.Silence(true)
		server.Silence(true)
		send(t, server, deleted)
		c.send(ping, "6869")
		c.send(binaryData, subscribeMetrics)
		broken.send(text, "6869")
		dropped.send(binaryData, subscribeNotifications)

		c.expect(binaryData, roomCreated)          // Sent before.
		time.Sleep(10*time.Minute + time.Second/2) // Not a moment of pings or reports.
		for _, quiet := range []*rawClient{c, idle, broken, dropped} {
			quiet.expectNothing(time.Millisecond)
		}

		server.Silence(false)
		server.Silence(false)
		broken.expectClose(notAllowed)
		send(t, server, created)
		c.expect(binaryData, roomCreated)
		c.send(ping, "6869")
		c.expect(pong, "6869")
		c.expect(binaryData, emptyReport)
	})
}

func TestSilenceAnswersNoRequest(t *testing.T) {
	for _, tls := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, TLS: tls})
			server.Silence(true)
			scheme := "http://"
			if tls {
				scheme = "https://"
			}
			get := func(limit time.Duration) error {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+server.Address(), nil)
				if err != nil {
					return err
				}
				response, err := server.HTTPClient().Do(request)
				if err == nil {
					response.Body.Close()
				}
				return err
			}
			if err := get(time.Hour); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("TLS %t: got error %v, want the deadline", tls, err)
			}
			time.AfterFunc(time.Minute, func() { server.Silence(false) })
			if err := get(time.Hour); err != nil {
				t.Errorf("TLS %t: %v after the silence", tls, err)
			}
		})
	}
}

func TestSilenceHoldsUpgradesBack(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		server.Silence(true)
		c := dial(t, server)
		c.sendRequest()
		c.expectNothing(time.Hour)
		if n := len(server.Upgrades()); n != 1 {
			t.Errorf("%d requests are recorded, want 1", n)
		}
		server.Silence(false)
		response, err := http.ReadResponse(c.in, nil)
		if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("got %v and error %v", response, err)
		}
		c.expectNothing(59 * time.Second) // The idle limit counts from here.
		c.send(binaryData, authRequest)
		c.expect(binaryData, authenticated)
	})
}

func TestSilentConnectionsCanBeEnded(t *testing.T) {
	ends := map[string]func(*jellyfishtest.Server){
		"Cut":              func(s *jellyfishtest.Server) { s.Cut(jellyfishtest.CutMidFrame) },
		"CloseConnections": func(s *jellyfishtest.Server) { s.CloseConnections(1000, "") },
		"Stop":             (*jellyfishtest.Server).Stop,
		"Close":            (*jellyfishtest.Server).Close,
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
				hung, broken, fine := dial(t, server), login(t, server), login(t, server)
				server.Silence(true)
				hung.sendRequest()
				broken.send(binaryData, "ff")
				synctest.Wait()
				start := time.Now()
				end(server)
				if took := time.Since(start); took != 0 {
					t.Errorf("it took %v", took)
				}
				for _, c := range []*rawClient{hung, broken, fine} {
					c.expectEnd()
				}
			})
		})
	}
}

func TestDelay(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		server.Delay(3 * time.Second)
		start := time.Now()
		c.send(binaryData, authRequest)
		c.expectAt(start, 3*time.Second, binaryData, authenticated)
		c.send(binaryData, subscribeNotifications)
		c.expectAt(start, 6*time.Second, binaryData, notificationsConfirmed)
		send(t, server, created)
		time.Sleep(time.Second)
		server.Delay(0)
		send(t, server, deleted)
		c.send(ping, "")
		c.expectAt(start, 9*time.Second, binaryData, roomCreated)
		c.expectAt(start, 9*time.Second, binaryData, roomDeleted)
		c.expectAt(start, 9*time.Second, pong, "")

		server.Delay(time.Hour)
		send(t, server, created)
		go server.Cut(jellyfishtest.CutClean)
		c.expectAt(start, 9*time.Second, binaryData, roomCreated)
		c.expectEnd()
	})
}

func TestDelayHoldsForCloseFrames(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		c := connect(t, server)
		start := time.Now()
		server.Delay(3 * time.Second)
		c.expectAt(start, 63*time.Second, closed, normal) // For being idle.
		c.expectEnd()
	})
}

// Jellyfish protocol, section 1.4: events of one kind may come between the
// request for another and its confirmation.
func TestInterleave(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		if err := server.Interleave(created, decode.MetricsReport{JSON: "{}"}, deleted); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			c := subscribe(t, server)
			c.send(binaryData, subscribeMetrics)
			c.expect(binaryData, roomCreated)
			c.expect(binaryData, roomDeleted)
			c.expect(binaryData, metricsConfirmed)
		}
		c := login(t, server)
		c.send(binaryData, subscribeMetrics)
		c.expect(binaryData, metricsConfirmed)
		c.send(binaryData, subscribeMetrics)
		c.expect(binaryData, metricsConfirmed)
		c.send(binaryData, subscribeNotifications)
		c.expect(binaryData, emptyReport)
		c.expect(binaryData, notificationsConfirmed)

		if err := server.Interleave(); err != nil {
			t.Fatal(err)
		}
		c = subscribe(t, server)
		c.send(binaryData, subscribeMetrics)
		c.expect(binaryData, metricsConfirmed)
	})
}

func TestDropAfterHandshake(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		dropped := func() { subscribe(t, server).expectEnd() }
		kept := func() {
			c := subscribe(t, server)
			c.send(binaryData, subscribeNotifications)
			c.expect(binaryData, notificationsConfirmed)
			c.expectNothing(time.Second)
		}
		old := subscribe(t, server)
		server.DropAfterHandshake(2)
		old.send(binaryData, subscribeMetrics) // Its first one was before.
		old.expect(binaryData, metricsConfirmed)
		dropped()
		dropped()
		kept()
		server.DropAfterHandshake(-1)
		for range 5 {
			dropped()
		}
		server.DropAfterHandshake(0)
		kept()
	})
}

func TestAnswerUpgrade(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		header := http.Header{"location": {"http://elsewhere.test/"}}
		server.AnswerUpgrade(http.StatusFound, header)
		header.Set("Location", "changed")
		response := dial(t, server).request()
		if response.StatusCode != http.StatusFound || response.Header.Get("Location") != "http://elsewhere.test/" {
			t.Errorf("got %s and location %q", response.Status, response.Header.Get("Location"))
		}
		server.AnswerUpgrade(http.StatusUnauthorized, nil)
		if response := dial(t, server).request(); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("got %s, want 401", response.Status)
		}
		server.AnswerUpgrade(0, nil)
		login(t, server)
		if n := len(server.Upgrades()); n != 3 {
			t.Errorf("%d requests are recorded, want 3", n)
		}
	})
}
