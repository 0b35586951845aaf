package rooms_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

const (
	secretToken     = "tok-5f1d0c1e&<>"
	secretHeader    = "hdr-77aa90bb"
	secretPeer      = "peer-18cd02ee"
	secretPassword  = `sip-"66e0/%b1f"`
	secretAccess    = "access-90bbaa77"
	secretKey       = "key-0d1f5c1e"
	secretWebhook   = "hook-3e0a77d1"
	secretCamera    = "cam-c0ffee11"
	secretOtherType = "new-44d1a0b2"
)

var secrets = []string{
	secretToken, secretHeader, secretPeer, secretPassword, secretAccess, secretKey, secretWebhook, secretCamera, secretOtherType,
}

// collector collects whatever is printed or logged.
type collector struct{ text bytes.Buffer }

// render prints v in every way that fmt and slog can, also in a slice and in an
// unexported field.
func (c *collector) render(v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%o", "%T", "%p"} {
		if isConfig(v) && verb == "%p" {
			continue // With this verb fmt doesn't call Format.
		}
		fmt.Fprintf(&c.text, verb+"\n", v)
		fmt.Fprintf(&c.text, verb+"\n", struct{ Inner any }{v})
		fmt.Fprintf(&c.text, verb+"\n", []any{v})
		if !isConfig(v) {
			fmt.Fprintf(&c.text, verb+"\n", struct{ inner any }{v})
		}
	}
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&c.text, nil)), slog.New(slog.NewJSONHandler(&c.text, nil))} {
		log.Info("value", "v", v, "list", []any{v}, "in", struct{ Inner any }{v})
	}
}

func isConfig(v any) bool {
	_, value := v.(rooms.Config)
	_, pointer := v.(*rooms.Config)
	return value || pointer
}

func (c *collector) check(t *testing.T) {
	t.Helper()
	text := c.text.String()
	if len(text) < 1000 {
		t.Errorf("only %d bytes were rendered", len(text))
	}
	for _, secret := range secrets {
		quoted, _ := json.Marshal(secret)
		for _, spelling := range []string{
			secret, strings.Trim(string(quoted), `"`), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret),
			url.PathEscape(secret), url.QueryEscape(secret), strings.Trim(fmt.Sprintf("%q", secret), `"`),
		} {
			if i := strings.Index(text, spelling); i >= 0 {
				t.Errorf("a secret was shown: …%s…", text[max(0, i-200):min(len(text), i+100)])
			}
		}
	}
}

var (
	secretS3      = rooms.S3Credentials{AccessKeyID: rooms.NewSecret(secretAccess), SecretAccessKey: rooms.NewSecret(secretKey), Region: "eu", Bucket: "b"}
	secretSIP     = rooms.SIPCredentials{Address: "a", Username: "u", Password: rooms.NewSecret(secretPassword)}
	secretRoom    = rooms.RoomConfig{RoomID: "r", MaxPeers: rooms.Ptr(1), WebhookURL: rooms.NewSecret("https://me:" + secretWebhook + "@host/")}
	secretOptions = []rooms.ComponentOptions{
		rooms.HLSOptions{S3: secretS3},
		rooms.RecordingOptions{Credentials: secretS3},
		rooms.SIPOptions{RegistrarCredentials: secretSIP},
		rooms.RTSPOptions{
			SourceURI:         rooms.NewSecret("rtsp://me:" + secretCamera + "@camera:554/stream"),
			ReconnectDelay:    rooms.Ptr(time.Second),
			KeepAliveInterval: rooms.Ptr(time.Second),
		},
	}
)

// secretRooms is a list of a room that holds every kind of secret.
func secretRooms() string {
	return `{"data":[{"id":"r","config":{"webhookUrl":"https://me:` + secretWebhook + `@host/"},"components":[
		{"id":"1","type":"sip","properties":{"registrarCredentials":{"address":"a","username":"u","password":` + quote(secretPassword) + `}}},
		{"id":"2","type":"rtsp","properties":{"sourceUri":"rtsp://me:` + secretCamera + `@camera/"}},
		{"id":"3","type":"new","properties":{"key":"` + secretOtherType + `"}}]}]}`
}

// No value that holds a secret reveals it, however it is printed, logged or marshalled.
func TestP10ValuesHideSecrets(t *testing.T) {
	t.Parallel()
	var seen collector
	cfg := rooms.Config{
		ServerAddress: "https://host", ServerAPIToken: rooms.NewSecret(secretToken),
		Header: http.Header{"X-Secret": {secretHeader}},
	}
	client := newClient(t, cfg)
	added := rooms.AddedPeer{Peer: rooms.Peer{ID: "p"}, Token: rooms.NewSecret(secretPeer)}
	list, err := serve(t, answering(200, secretRooms())).List(t.Context())
	if err != nil || len(list[0].Components) != 3 {
		t.Fatalf("%v, error %v", list, err)
	}
	cfg.ServerAddress = "https://me:" + secretToken + "@host"
	values := []any{cfg, *client, added, secretS3, secretSIP, secretRoom, list, list[0], rooms.Created{Room: list[0], Address: "a:1"}}
	for _, options := range secretOptions {
		values = append(values, options)
	}
	for _, component := range list[0].Components {
		values = append(values, component, component.Properties)
	}
	for _, value := range values {
		seen.render(value)
		if text, err := json.Marshal(value); err == nil {
			seen.text.Write(text)
		}
		pointer := reflect.New(reflect.TypeOf(value))
		pointer.Elem().Set(reflect.ValueOf(value))
		seen.render(pointer.Interface())
	}
	_, err = rooms.New(cfg)
	seen.render(err)
	for _, spoiled := range []rooms.ComponentOptions{
		rooms.HLSOptions{S3: rooms.S3Credentials{SecretAccessKey: rooms.NewSecret(secretKey)}},
		rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Password: rooms.NewSecret(secretPassword)}},
		rooms.SIPOptions{RegistrarCredentials: rooms.SIPCredentials{Address: "a", Username: "u", Password: rooms.NewSecret(secretPassword + "\n")}},
	} {
		_, err := client.AddComponent(t.Context(), "r", spoiled)
		seen.render(err)
	}
	seen.check(t)
}

// Reveal returns the secret.
func TestSecretsAreRevealed(t *testing.T) {
	t.Parallel()
	list, err := serve(t, answering(200, secretRooms())).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	components := list[0].Components
	for secret, want := range map[rooms.Secret]string{
		list[0].Config.WebhookURL: "https://me:" + secretWebhook + "@host/",
		components[0].Properties.(rooms.SIPProperties).RegistrarCredentials.Password: secretPassword,
		components[1].Properties.(rooms.RTSPProperties).SourceURI:                    "rtsp://me:" + secretCamera + "@camera/",
		components[2].Properties.(rooms.UnknownProperties).JSON:                      `{"key":"` + secretOtherType + `"}`,
	} {
		if got := secret.Reveal(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Secrets that can't be sent unchanged, such as one read from a file with the line feed
// at its end, are refused with the name of the field.
func TestP10SecretsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("sent %s %s", r.Method, r.URL) })
	for _, text := range []string{"s3cret\n", " s3cret", "s3\x00cret", "s3cret\xff", "s3\u009bcret", "\t"} {
		spoiled := rooms.NewSecret(text)
		_, err := rooms.New(rooms.Config{ServerAddress: "a:1", ServerAPIToken: spoiled})
		refused(t, err, "ServerAPIToken")
		_, err = client.Create(t.Context(), rooms.RoomConfig{WebhookURL: spoiled})
		refused(t, err, "RoomConfig.WebhookURL")
		key, s3, sip := someS3, someS3, someSIP
		key.AccessKeyID, s3.SecretAccessKey, sip.Password = spoiled, spoiled, spoiled
		for field, options := range map[string]rooms.ComponentOptions{
			"HLSOptions.S3.AccessKeyID":                    rooms.HLSOptions{S3: key},
			"RecordingOptions.Credentials.SecretAccessKey": rooms.RecordingOptions{Credentials: s3},
			"SIPOptions.RegistrarCredentials.Password":     rooms.SIPOptions{RegistrarCredentials: sip},
			"RTSPOptions.SourceURI":                        rooms.RTSPOptions{SourceURI: spoiled},
		} {
			_, err := client.AddComponent(t.Context(), "r", options)
			refused(t, err, field)
		}
		from := newClient(t, rooms.Config{ServerAddress: client.Address(), TokenSource: func(context.Context) (string, error) { return text, nil }})
		var failure *rooms.Error
		if _, err := from.List(t.Context()); !errors.As(err, &failure) || !strings.Contains(err.Error(), "token of the source must") || strings.Contains(err.Error(), "s3") {
			t.Errorf("error %v", err)
		}
	}
}

// The server reveals everything that it was sent, in many ways.
func TestP10ErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	var seen collector
	for _, spell := range []func(string) string{
		func(s string) string { return s },
		func(s string) string { return quoteErrors(s) },
		func(s string) string { return `{"errors":{"got":` + quote(s) + `}}` },
		func(s string) string { return "<title>" + strings.ReplaceAll(s, "<", "&lt;") + "</title>" },
		func(s string) string { return url.QueryEscape(s) },
		func(s string) string { return url.PathEscape(s) },
	} {
		for _, status := range []int{200, 201, 302, 400, 401, 404, 500} {
			client := echo(t, func(w http.ResponseWriter, everything string) {
				if status == 302 {
					w.Header().Set("Location", "http://other.test/"+url.PathEscape(everything)+"%zz")
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, spell(everything))
			})
			callAll(t, client, &seen)
		}
	}
	broken := echo(t, func(w http.ResponseWriter, everything string) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 "+everything+"\r\n\r\n")
		_ = conn.Close()
	})
	callAll(t, broken, &seen)
	truncated := echo(t, func(w http.ResponseWriter, everything string) {
		_, _ = io.WriteString(w, `{"data":{"token":"`+secretPeer)
	})
	callAll(t, truncated, &seen)
	seen.check(t)
}

func quoteErrors(text string) string { return `{"errors":` + quote(text) + `}` }

// echo is a client for a server whose responses contain what it was sent.
func echo(t *testing.T, answer func(http.ResponseWriter, string)) *rooms.Client {
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var plain any
		_ = json.Unmarshal(body, &plain)
		answer(w, fmt.Sprint("got ", r.Header, string(body), plain))
	})
	again, err := rooms.New(rooms.Config{
		ServerAddress: client.Address(), ServerAPIToken: rooms.NewSecret(secretToken),
		Header: http.Header{"X-Secret": {secretHeader}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.CloseIdleConnections)
	return again
}

func callAll(t *testing.T, client *rooms.Client, seen *collector) {
	t.Helper()
	show := func(err error) {
		t.Helper()
		for ; err != nil; err = errors.Unwrap(err) {
			seen.render(err)
		}
	}
	_, err := client.Create(t.Context(), secretRoom)
	if err == nil {
		t.Error("Create succeeded")
	}
	show(err)
	_, err = client.AddPeer(t.Context(), "r", rooms.PeerOptions{})
	show(err)
	for _, options := range secretOptions {
		_, err = client.AddComponent(t.Context(), "r", options)
		if err == nil {
			t.Error("AddComponent succeeded")
		}
		show(err)
	}
	client.CloseIdleConnections()
}

func TestP10TokenSourceFails(t *testing.T) {
	t.Parallel()
	sealed := errors.New("vault is sealed")
	for _, source := range []func(context.Context) (string, error){
		func(context.Context) (string, error) { return secretToken, sealed },
		func(context.Context) (string, error) { return "", nil },
		func(context.Context) (string, error) { return secretToken + "\n", nil },
	} {
		var seen collector
		cfg := rooms.Config{ServerAddress: "127.0.0.1:1", TokenSource: source}
		client := newClient(t, cfg)
		_, err := client.List(t.Context())
		var failure *rooms.Error
		if !errors.As(err, &failure) || failure.Err == nil || failure.Status != 0 {
			t.Errorf("error %v", err)
		}
		seen.render(err)
		seen.render(cfg)
		seen.check(t)
	}
	client := newClient(t, rooms.Config{ServerAddress: "127.0.0.1:1", TokenSource: func(context.Context) (string, error) { return "", sealed }})
	if _, err := client.List(t.Context()); !errors.Is(err, sealed) {
		t.Errorf("error %v", err)
	}
}
