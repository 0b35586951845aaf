package fishjam_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

// What Fishjam, and gateways in front of it, can respond, and the error for each.
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
			if test.sentinel == nil && slices.ContainsFunc(sentinels, func(sentinel error) bool { return errors.Is(err, sentinel) }) {
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

// A call ends after its time, whatever the server does.
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
