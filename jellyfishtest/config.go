package jellyfishtest

import (
	"log/slog"
	"net/http"
)

// Token is the API token that a server accepts unless its Config says otherwise. It
// is the default token of a Jellyfish server in development.
const Token = "development"

// Config configures a [Server]. The zero value is a server on a free TCP port of
// the loopback interface that accepts [Token].
type Config struct {
	// Address is the TCP address to listen on. The default is "127.0.0.1:0"; port
	// 0 means a free one. With InMemory it is only a name, and the default is
	// "jellyfish.test:5002".
	Address string

	// Token is the API token that the server accepts, by default [Token].
	Token string

	// FishjamID makes the server hosted Fishjam, with an account of that id: its REST
	// interface and its notifications are those that package fishjam and
	// stream.Config's FishjamID are for. Ids are letters, digits and hyphens. With
	// InMemory the default address is "fishjam.io:443" and TLS is used, so that clients
	// with that id need nothing but [Server.HTTPClient]; over TCP they take
	// [Server.URL] for the id. Webhooks are Hosted. Cluster, Files and DisableHealth
	// have no meaning.
	FishjamID string

	// TLS makes the server speak TLS, with a certificate made for it alone that
	// is valid for localhost, 127.0.0.1, ::1 and the host in Address. A client
	// trusts it through [Server.HTTPClient] or [Server.Certificate].
	TLS bool

	// InMemory makes the server reachable through [Server.HTTPClient] only, over
	// pipes in memory in place of TCP.
	InMemory bool

	// DisableCheckOrigin makes the server accept a WebSocket upgrade with any
	// Origin header, as check_origin: false does in a Jellyfish server. By
	// default an origin of another host than Address names is answered with
	// HTTP 403; a request without the header is always accepted.
	DisableCheckOrigin bool

	// DisableHealth makes the server answer /health with 404, as servers before
	// 0.4.0 do.
	DisableHealth bool

	// Cluster makes the server a node of a cluster, of which there may be several
	// servers. By default it is alone.
	Cluster *Cluster

	// Files are the files that file components can play, by default "video.h264"
	// and "audio.ogg".
	Files []string

	// Webhooks says how the server calls webhooks, by default as servers 0.4.0 and
	// later do.
	Webhooks Webhooks

	// Receivers are handlers for webhooks, called in memory. The key is the host
	// of a webhook's URL, with the port if the URL has one: "receiver.test" serves
	// http://receiver.test/hook. An https URL needs no certificate. A host with a
	// nil handler accepts no connection: the server gives up after 8 seconds. Any
	// other host is reached over the network, while the clock of a synctest bubble
	// stands still.
	//
	// Stopping the server cancels the contexts of a handler's requests. A handler
	// that doesn't return delays [Server.Stop] and [Server.Close] by a second and
	// is then abandoned.
	Receivers map[string]http.Handler

	// History limits how many REST calls, upgrade requests and messages are kept
	// for [Server.Calls], [Server.Upgrades] and [Server.Received]: the newest 4096
	// of each by default, none if it is negative. In addition, at most 64 MiB of
	// calls' bodies and 64 MiB of messages are kept.
	History int

	// SequentialIDs makes the server number the ids that it generates, so that
	// they are the same in every run: 00000000-0000-4000-8000-000000000001 is the
	// first. By default they are random.
	SequentialIDs bool

	// Logger gets the server's log lines, at level info those of a Jellyfish
	// server. By default nothing is logged.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
		switch {
		case c.InMemory && c.FishjamID != "":
			c.Address, c.TLS = fishjamHost+":443", true
		case c.InMemory:
			c.Address = "jellyfish.test:5002"
		}
	}
	if c.Token == "" {
		c.Token = Token
	}
	if c.Files == nil {
		c.Files = []string{"video.h264", "audio.ogg"}
	}
	if c.History == 0 {
		c.History = 4096
	}
	c.Webhooks.Hosted = c.Webhooks.Hosted || c.FishjamID != ""
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Webhooks configures how a server calls webhooks. The zero value does what
// servers 0.4.0 and later do: each room has the URL that it was created with, and
// a request is one notification, in protobuf and unsigned.
type Webhooks struct {
	// URL is called for everything that has no other URL: rooms created without
	// webhookUrl, rooms known only from [Server.Send], and notifications without a
	// room. Fishjam accounts have such a URL, Jellyfish servers don't. Like a room's
	// URL it needs a scheme, a host and a path.
	URL string

	// JSON selects the requests of server 0.3.0: the body is a JSON object whose
	// "notification" is the protobuf message as a string. What that server doesn't
	// have isn't sent: batches, and messages numbered above 15 (peers added or
	// deleted, peers' metadata, tracks, and all of Fishjam's). A message that
	// isn't valid UTF-8, which includes most messages longer than 127 bytes,
	// crashes the sender as it did there: everything queued and every room's URL
	// is lost, but not URL.
	JSON bool

	// Hosted makes the server deliver as hosted Fishjam does. A request that fails
	// or is answered 5xx is retried with randomised exponential back-off, up to 8
	// attempts within 30 seconds; any other response is final. Voice activity is
	// sent once, with a timeout of 500 ms. Requests are serial per room, so that a
	// slow receiver delays only that room. By default, as in a Jellyfish server,
	// nothing is retried and requests are serial for all rooms together.
	Hosted bool

	// SigningSecret makes the server sign requests as Fishjam does: the header
	// x-fishjam-signature-256 is "sha256=" with the HMAC-SHA256 of the body in
	// lower-case hex.
	SigningSecret string

	// Batch makes the server send everything queued for a room as one
	// NotificationBatch, as Fishjam does for rooms with batchWebhookNotifications.
	// A single notification is sent without a batch, and so is voice activity. The
	// order within a room is kept. Notifications without a room are batched as if
	// they were one room's.
	Batch bool
}
