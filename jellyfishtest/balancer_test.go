package jellyfishtest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// via makes a REST call by an address with the client of a server, and returns
// the answer's body.
func via(t *testing.T, server *jellyfishtest.Server, address, method, path string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
	if server.Certificate() != nil {
		request.URL.Scheme = "https"
	}
	response, err := server.HTTPClient().Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if !response.Close {
		t.Error("the balancer keeps a connection for several requests")
	}
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// roomsVia returns which of the rooms a and b a list by an address has.
func roomsVia(t *testing.T, server *jellyfishtest.Server, address string, calls int) string {
	t.Helper()
	var seen strings.Builder
	for range calls {
		body, err := via(t, server, address, "GET", "/room")
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			seen.WriteByte('!')
		case err != nil:
			seen.WriteByte('?')
		}
		for _, room := range []string{"a", "b"} {
			if strings.Contains(body, `"id":"`+room+`"`) {
				seen.WriteString(room)
			}
		}
	}
	return seen.String()
}

// runPair starts two servers that aren't a cluster, with the room a and the room
// b.
func runPair(t *testing.T, config jellyfishtest.Config) (a, b *jellyfishtest.Server) {
	t.Helper()
	if config.InMemory {
		config.Address = "a.test:5002"
	}
	a = jellyfishtest.Run(t, config)
	if config.InMemory {
		config.Address = "b.test:5002"
	}
	b = jellyfishtest.Run(t, config)
	createRoom(t, a, `{"roomId":"a"}`)
	createRoom(t, b, `{"roomId":"b"}`)
	return a, b
}

// Requests go to the servers in turn. One that is stopped is left out; if all
// are, or there is none, the address refuses.
func TestBalancerTakesTurns(t *testing.T) {
	for _, inMemory := range []bool{false, true} {
		t.Run(fmt.Sprintf("InMemory=%t", inMemory), func(t *testing.T) {
			config := jellyfishtest.Config{InMemory: inMemory}
			a, b := runPair(t, config)
			balancer := jellyfishtest.RunBalancer(t, "", a, b)
			list := func(want string) {
				t.Helper()
				if got := roomsVia(t, a, balancer.Address(), len(want)); got != want {
					t.Errorf("the lists have %s, want %s", got, want)
				}
			}
			none := "?" // Over TCP the connection is closed.
			if inMemory {
				none = "!"
			}
			list("ababa")
			b.Stop()
			list("aaa")
			a.Stop()
			list(none)
			if err := errors.Join(a.Restart(), b.Restart()); err != nil {
				t.Fatal(err)
			}
			createRoom(t, b, `{"roomId":"b"}`)
			if err := balancer.SetNodes(b); err != nil { // Another server takes over the address.
				t.Fatal(err)
			}
			list("bb")
			if err := balancer.SetNodes(); err != nil {
				t.Fatal(err)
			}
			list(none)
			balancer.Close()
			balancer.Close()
			list("!")
		})
	}
}

// With one server a balancer is a second address of it, for sockets too; what
// happens to the server's connections happens to them.
func TestBalancerIsASecondAddress(t *testing.T) {
	for _, config := range []jellyfishtest.Config{{}, {TLS: true}, {InMemory: true}, {InMemory: true, TLS: true}} {
		t.Run(fmt.Sprintf("TLS=%t/InMemory=%t", config.TLS, config.InMemory), func(t *testing.T) {
			test := func(t *testing.T) {
				config := config
				if config.InMemory {
					config.Address = "127.0.0.1:5002" // For the certificate.
				}
				server := jellyfishtest.Run(t, config)
				address := ""
				if config.InMemory {
					address = "127.0.0.1:5003"
				}
				balancer := jellyfishtest.RunBalancer(t, address, server)
				if _, err := via(t, server, balancer.Address(), "POST", "/room"); err != nil {
					t.Fatal(err)
				}
				sub, err := stream.Subscribe(t.Context(), stream.Config{
					ServerAddress: balancer.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
					HTTPClient: server.HTTPClient(), Secure: config.TLS,
				})
				if err != nil {
					t.Fatal(err)
				}
				send(t, server, created)
				if n := <-sub.Notifications(); n != created {
					t.Errorf("got %v, want %v", n, created)
				}
				server.Cut(jellyfishtest.CutReset)
				if n := <-sub.Notifications(); n.Kind() != decode.KindGap {
					t.Errorf("got %v, want a gap", n)
				}
			}
			if config.InMemory {
				synctest.Test(t, test)
			} else {
				test(t)
			}
		})
	}
}

// Everything may be called at any time: under the race detector nothing is
// reported, and in the end the address works.
func TestBalancerBesideEverything(t *testing.T) {
	for _, inMemory := range []bool{false, true} {
		a, b := runPair(t, jellyfishtest.Config{InMemory: inMemory})
		balancer := jellyfishtest.RunBalancer(t, "", a, b)
		var all sync.WaitGroup
		for _, f := range []func() error{
			func() error { return balancer.SetNodes(b, a) },
			func() error { return b.Restart() },
			func() error { a.Reset(); a.SetUptime(time.Hour); return nil },
			func() error { return a.FailCalls(jellyfishtest.CallFault{Times: 1, Cut: true}) },
			func() error { a.Cut(jellyfishtest.CutReset); return nil },
			func() error {
				response, err := a.HTTPClient().Get("http://" + balancer.Address() + "/health")
				if err == nil {
					response.Body.Close()
				}
				return nil
			},
		} {
			all.Go(func() {
				for range 20 {
					if err := f(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		failCalls(t, a)
		if _, err := via(t, a, balancer.Address(), "GET", "/room"); err != nil {
			t.Error(err)
		}
	}
}

func TestBalancerFails(t *testing.T) {
	tcp := jellyfishtest.Run(t, jellyfishtest.Config{})
	memory := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
	for name, start := range map[string]func() (*jellyfishtest.Balancer, error){
		"no server": func() (*jellyfishtest.Balancer, error) { return jellyfishtest.NewBalancer("") },
		"mixed":     func() (*jellyfishtest.Balancer, error) { return jellyfishtest.NewBalancer("", tcp, memory) },
		"mixed too": func() (*jellyfishtest.Balancer, error) { return jellyfishtest.NewBalancer("", memory, tcp) },
		"taken":     func() (*jellyfishtest.Balancer, error) { return jellyfishtest.NewBalancer(tcp.Address(), tcp) },
	} {
		if b, err := start(); b != nil || err == nil {
			t.Errorf("%s: got %v and error %v, want an error alone", name, b, err)
		}
	}
}
