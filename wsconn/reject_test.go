package wsconn_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// authenticate is the handshake of a Jellyfish server, which refuses a token with
// the normal close code and the reason "invalid token".
func authenticate(link *wsconn.Link, token string) error {
	request, err := proto.Marshal(&pb.ServerMessage{Content: &pb.ServerMessage_AuthRequest{
		AuthRequest: &pb.AuthRequest{Token: token},
	}})
	if err != nil {
		return err
	}
	if err := link.Send(request); err != nil {
		return err
	}
	_, err = link.Receive()
	var closed *wsconn.CloseError
	if errors.As(err, &closed) && closed.Reason == "invalid token" {
		return wsconn.Reject(err)
	}
	return err
}

// jellyfish is a cluster of Jellyfish servers in memory, and a client whose token
// source has a script: the call with that number, from 1, or the last one.
type jellyfish struct {
	servers []*jellyfishtest.Server
	asked   int
	script  []func() (string, error)
}

func newJellyfish(t *testing.T, addresses ...string) *jellyfish {
	j := &jellyfish{}
	for _, address := range addresses {
		j.servers = append(j.servers, jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true, Address: address}))
	}
	return j
}

func (j *jellyfish) config() wsconn.Config {
	cfg := wsconn.Config{Token: j.token, Handshake: authenticate, HTTPClient: dialledBy(j.dial)}
	for _, s := range j.servers {
		cfg.Endpoints = append(cfg.Endpoints, wsconn.Endpoint{
			Name: s.Address(),
			URL:  "ws://" + s.Address() + "/socket/server/websocket",
		})
	}
	return cfg
}

func (j *jellyfish) dial(ctx context.Context, network, address string) (net.Conn, error) {
	for _, s := range j.servers {
		if s.Address() == address {
			return s.HTTPClient().Transport.(*http.Transport).DialContext(ctx, network, address)
		}
	}
	return nil, errors.New("no such server")
}

func (j *jellyfish) token(context.Context) (string, error) {
	j.asked++
	return j.script[min(j.asked, len(j.script))-1]()
}

func (j *jellyfish) answer(status int) {
	for _, s := range j.servers {
		s.AnswerUpgrade(status, nil)
	}
}

// good, stale, down and unauthorized are what a token source's call can be.
func (j *jellyfish) good() (string, error) {
	j.answer(0)
	return jellyfishtest.Token, nil
}

func (j *jellyfish) stale() (string, error) {
	j.answer(0)
	return "stale", nil
}

func (j *jellyfish) failing() (string, error) { return "", errors.New("vault is sealed") }

func (j *jellyfish) outage() (string, error) {
	j.answer(http.StatusServiceUnavailable)
	return jellyfishtest.Token, nil
}

func (j *jellyfish) unauthorized() (string, error) {
	j.answer(http.StatusUnauthorized)
	return jellyfishtest.Token, nil
}

// lose cuts the connection that is.
func (j *jellyfish) lose(t *testing.T, conn *wsconn.Conn) {
	t.Helper()
	for _, s := range j.servers {
		s.Cut(jellyfishtest.CutClean)
	}
	if _, err := conn.Receive(); err == nil {
		t.Fatal("received a message that nobody sent")
	}
}

func TestP6RejectionsOnReconnect(t *testing.T) {
	type calls = []func() (string, error)
	for _, test := range []struct {
		name     string
		nodes    []string
		script   func(*jellyfish) calls
		asked    int
		rejected bool
	}{
		{
			name:   "two in a row end it",
			script: func(j *jellyfish) calls { return calls{j.good, j.stale, j.stale, j.good} },
			asked:  3, rejected: true,
		},
		{
			name:   "also by HTTP 401",
			script: func(j *jellyfish) calls { return calls{j.good, j.unauthorized, j.stale, j.good} },
			asked:  3, rejected: true,
		},
		{
			name:   "also on two endpoints",
			nodes:  []string{"a.test:1", "b.test:2", "c.test:3"},
			script: func(j *jellyfish) calls { return calls{j.good, j.stale, j.stale, j.good} },
			asked:  3, rejected: true,
		},
		{
			name: "also with outages in between",
			script: func(j *jellyfish) calls {
				return calls{j.good, j.outage, j.stale, j.outage, j.failing, j.outage, j.stale, j.good}
			},
			asked: 7, rejected: true,
		},
		{
			name:   "one and then success go on",
			script: func(j *jellyfish) calls { return calls{j.good, j.stale, j.good} },
			asked:  3,
		},
		{
			name:   "a failing token source is an outage",
			script: func(j *jellyfish) calls { return calls{j.good, j.failing, j.failing, j.failing, j.good} },
			asked:  5,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if test.nodes == nil {
					test.nodes = []string{"a.test:1"}
				}
				j := newJellyfish(t, test.nodes...)
				j.script = test.script(j)
				conn := dial(t, j.config())
				j.lose(t, conn)
				err := conn.Reconnect()
				var rejection *wsconn.RejectedError
				if errors.As(err, &rejection) != test.rejected || test.rejected != (err != nil) {
					t.Errorf("error %v; want a rejection: %t", err, test.rejected)
				}
				if j.asked != test.asked {
					t.Errorf("token source was asked %d times, want %d", j.asked, test.asked)
				}
			})
		})
	}
}

func TestP6SuccessForgivesARejection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJellyfish(t, "a.test:1")
		j.script = []func() (string, error){j.good, j.stale, j.good, j.stale, j.good}
		conn := dial(t, j.config())
		for range 2 {
			j.lose(t, conn)
			if err := conn.Reconnect(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestP6RejectionAtFirstConnectIsFinal(t *testing.T) {
	for _, test := range []struct {
		name    string
		waiting bool
		outages int
	}{
		{"at once", false, 0},
		{"while waiting for the server", true, 0},
		{"after the server was waited for", true, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJellyfish(t, "a.test:1", "b.test:2")
				for range test.outages {
					j.script = append(j.script, j.outage)
				}
				j.script = append(j.script, j.stale, j.good)
				cfg := j.config()
				cfg.WaitForServer = test.waiting
				_, err := wsconn.Dial(context.Background(), cfg)
				var rejection *wsconn.RejectedError
				if !errors.As(err, &rejection) || !strings.Contains(err.Error(), "token rejected: ") {
					t.Errorf("error %v is no rejection", err)
				}
				var closed *wsconn.CloseError
				if !errors.As(err, &closed) || closed.Code != 1000 {
					t.Errorf("error %v doesn't wrap the server's answer", err)
				}
				if want := test.outages + 1; j.asked != want {
					t.Errorf("%d attempts, want %d", j.asked, want)
				}
			})
		})
	}
}

// What ends the connection in the end isn't the failure before.
func TestP6CloseAfterARejectionIsNoRejection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJellyfish(t, "a.test:1")
		cfg := j.config()
		cfg.Backoff = wsconn.Backoff{Base: time.Hour, Cap: time.Hour}
		j.script = []func() (string, error){j.good, j.stale}
		conn := dial(t, cfg)
		j.lose(t, conn)
		j.script[1] = func() (string, error) {
			time.AfterFunc(time.Nanosecond, conn.Close)
			return j.stale()
		}
		err := conn.Reconnect()
		if err == nil || !strings.Contains(err.Error(), "invalid token") {
			t.Errorf("error %v doesn't tell of the rejection before", err)
		}
		var rejection *wsconn.RejectedError
		if !errors.Is(err, wsconn.ErrClosed) || errors.As(err, &rejection) {
			t.Errorf("error %v, want %v alone", err, wsconn.ErrClosed)
		}
	})
}
