package wsconn_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/wsconn"
)

// authenticate is the handshake of a Jellyfish server, which refuses a token with
// the normal close code and the reason "invalid token".
func authenticate(socket *wsconn.Socket, token string) error {
	request, err := proto.Marshal(&pb.ServerMessage{Content: &pb.ServerMessage_AuthRequest{
		AuthRequest: &pb.AuthRequest{Token: token},
	}})
	if err != nil {
		return err
	}
	if err := socket.Send(request); err != nil {
		return err
	}
	_, err = socket.Receive()
	var closed *wsconn.CloseError
	if errors.As(err, &closed) && closed.Reason == "invalid token" {
		return wsconn.Reject(err)
	}
	return err
}

// jellyfish is a cluster of Jellyfish servers in memory, and a client whose token
// source follows a script: entry n is for call n, from 1, and the last entry for all
// further calls.
type jellyfish struct {
	servers []*jellyfishtest.Server
	asked   int
	script  []func() (string, error)
	away    bool // Nobody can be reached.
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
		if s.Address() == address && !j.away {
			return s.HTTPClient().Transport.(*http.Transport).DialContext(ctx, network, address)
		}
	}
	return nil, errors.New("no such server")
}

func (j *jellyfish) token(context.Context) (string, error) {
	j.asked++
	j.away = false
	return j.script[min(j.asked, len(j.script))-1]()
}

func (j *jellyfish) answer(status int) {
	for _, s := range j.servers {
		s.AnswerUpgrade(status, nil)
	}
}

// good, stale, failing, outage, unreachable and unauthorized are what a call of a token
// source can do.
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

func (j *jellyfish) unreachable() (string, error) {
	j.away = true
	return jellyfishtest.Token, nil
}

func (j *jellyfish) unauthorized() (string, error) {
	j.answer(http.StatusUnauthorized)
	return jellyfishtest.Token, nil
}

// lose cuts the current connection.
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
			name: "by every endpoint",
			// The first connection is lost on a; its turn comes after b.
			nodes:  []string{"a.test:1", "b.test:2"},
			script: func(j *jellyfish) calls { return calls{j.good, j.stale, j.unauthorized, j.stale, j.stale, j.good} },
			asked:  5, rejected: true,
		},
		{
			name:  "not by all endpoints",
			nodes: []string{"a.test:1", "b.test:2", "c.test:3"},
			script: func(j *jellyfish) calls {
				return calls{j.good, j.stale, j.stale, j.unreachable, j.stale, j.stale, j.good}
			},
			asked: 7,
		},
		{
			name:  "a fallback with another token ends nothing",
			nodes: []string{"a.test:1", "b.test:2"},
			script: func(j *jellyfish) calls {
				return calls{j.good, j.stale, j.outage, j.unauthorized, j.unreachable, j.stale, j.good}
			},
			asked: 7,
		},
		{
			name: "not with another answer between",
			script: func(j *jellyfish) calls {
				return calls{j.good, j.unauthorized, j.outage, j.outage, j.outage, j.unauthorized, j.good}
			},
			asked: 7,
		},
		{
			name: "being unreachable is no answer",
			script: func(j *jellyfish) calls {
				return calls{j.good, j.outage, j.stale, j.unreachable, j.failing, j.unreachable, j.stale, j.good}
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
				err := reconnect(conn)
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
			if err := reconnect(conn); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Each endpoint is tried before a refused token is final.
func TestP6RejectionAtFirstConnectIsFinal(t *testing.T) {
	type calls = []func() (string, error)
	for _, test := range []struct {
		name    string
		waiting bool
		script  func(*jellyfish) calls
		asked   int
		final   bool
	}{
		{"both refuse", true, func(j *jellyfish) calls { return calls{j.stale, j.unauthorized, j.good} }, 2, true},
		{"one refuses, the other is away", true, func(j *jellyfish) calls { return calls{j.stale, j.unreachable, j.good} }, 2, true},
		{"one fails, the other refuses", false, func(j *jellyfish) calls { return calls{j.outage, j.stale, j.good} }, 2, true},
		{"the second one accepts", false, func(j *jellyfish) calls { return calls{j.stale, j.good} }, 2, false},
		{"after the server was waited for", true, func(j *jellyfish) calls {
			return calls{j.outage, j.unreachable, j.unreachable, j.stale, j.good}
		}, 4, true},
		{"the second one accepts later", true, func(j *jellyfish) calls {
			return calls{j.outage, j.unreachable, j.stale, j.good}
		}, 4, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJellyfish(t, "a.test:1", "b.test:2")
				j.script = test.script(j)
				cfg := j.config()
				cfg.WaitForServer = test.waiting
				conn, err := wsconn.Dial(context.Background(), cfg)
				if err == nil {
					t.Cleanup(conn.Close)
				}
				var rejection *wsconn.RejectedError
				if errors.As(err, &rejection) != test.final || test.final && !strings.Contains(err.Error(), "token rejected: ") {
					t.Errorf("error %v; want a rejection: %t", err, test.final)
				}
				if j.asked != test.asked {
					t.Errorf("%d attempts, want %d", j.asked, test.asked)
				}
			})
		})
	}
}

// The error reports a refused token until the endpoint responds differently, whatever
// the other endpoints do.
func TestP6ErrorReportsRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJellyfish(t, "a.test:1", "b.test:2")
		j.script = []func() (string, error){j.good, j.stale, j.unreachable, j.outage, j.unreachable, j.good}
		conn := dial(t, j.config())
		j.lose(t, conn)
		for i, want := range []string{
			"connect to b.test:2: handshake: token rejected: server closed",
			"connect to a.test:1: dial: no such server; connect to b.test:2: handshake: token rejected: server closed",
			"connect to b.test:2: upgrade: server answered HTTP 503",
			"connect to a.test:1: dial: no such server",
		} {
			again, err := conn.Retry()
			if !again || err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("attempt %d: %t, %v; want %s", i, again, err, want)
			}
			var rejection *wsconn.RejectedError
			if errors.As(err, &rejection) != (i < 2) {
				t.Errorf("attempt %d: a rejection: %t", i, rejection != nil)
			}
		}
		if err := reconnect(conn); err != nil {
			t.Error(err)
		}
	})
}

// It still does while that endpoint can't be reached.
func TestP6ErrorReportsRefusalsOfOneThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJellyfish(t, "a.test:1")
		j.script = []func() (string, error){j.good, j.unauthorized, j.unreachable, j.failing, j.outage, j.unreachable, j.stale, j.unreachable, j.good}
		conn := dial(t, j.config())
		j.lose(t, conn)
		for i, want := range []struct {
			begin    string
			rejected bool
		}{
			{"connect to a.test:1: upgrade: token rejected: server answered HTTP 401", true},
			{"connect to a.test:1: dial: no such server; connect to a.test:1: upgrade: token rejected", true},
			{"connect to a.test:1: token: vault is sealed; connect to a.test:1: upgrade: token rejected", true},
			{"connect to a.test:1: upgrade: server answered HTTP 503", false},
			{"connect to a.test:1: dial: no such server", false},
			{"connect to a.test:1: handshake: token rejected", true},
			{"connect to a.test:1: dial: no such server; connect to a.test:1: handshake: token rejected", true},
		} {
			again, err := conn.Retry()
			if !again || err == nil || !strings.HasPrefix(err.Error(), want.begin) || strings.Count(err.Error(), "token rejected") > 1 {
				t.Errorf("attempt %d: %t, %v; want %s", i, again, err, want.begin)
			}
			var rejection *wsconn.RejectedError
			if errors.As(err, &rejection) != want.rejected {
				t.Errorf("attempt %d: a rejection: %t", i, rejection != nil)
			}
		}
		if err := reconnect(conn); err != nil {
			t.Error(err)
		}
	})
}
