package fishjam_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// What Fishjam, and what stands in front of it, can answer, and which error that is.
func TestFaults(t *testing.T) {
	json := http.Header{"Content-Type": {"application/json"}}
	for _, test := range []struct {
		name     string
		fault    jellyfishtest.CallFault
		sentinel error // Nil means none.
		text     string
		maybe    bool // It may have been carried out.
	}{
		{"quota", jellyfishtest.CallFault{Status: 402, Header: json, Body: `{"errors":"Quota exceeded"}`}, fishjam.ErrQuotaExceeded, "Quota exceeded", false},
		{"quota, by the gateway", jellyfishtest.CallFault{Status: 402, Header: json, Body: `{"detail":"Quota exceeded"}`}, fishjam.ErrQuotaExceeded, "Quota exceeded", false},
		{"limit", jellyfishtest.CallFault{Status: 409, Header: json, Body: `{"errors":"Request conflict"}`}, fishjam.ErrLimitReached, "Request conflict", false},
		{"unavailable", jellyfishtest.CallFault{Status: 503, Header: json, Body: `{"errors":"Service temporarily unavailable"}`}, nil, "Service temporarily unavailable", false},
		{"gateway", jellyfishtest.CallFault{Status: 404, Header: json, Body: `{"detail":"no such account","errors":"other"}`}, nil, "no such account", false},
		{"page", jellyfishtest.CallFault{Status: 404, Body: "<html><title>Not here</title>"}, nil, "Not here", false},
		{"empty 404", jellyfishtest.CallFault{Status: 404}, nil, "404 Not Found", false},
		{"no JSON", jellyfishtest.CallFault{Status: 500, Body: "oops"}, nil, "oops", false},
		{"empty 502", jellyfishtest.CallFault{Status: 502}, nil, "502 Bad Gateway", false},
		{"token", jellyfishtest.CallFault{Status: 401, Body: "nothing"}, fishjam.ErrUnauthorized, "401", false},
		{"invalid", jellyfishtest.CallFault{Status: 400, Header: json, Body: `{"errors":"Invalid request body structure"}`}, fishjam.ErrInvalid, "Invalid request", false},
		{"no peer", jellyfishtest.CallFault{Status: 201, Header: json, Body: `{"data":{"token":"t"}}`}, nil, "malformed", true},
		{"another success", jellyfishtest.CallFault{Status: 200, Header: json, Body: `{"data":{}}`}, nil, "expected HTTP 201", false},
		{"redirect", jellyfishtest.CallFault{Status: 302, Header: http.Header{"Location": {"https://other.test/"}}}, nil, "redirects are not followed", false},
		{"cut", jellyfishtest.CallFault{Cut: true}, nil, "may have been carried out", true},
		{"cut in the answer", jellyfishtest.CallFault{Status: 201, Header: json, Body: `{"data":{"peer":`, Cut: true}, nil, "may have been carried out", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			server, client := connect(t)
			room := must[fishjam.Room](t)(client.CreateRoom(t.Context(), fishjam.RoomConfig{}))
			if err := server.FailCalls(test.fault); err != nil {
				t.Fatal(err)
			}
			_, err := client.AddPeer(t.Context(), room.ID, fishjam.WebRTCOptions{})
			var failed *fishjam.Error
			if !errors.As(err, &failed) || test.sentinel != nil && !errors.Is(err, test.sentinel) || !strings.Contains(err.Error(), test.text) {
				t.Fatalf("error %v, want %v and %q", err, test.sentinel, test.text)
			}
			if test.sentinel == nil && isSentinel(err) {
				t.Errorf("error %v is a sentinel", err)
			}
			if failed.MaybeDone != test.maybe {
				t.Errorf("%v: MaybeDone %t", err, failed.MaybeDone)
			}
			if !strings.Contains(err.Error(), "POST fishjam.io/api/v1/connect/"+account+"/room/") {
				t.Errorf("error doesn't name the call: %v", err)
			}
		})
	}
}

func isSentinel(err error) bool {
	for _, sentinel := range []error{
		fishjam.ErrRoomNotFound, fishjam.ErrPeerNotFound, fishjam.ErrStreamNotFound, fishjam.ErrRecordingNotFound, fishjam.ErrUnauthorized,
		fishjam.ErrInvalidCredentials, fishjam.ErrLimitReached, fishjam.ErrQuotaExceeded, fishjam.ErrConflict, fishjam.ErrInvalid, fishjam.ErrTooLarge,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// Errors that both clients have are the same values.
func TestSentinelsOfBothClients(t *testing.T) {
	if !errors.Is(fishjam.ErrRoomNotFound, rooms.ErrRoomNotFound) || !errors.Is(fishjam.ErrLimitReached, rooms.ErrLimitReached) {
		t.Error("they differ")
	}
}

func TestRetryAfter(t *testing.T) {
	server, client := connect(t)
	err := server.FailCalls(jellyfishtest.CallFault{Status: 429, Header: http.Header{"Retry-After": {"7"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ListRooms(t.Context())
	var failed *fishjam.Error
	if !errors.As(err, &failed) || failed.RetryAfter != 7*time.Second {
		t.Errorf("error %v", err)
	}
}

// P11: a call ends after its time, whatever the server does.
func TestP11HostedTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: account, InMemory: true})
		client := clientOf(t, server, fishjam.Config{Timeout: 3 * time.Second})
		if err := server.FailCalls(jellyfishtest.CallFault{Delay: time.Hour}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err := client.CreateLivestream(t.Context(), fishjam.LivestreamConfig{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
	})
}

// P11: what can't be read hides nothing else, and memory is bounded.
func TestP11HostedOddAnswers(t *testing.T) {
	var log lines
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: account, InMemory: true})
	client := clientOf(t, server, fishjam.Config{ReadLimit: 64 << 10, Logger: log.logger()})
	answer := func(body string) {
		if err := server.FailCalls(jellyfishtest.CallFault{Status: 200, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	answer(`{"data":[{"id":"a","config":{"roomType":7,"maxPeers":"x","new":{}},"peers":[{"id":"p","status":[],"subscriptions":null,"tracks":[3,{"id":"t"}]},{}],"compositionInfo":null,"other":1},
		{"id":""},17,{"id":"b","config":{"roomType":"holodeck","maxPeers":1e1},"peers":null}]}`)
	all := must[[]fishjam.Room](t)(client.ListRooms(t.Context()))
	if len(all) != 2 || len(all[0].Problems) != 6 || len(all[0].Peers) != 1 || len(all[0].Peers[0].Tracks) != 1 ||
		all[1].Config.Type != "holodeck" || all[1].Config.MaxPeers != 10 || all[1].Problems != nil {
		t.Errorf("read %+v", all)
	}
	if stats := client.Stats(); stats != (fishjam.Stats{Odd: 1, LeftOut: 2}) {
		t.Errorf("stats %+v", stats)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "part of an answer couldn't be read") {
		t.Errorf("logged %s", got)
	}
	answer(`{"data":[{"id":"l","streamers":[{"id":"s","token":"hush","status":"connected"},{}],"viewers":[{"id":"v","token":5}]}]}`)
	streams := must[[]fishjam.Livestream](t)(client.ListLivestreams(t.Context()))
	if len(streams) != 1 || len(streams[0].Problems) != 2 || len(streams[0].Streamers) != 1 || len(streams[0].Viewers) != 1 {
		t.Errorf("read %+v", streams)
	}
	if text := fmt.Sprintf("%v %+v %#v", streams, streams, streams); strings.Contains(text, "hush") {
		t.Errorf("printed a token: %s", text)
	}
	answer(`{"data":[` + strings.Repeat(`{"id":"a"},`, 10_000) + `{"id":"a"}]}`)
	_, err := client.ListRooms(t.Context())
	if !errors.Is(err, fishjam.ErrTooLarge) {
		t.Errorf("a list of 110 kB with a limit of 64: %v", err)
	}
}

// P10: no token is in an error or in what is printed.
func TestP10HostedSecrets(t *testing.T) {
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: account, InMemory: true})
	client := clientOf(t, server, fishjam.Config{})
	if err := server.FailCalls(jellyfishtest.CallFault{Status: 400, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"errors":"apiKey vapi-key and hook?secret-query of development are wrong"}`}); err != nil {
		t.Fatal(err)
	}
	_, err := client.AddPeer(t.Context(), "r", fishjam.VAPIOptions{APIKey: fishjam.NewSecret("vapi-key"), CallID: "c"})
	if strings.Contains(err.Error(), "vapi-key") || strings.Contains(err.Error(), "development") {
		t.Errorf("error shows a secret: %v", err)
	}
	_, err = client.CreateRoom(t.Context(), fishjam.RoomConfig{WebhookURL: fishjam.NewSecret("https://a.test/hook?secret-query")})
	if strings.Contains(err.Error(), "secret-query") {
		t.Errorf("error shows a secret: %v", err)
	}
	cfg := fishjam.Config{FishjamID: account, ManagementToken: fishjam.NewSecret("hush"), Header: http.Header{"X-Key": {"hidden"}}}
	if text := fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg); strings.Contains(text, "hush") || strings.Contains(text, "hidden") || !strings.Contains(text, account) {
		t.Errorf("printed as %s", text)
	}
}

// The client says who it is, and passes on what Fishjam says of it, once.
func TestClientHeaders(t *testing.T) {
	var log lines
	server := jellyfishtest.Run(t, jellyfishtest.Config{FishjamID: account, InMemory: true})
	client := clientOf(t, server, fishjam.Config{Logger: log.logger(), Header: http.Header{"x-fishjam-api-client": {"mine"}}})
	if _, said := client.Deprecated(); said {
		t.Error("deprecated before anything was said")
	}
	server.SetDeprecation("unsupported", "use\nanother")
	for range 3 {
		must[[]fishjam.Room](t)(client.ListRooms(t.Context()))
	}
	if got := lastCall(server).Header.Values("X-Fishjam-Api-Client"); len(got) != 1 || !strings.HasPrefix(got[0], "jellyfish-go/") {
		t.Errorf("the client says it is %q", got)
	}
	d, said := client.Deprecated()
	if !said || d.Status != "unsupported" || strings.Contains(d.Message, "\n") {
		t.Errorf("deprecated: %+v, %t", d, said)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "unsupported") {
		t.Errorf("logged %s", got)
	}
	server.SetDeprecation("", "")
	must[[]fishjam.Room](t)(client.ListRooms(t.Context()))
	if _, said := client.Deprecated(); !said {
		t.Error("what was said is forgotten")
	}
}

func TestConfigErrors(t *testing.T) {
	token := fishjam.NewSecret("t")
	for field, cfg := range map[string]fishjam.Config{
		"FishjamID":       {ManagementToken: token},
		"ManagementToken": {FishjamID: account},
		"TokenSource":     {FishjamID: account, ManagementToken: token, TokenSource: func(context.Context) (string, error) { return "", nil }},
		"Timeout":         {FishjamID: account, ManagementToken: token, Timeout: -1},
		"ReadLimit":       {FishjamID: account, ManagementToken: token, ReadLimit: -1},
	} {
		_, err := fishjam.New(cfg)
		var refused *fishjam.InputError
		if !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: error %v", field, err)
		}
	}
}
