package jellyfishtest

import (
	"errors"
	"net/url"
)

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

// parse returns the URL to call by default, nil for none. No error shows the
// address, of which parts may be secret.
func (w Webhooks) parse() (*url.URL, error) {
	if w.JSON && w.Batch {
		return nil, errors.New("jellyfishtest: Webhooks.JSON and Webhooks.Batch exclude each other")
	}
	if w.URL == "" {
		return nil, nil
	}
	u := parseWebhookURL(w.URL)
	if u == nil {
		return nil, errors.New("jellyfishtest: Webhooks.URL needs a scheme, a host and a path")
	}
	return u, nil
}

// parseWebhookURL returns nil for what a Jellyfish server doesn't accept as the
// address of a webhook.
func parseWebhookURL(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || u.Path == "" {
		return nil
	}
	return u
}
