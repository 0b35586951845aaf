package jellyfishtest

import (
	"log/slog"
	"net/http"
)

// Token is the API token that a server accepts unless its Config says otherwise.
// It is that of a Jellyfish server in development.
const Token = "development"

// Config says what server [New] starts. The zero value is a server on a free
// TCP port of this machine that accepts [Token].
type Config struct {
	// Address is the TCP address to listen on, "127.0.0.1:0" by default; port 0
	// stands for a free one. With InMemory it is only a name, by default
	// "jellyfish.test:5002".
	Address string

	// Token is the API token that the server accepts, by default [Token].
	Token string

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

	// Receivers are handlers that webhooks reach in memory, by the host in a
	// webhook's URL, with the port if the URL has one: "receiver.test" stands for
	// http://receiver.test/hook. An https URL needs no certificate. No connection
	// can be made to a host whose handler is nil: the server gives up after 8
	// seconds. Every other host is reached over the network, during which the
	// clock of a synctest bubble stands still.
	//
	// When the server is stopped, the contexts of a handler's requests end. A
	// handler that goes on all the same can't be ended: it holds up [Server.Stop]
	// and [Server.Close] for a second and is then left behind.
	Receivers map[string]http.Handler

	// History is how many REST calls, how many upgrades and how many messages
	// [Server.Calls], [Server.Upgrades] and [Server.Received] remember: 4096 of
	// each by default, none if it is negative. Whatever it is, bodies and messages
	// are remembered up to 64 MiB each.
	History int

	// SequentialIDs makes the server count the ids that it gives, so that they
	// are the same each time: 00000000-0000-4000-8000-000000000001 is the first.
	// By default they are random.
	SequentialIDs bool

	// Logger gets the server's log lines, at level info those of a Jellyfish
	// server. By default nothing is logged.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
		if c.InMemory {
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
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Webhooks says how a server calls webhooks. The zero value is what servers
// 0.4.0 and later do: the address is that which a room was created with, a
// request has one notification, in protobuf, and isn't signed.
type Webhooks struct {
	// URL is called for all that has no address of its own: rooms created without
	// webhookUrl, rooms that only [Server.Send] knows, and what belongs to no
	// room. Nothing makes the server forget it. It stands for the address of a
	// Fishjam account; a Jellyfish server has none. It needs a scheme, a host and
	// a path, as a room's does.
	URL string

	// JSON makes requests those of server 0.3.0: the body is a JSON object whose
	// notification is the protobuf bytes as if they were text. What that server
	// doesn't know isn't sent: batches, and messages numbered above 15, which are
	// those of peers added or deleted, of peers' metadata, of tracks, and of
	// Fishjam. What isn't UTF-8 can't be sent that way, such as most messages with
	// a length above 127: at the first of them the sender crashes, and with it goes
	// all that waits and every room's address, but not URL.
	JSON bool

	// Hosted makes the server send as hosted Fishjam does: one request at a time
	// for each room, so that a slow receiver holds up that room alone. A request
	// that fails or is answered 5xx is repeated up to 7 times, with random
	// pauses, for at most 30 seconds; any other answer is final. Voice activity
	// is tried once and given half a second. By default nothing is repeated and
	// one sender serves all rooms, as in a Jellyfish server.
	Hosted bool

	// SigningSecret makes the server sign requests as Fishjam does: the header
	// x-fishjam-signature-256 is "sha256=" with the HMAC-SHA256 of the body in
	// lower-case hex.
	SigningSecret string

	// Batch makes the server send as one NotificationBatch all that waits for a
	// room when its turn comes, as Fishjam does for rooms with
	// batchWebhookNotifications. What waits alone is sent without a batch, and so
	// is voice activity always; the order in the room stays. What belongs to no
	// room is batched as if it were one room's.
	Batch bool
}
