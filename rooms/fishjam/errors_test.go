package fishjam_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/fishjam"
)

const (
	jsonType = "application/json"
	htmlType = "text/html"
)

var sentinels = []error{
	fishjam.ErrRoomNotFound, fishjam.ErrPeerNotFound, fishjam.ErrStreamNotFound, fishjam.ErrRecordingNotFound,
	fishjam.ErrUnauthorized, fishjam.ErrInvalidCredentials, fishjam.ErrLimitReached, fishjam.ErrQuotaExceeded,
	fishjam.ErrConflict, fishjam.ErrInvalid, fishjam.ErrTooLarge,
}

// The sentinel of a status depends on the call, and on who responded.
func TestSentinels(t *testing.T) {
	t.Parallel()
	const (
		own     = `{"errors":"text"}`
		gateway = `{"detail":"text"}`
		page    = `<html><title>text</title></html>`
	)
	for _, test := range []struct {
		call   string // Of exchanges.
		status int
		body   string
		want   []error
	}{
		{"GetRoom", 404, own, []error{fishjam.ErrRoomNotFound}},
		{"DeleteRoom", 404, own, []error{fishjam.ErrRoomNotFound}},
		{"AddPeer", 404, own, []error{fishjam.ErrRoomNotFound}},
		{"ForwardTracks", 404, own, []error{fishjam.ErrRoomNotFound}},
		{"CreateStreamerToken", 404, own, []error{fishjam.ErrRoomNotFound}},
		{"CreateViewerToken", 404, own, []error{fishjam.ErrRoomNotFound}},
		{"DeletePeer", 404, own, []error{fishjam.ErrPeerNotFound}},
		{"DeletePeer", 404, `{"errors":"Room text does not exist"}`, []error{fishjam.ErrRoomNotFound}},
		{"RefreshPeerToken", 404, own, []error{fishjam.ErrPeerNotFound}},
		{"SubscribePeer", 404, own, []error{fishjam.ErrPeerNotFound}},
		{"SubscribeTracks", 404, own, []error{fishjam.ErrPeerNotFound}},
		{"GetLivestream", 404, own, []error{fishjam.ErrStreamNotFound}},
		{"DeleteLivestream", 404, own, []error{fishjam.ErrStreamNotFound}},
		{"AddStreamer", 404, own, []error{fishjam.ErrStreamNotFound}},
		{"DeleteStreamer", 404, own, []error{fishjam.ErrStreamNotFound}},
		{"AddViewer", 404, own, []error{fishjam.ErrStreamNotFound}},
		{"DeleteViewer", 404, own, []error{fishjam.ErrStreamNotFound}},
		{"GetRecording", 404, own, []error{fishjam.ErrRecordingNotFound}},
		{"StopRecording", 404, own, []error{fishjam.ErrRecordingNotFound}},
		{"DeleteRecording", 404, own, []error{fishjam.ErrRecordingNotFound}},
		{"ListRooms", 404, own, nil},
		{"GetRoom", 404, gateway, nil},
		{"GetRoom", 404, `{"detail":"text","errors":"other"}`, nil},
		{"GetRoom", 404, page, nil},
		{"GetRoom", 404, "text", nil},
		{"GetRoom", 404, "", nil},
		{"Validate", 404, "", []error{fishjam.ErrInvalidCredentials, fishjam.ErrUnauthorized}},
		{"Validate", 404, own, []error{fishjam.ErrInvalidCredentials, fishjam.ErrUnauthorized}},
		{"Validate", 404, gateway, []error{fishjam.ErrInvalidCredentials, fishjam.ErrUnauthorized}},
		{"Validate", 404, page, nil},
		{"Validate", 401, "", []error{fishjam.ErrInvalidCredentials, fishjam.ErrUnauthorized}},
		{"ListRooms", 401, own, []error{fishjam.ErrUnauthorized}},
		{"ListRooms", 401, "", []error{fishjam.ErrUnauthorized}},
		{"ListRooms", 403, own, nil},
		{"CreateRoom", 402, own, []error{fishjam.ErrQuotaExceeded}},
		{"AddPeer", 402, own, []error{fishjam.ErrQuotaExceeded}},
		{"CreateLivestream", 402, own, []error{fishjam.ErrQuotaExceeded}},
		{"CreateRecording", 402, own, []error{fishjam.ErrQuotaExceeded}},
		{"AddPeer", 409, own, []error{fishjam.ErrLimitReached}},
		{"ForwardTracks", 409, own, []error{fishjam.ErrConflict}},
		{"DeleteRecording", 409, own, []error{fishjam.ErrConflict}},
		{"DeleteRecording", 400, own, []error{fishjam.ErrInvalid}},
		{"CreateRoom", 400, own, []error{fishjam.ErrInvalid}},
		{"CreateRoom", 422, own, []error{fishjam.ErrInvalid}},
		{"CreateRecording", 413, page, []error{fishjam.ErrInvalid}},
		{"GetRoom", 503, own, nil},
		{"GetRoom", 500, own, nil},
		{"GetRoom", 502, "", nil},
		{"GetRoom", 502, page, nil},
	} {
		all := exchanges()
		i := slices.IndexFunc(all, func(e exchange) bool { return e.name == test.call })
		client := serve(t, fishjam.Config{}, responding(test.status, jsonType, test.body))
		_, err := all[i].call(t.Context(), client)
		var failure *fishjam.Error
		if !errors.As(err, &failure) || failure.Status != test.status {
			t.Errorf("%s, %d %s: error %v", test.call, test.status, test.body, err)
			continue
		}
		for _, sentinel := range sentinels {
			if want := slices.Contains(test.want, sentinel); errors.Is(err, sentinel) != want {
				t.Errorf("%s, %d %s: Is(%v) is %t", test.call, test.status, test.body, sentinel, !want)
			}
		}
		if strings.Contains(test.body, "text") && !strings.Contains(err.Error(), "text") {
			t.Errorf("%s, %d %s: error %v without the text", test.call, test.status, test.body, err)
		}
		client.CloseIdleConnections()
	}
}

// Code that branches on package rooms' errors works with both clients.
func TestErrorsAreThoseOfRooms(t *testing.T) {
	t.Parallel()
	client := serve(t, fishjam.Config{}, responding(404, jsonType, `{"errors":"no such room"}`))
	_, err := client.GetRoom(t.Context(), "r")
	var failure *rooms.Error
	if !errors.As(err, &failure) || !errors.Is(err, rooms.ErrRoomNotFound) {
		t.Errorf("error %v", err)
	}
}

// A gateway's text takes precedence over the server's.
func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ contentType, body, want string }{
		{jsonType, `{"errors":"server","detail":"gateway"}`, "gateway"},
		{jsonType, `{"errors":"server","detail":""}`, "server"},
		{jsonType, `{"errors":"server","detail":null}`, "server"},
		{jsonType, `{"errors":{"maxPeers":["is wrong"]}}`, `{"maxPeers":["is wrong"]}`},
		{jsonType, `{"detail":[{"msg":"wrong"}]}`, `[{"msg":"wrong"}]`},
		{jsonType, `{"message":"other"}`, ""},
		{jsonType, `{"errors":"cut`, ""},
		{jsonType, `[]`, ""},
		{htmlType, `<html><title>502 Bad &amp; Gateway</title>`, "502 Bad & Gateway"},
		{"text/plain", "upstream\nfailed", "upstream failed"},
		{"", "", ""},
	} {
		client := serve(t, fishjam.Config{}, responding(502, test.contentType, test.body))
		_, err := client.ListRooms(t.Context())
		var failure *fishjam.Error
		if !errors.As(err, &failure) || failure.Message != test.want {
			t.Errorf("%s: error %v, want the text %q", test.body, err, test.want)
		}
		client.CloseIdleConnections()
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]time.Duration{429: 7 * time.Second, 503: 7 * time.Second, 500: 0} {
		client := serve(t, fishjam.Config{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "7")
			responding(status, jsonType, `{"errors":"later"}`)(w, r)
		})
		err := client.DeleteRoom(t.Context(), "r")
		var failure *fishjam.Error
		if !errors.As(err, &failure) || failure.RetryAfter != want || failure.MaybeDone {
			t.Errorf("%d: error %#v, want to wait %v", status, failure, want)
		}
	}
}

// An unexpected response is an error, and if one was cut off the caller is told that
// the call may have been carried out.
func TestUnexpectedResponses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, call string
		status     int
		body       string
		maybeDone  bool
	}{
		{"cut", "CreateRoom", 201, `{"data":{"room":{"id":"r`, true},
		{"cut list", "ListRooms", 200, `{"data":[{"id":"r"}`, false},
		{"empty", "CreateRoom", 201, ``, true},
		{"a page", "ListRooms", 200, `<html>`, false},
		{"null", "ListRooms", 200, `{"data":null}`, false},
		{"without the envelope", "ListRooms", 200, `[]`, false},
		{"without an id", "GetRoom", 200, `{"data":{"peers":[]}}`, false},
		{"without a token", "AddPeer", 201, `{"data":{"peer":{"id":"p"}}}`, true},
		{"without a token", "RefreshPeerToken", 201, `{"data":{}}`, true},
		{"with an envelope", "CreateViewerToken", 201, `{"data":{"token":"t"}}`, true},
		{"without a URL", "CreateMoQAccess", 200, `{"token":"t"}`, true},
		{"another success", "DeleteRoom", 202, ``, true},
		{"a redirect", "GetRoom", 302, ``, false},
	} {
		all := exchanges()
		i := slices.IndexFunc(all, func(e exchange) bool { return e.name == test.call })
		client := serve(t, fishjam.Config{}, responding(test.status, jsonType, test.body))
		_, err := all[i].call(t.Context(), client)
		var failure *fishjam.Error
		if !errors.As(err, &failure) || failure.Status != test.status {
			t.Errorf("%s, %s: error %v", test.call, test.name, err)
		} else if test.name != "another success" && failure.MaybeDone != test.maybeDone {
			t.Errorf("%s, %s: error %v, want MaybeDone %t", test.call, test.name, err, test.maybeDone)
		}
		client.CloseIdleConnections()
	}
}

// A call ends with its time limit and with its context, whatever Fishjam does.
func TestP11FishjamCallsEnd(t *testing.T) {
	for _, e := range exchanges() {
		synctest.Test(t, func(t *testing.T) {
			client, err := fishjam.New(fishjam.Config{
				FishjamID: "abc", ManagementToken: secret("t"), Timeout: 3 * time.Second, HTTPClient: &http.Client{Transport: silent{}},
			})
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if _, err := e.call(t.Context(), client); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 3*time.Second {
				t.Errorf("%s: error %v after %v", e.name, err, time.Since(begin))
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begin = time.Now()
			if _, err := e.call(ctx, client); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
				t.Errorf("%s: error %v after %v", e.name, err, time.Since(begin))
			}
		})
	}
}

// silent is a server that never responds.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}
