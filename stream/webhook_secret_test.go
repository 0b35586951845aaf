package stream_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// P10: the secrets of a webhook stay secret, and so do those that a refused request
// carries, which may be someone else's password.
func TestP10WebhookSecretsStaySecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen collector
		cfg := stream.WebhookConfig{
			Requests: decode.RequestDecoder{
				URLSecrets:     secrets(urlSecret, "old-"+urlSecret),
				SigningSecrets: secrets(signingSecret),
				BodyLimit:      100,
			},
			Logger: slog.New(slog.NewTextHandler(&seen, &slog.HandlerOptions{Level: slog.LevelDebug})),
		}
		seen.render(cfg)
		seen.render(&cfg)
		w := newWebhook(t.Context(), t, cfg)
		sub := join(t.Context(), t, w)
		seen.render(w)
		seen.render(sub)
		seen.render(struct{ Receiver http.Handler }{w})
		for _, c := range refusedRequests(t) {
			c.request.Header.Set("X-Other", secretHeader)
			c.request.URL.Path = "/" + secretToken
			seen.render(serve(w, c.request).Result().Header)
			fmt.Fprintln(&seen, serve(w, c.request).Body)
		}
		for _, body := range []string{secretToken, "\x52\x10" + secretToken, `{"notification":` + secretToken + `}`, `{"notification":{"` + secretToken + `":1}}`, `"` + secretToken + `"`} {
			for _, contentType := range []string{protobufType, jsonType, secretToken, "application/" + secretToken + ";;"} {
				answer := serve(w, newSigned(contentType, []byte(body)))
				if answer.Code == http.StatusOK {
					t.Errorf("%q as %q is accepted", body, contentType)
				}
				fmt.Fprintln(&seen, answer.Body, answer.Header())
			}
		}
		broken := newSigned(protobufType, nil)
		broken.Body = io.NopCloser(failing{errors.New("connection lost")})
		serve(w, broken)
		gaps := 0
		for len(sub.Notifications()) > 0 {
			seen.render(expectGap(t, sub))
			gaps++
		}
		if gaps < 20 {
			t.Errorf("%d Gaps of requests that were lost", gaps)
		}
		serve(w, newSigned(protobufType, batch(t, room(1), decode.Undecodable{})))
		expect(t, sub, room(1))
		seen.render(expectGap(t, sub))
		w.Close()
		seen.render(expectEnd(t, sub))
		serve(w, newSigned(protobufType, message(t, room(1))))
		seen.render(w)
		_, err := w.Subscribe(t.Context())
		seen.render(err)
		bad := cfg
		bad.Requests.URLSecrets = append(bad.Requests.URLSecrets, decode.Secret{})
		_, err = stream.NewWebhook(t.Context(), bad)
		seen.render(err)

		seen.check(t)
		if lines := strings.Count(seen.text.String(), "is refused"); lines < 40 {
			t.Errorf("%d refused requests were logged", lines)
		}
		for _, secret := range []string{
			urlSecret, signingSecret, fmt.Sprintf("%x", urlSecret), fmt.Sprintf("%X", signingSecret),
			base64.StdEncoding.EncodeToString([]byte("jellyfish:" + urlSecret)), "guess", sign(signingSecret, message(t, room(1))),
		} {
			if i := strings.Index(seen.text.String(), secret); i >= 0 {
				t.Errorf("%q was shown: …%s…", secret, seen.text.String()[max(0, i-200):i])
			}
		}
	})
}
