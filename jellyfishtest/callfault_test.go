package jellyfishtest_test

import (
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

func failCalls(t *testing.T, server *jellyfishtest.Server, faults ...jellyfishtest.CallFault) {
	t.Helper()
	if err := server.FailCalls(faults...); err != nil {
		t.Fatal(err)
	}
}

// A fault is for calls of its method and path, for as many as it says.
func TestFailCallsChoosesCalls(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	createRoom(t, server, `{"roomId":"room-1"}`)
	failCalls(t, server,
		jellyfishtest.CallFault{Method: "GET", Path: "/room/*", Times: 2, Status: 500},
		jellyfishtest.CallFault{Method: "GET", Path: "/room/*", Times: 1, Status: 503},
		jellyfishtest.CallFault{Method: "DELETE", Status: 429},
	)
	for i, step := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/room", 200},
		{"GET", "/room/room-1", 500},
		{"GET", "/room/room-1?a=/b", 500},
		{"GET", "/room/room-1/peer", 404},
		{"GET", "/room/room-1", 503},
		{"GET", "/room/room-1", 200},
		{"DELETE", "/room/room-1", 429},
		{"DELETE", "/nowhere", 429},
	} {
		if got, _ := call(t, server, step.method, step.path, ""); got != step.want {
			t.Errorf("call %d, %s %s: got %d, want %d", i, step.method, step.path, got, step.want)
		}
	}
	if n := len(server.Calls()); n != 9 {
		t.Errorf("%d calls are recorded, want all 9", n)
	}
	failCalls(t, server)
	must(t, server, 204, "DELETE", "/room/room-1", "")
}

// The answer is the fault's, with no more than it says.
func TestFailCallsAnswers(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	failCalls(t, server, jellyfishtest.CallFault{
		Status: 503, Header: http.Header{"retry-after": {"120"}, "Content-Type": {"text/html"}}, Body: "<title>busy</title>",
	})
	response, body := exchange(t, server, newRequest(t, server, "GET", "/room", ""))
	if response.StatusCode != 503 || response.Header.Get("Retry-After") != "120" ||
		response.Header.Get("Content-Type") != "text/html" || body != "<title>busy</title>" {
		t.Errorf("got %s with %v and %q", response.Status, response.Header, body)
	}
	failCalls(t, server, jellyfishtest.CallFault{Status: 204})
	response, _ = exchange(t, server, newRequest(t, server, "POST", "/room", ""))
	if response.StatusCode != 204 || response.Header["Content-Type"] != nil {
		t.Errorf("got %s with %v, want 204 without a content type", response.Status, response.Header)
	}
	failCalls(t, server, jellyfishtest.CallFault{Header: http.Header{"X-Odd": {"1"}}})
	response, _ = exchange(t, server, newRequest(t, server, "GET", "/room", ""))
	if response.StatusCode != 401 || response.Header.Get("X-Odd") != "1" {
		t.Errorf("got %s with %v, want the server's own answer with X-Odd", response.Status, response.Header)
	}
}

// A call whose answer is replaced was carried out if the fault says so.
func TestFailCallsCarriesOut(t *testing.T) {
	for _, fault := range []jellyfishtest.CallFault{{Status: 500}, {Cut: true}, {Cut: true, Body: "{"}} {
		for _, carry := range []bool{false, true} {
			server := jellyfishtest.Run(t, jellyfishtest.Config{})
			fault.Execute = carry
			failCalls(t, server, fault)
			request := newRequest(t, server, "POST", "/room", "")
			request.Header.Set("Authorization", "Bearer "+jellyfishtest.Token)
			response, err := server.HTTPClient().Do(request)
			if err == nil {
				_, err = io.ReadAll(response.Body)
				response.Body.Close()
			}
			if (err != nil) != fault.Cut {
				t.Errorf("%+v: got error %v", fault, err)
			}
			failCalls(t, server)
			_, list := call(t, server, "GET", "/room", "")
			if made := list != `{"data":[]}`; made != carry {
				t.Errorf("%+v: afterwards the rooms are %s", fault, list)
			}
		}
	}
}

// A cut answer begins as a whole one does, and is noticed.
func TestFailCallsCutsAnswers(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	failCalls(t, server, jellyfishtest.CallFault{Cut: true, Body: `{"data":[`})
	response, err := server.HTTPClient().Do(newRequest(t, server, "GET", "/room", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != 200 || string(body) != `{"data":[` || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %s, %q and error %v, want 200, half a body and an unexpected EOF", response.Status, body, err)
	}
}

func TestFailCallsDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
		failCalls(t, server, jellyfishtest.CallFault{Times: 1, Delay: time.Minute}, jellyfishtest.CallFault{Delay: time.Hour, Status: 101})
		start := time.Now()
		must(t, server, 200, "GET", "/health", "")
		if took := time.Since(start); took != time.Minute {
			t.Errorf("the answer took %v, want 1m", took)
		}
		go func() {
			synctest.Wait()
			server.Stop() // Waits for no delay.
		}()
		if _, err := server.HTTPClient().Do(newRequest(t, server, "GET", "/health", "")); err == nil {
			t.Error("a stopped server answered")
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("stopping took %v, want no time", took-time.Minute)
		}
	})
}

// An answer that isn't final: the connection stays open and nothing follows.
func TestFailCallsSwitchesProtocols(t *testing.T) {
	inBubble(t, func(t *testing.T, server *jellyfishtest.Server) {
		failCalls(t, server, jellyfishtest.CallFault{Status: 101, Header: http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}})
		c := dial(t, server)
		c.write([]byte("GET /health HTTP/1.1\r\nHost: a\r\n\r\n"))
		response, err := http.ReadResponse(c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != 101 || response.Header.Get("Upgrade") != "websocket" {
			t.Errorf("got %s with %v", response.Status, response.Header)
		}
		c.expectNothing(time.Hour)
	})
}

func TestFailCallsRefusesNonsense(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{})
	for _, status := range []int{-1, 1, 99, 100, 102, 199, 1000} {
		if err := server.FailCalls(jellyfishtest.CallFault{Status: status}); err == nil || !strings.Contains(err.Error(), "101 or from 200 to 999") {
			t.Errorf("status %d: got error %v", status, err)
		}
	}
	if err := server.FailCalls(jellyfishtest.CallFault{Path: "/room/["}); !errors.Is(err, path.ErrBadPattern) {
		t.Errorf("got error %v, want %v", err, path.ErrBadPattern)
	}
	if err := server.FailCalls(jellyfishtest.CallFault{Times: -1}); err == nil || !strings.Contains(err.Error(), "must not be negative") {
		t.Errorf("got error %v for a negative number of times", err)
	}
	must(t, server, 200, "GET", "/room", "")
}
