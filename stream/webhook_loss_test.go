package stream_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// What can be wrong with the body of a request from a server.
const (
	undecodable = "undecodable"
	empty       = "empty"
	tooLarge    = "too large"
	late        = "late"
	cutShort    = "cut short"
)

// spoiltPost returns a request with both secrets and such a body, and why it is
// refused.
func spoiltPost(body string) (*http.Request, error) {
	switch body {
	case undecodable:
		return newSigned(protobufType, []byte{0xff}), decode.ErrUndecodable
	case empty:
		return newSigned(protobufType, nil), decode.ErrEmptyBody
	case tooLarge:
		return newSigned(protobufType, bytes.Repeat([]byte{0}, 101)), decode.ErrBodyTooLarge
	}
	r := newSigned(protobufType, []byte("half"))
	r.ContentLength = 10
	why, want := os.ErrDeadlineExceeded, decode.ErrBodyTimeout
	if body == cutShort {
		why, want = io.ErrUnexpectedEOF, io.ErrUnexpectedEOF
	}
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("half"), failing{why}))
	return r, want
}

// P2, P14: a request from the server that is refused is lost, or is sent again if it is
// Fishjam Cloud's and the status is 503. A signature proves who sent it once the body
// is complete, the URL secret before that.
func TestP2WebhookMarksRequestsThatAreLost(t *testing.T) {
	all := []string{undecodable, empty, tooLarge, late, cutShort}
	for _, c := range []struct {
		name     string
		requests decode.RequestDecoder
		lost     []string
	}{
		{"no secrets", decode.RequestDecoder{}, nil},
		{"the URL secret", decode.RequestDecoder{URLSecrets: secrets(urlSecret)}, all},
		{"the signing secret", decode.RequestDecoder{SigningSecrets: secrets(signingSecret)}, all[:2]},
		{"both", verifying.Requests, all},
		{"another URL secret", decode.RequestDecoder{URLSecrets: secrets("other")}, nil},
		{"another signing secret", decode.RequestDecoder{SigningSecrets: secrets("other")}, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log lockedBuffer
			c.requests.BodyLimit = 100
			w := newWebhook(t.Context(), t, stream.WebhookConfig{
				Requests: c.requests,
				Logger:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			})
			subs := []*stream.Subscription{join(t.Context(), t, w), join(t.Context(), t, w, stream.InRooms("elsewhere"))}
			for _, body := range all {
				r, _ := spoiltPost(body)
				serve(w, r)
			}
			for _, sub := range subs {
				for _, body := range c.lost {
					g := expectGap(t, sub)
					want := stream.Gap{Undecodable: 1}
					if body == late || body == cutShort { // It may be sent again.
						want = stream.Gap{Outages: 1, Since: time.Now(), Until: time.Now()}
					}
					_, why := spoiltPost(body)
					if !errors.Is(g.Err, why) {
						t.Errorf("%s: the gap of what is %s is because of %v", c.name, body, g.Err)
					}
					if g.Err = nil; g != want {
						t.Errorf("%s: the gap of what is %s is %+v", c.name, body, g)
					}
				}
				expectNothing(t, sub)
			}
			lost := len(c.lost)
			if s := w.Stats(); s.Undecodable+s.Outages != uint64(lost) || s.Refused != 5 || s.Requests != 0 {
				t.Errorf("%s: counters are %+v", c.name, s)
			}
			for level, want := range map[slog.Level]int{slog.LevelWarn: lost, slog.LevelDebug: len(all) - lost} {
				line := fmt.Sprintf("level=%v msg=\"a webhook request is refused\"", level)
				if got := log.count(line); got != want {
					t.Errorf("%s: %d lines at level %v, want %d", c.name, got, level, want)
				}
			}
		})
	}
}

// After the end no subscription is left.
func TestWebhookMarksNothingAfterItsEnd(t *testing.T) {
	w := newWebhook(t.Context(), t, verifying)
	w.Close()
	r, _ := spoiltPost(undecodable)
	serve(w, r)
	if s := w.Stats(); s.Undecodable != 0 || s.Refused != 1 {
		t.Errorf("counters are %+v", s)
	}
}

// A webhook that verifies nothing logs that, once.
func TestWebhookThatAcceptsAnyoneWarns(t *testing.T) {
	for _, c := range []struct {
		requests decode.RequestDecoder
		want     int
	}{
		{decode.RequestDecoder{}, 1},
		{decode.RequestDecoder{URLSecrets: secrets("a")}, 0},
		{decode.RequestDecoder{SigningSecrets: secrets("a")}, 0},
	} {
		var log lockedBuffer
		newWebhook(t.Context(), t, stream.WebhookConfig{Requests: c.requests, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if got := log.count("level=WARN msg=\"webhooks are accepted from anyone"); got != c.want {
			t.Errorf("%v: %d warnings, want %d", c.requests, got, c.want)
		}
	}
}

// The caller may modify the lists of its configuration afterwards.
func TestWebhookKeepsItsSecrets(t *testing.T) {
	cfg := stream.WebhookConfig{Requests: decode.RequestDecoder{URLSecrets: secrets(urlSecret), SigningSecrets: secrets(signingSecret)}}
	w := newWebhook(t.Context(), t, cfg)
	cfg.Requests.URLSecrets[0], cfg.Requests.SigningSecrets[0] = decode.NewSecret("another"), decode.NewSecret("another")
	if answer := serve(w, newSigned(protobufType, message(t, room(1)))); answer.Code != http.StatusOK {
		t.Errorf("the answer is %d", answer.Code)
	}
}
