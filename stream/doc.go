// Package stream delivers a Jellyfish server's notifications and metrics on Go
// channels.
//
// [Subscribe] connects, authenticates, subscribes and returns a [Subscription],
// whose channel is read in a select loop; [Open] makes a connection that any
// number of subscriptions share, [NewWebhook] receives what servers post instead,
// and [NewRelay] hands on what a program has from elsewhere. On each of these,
// [EachRoom] gives every room a mailbox of its own, [SubscribeTo] makes a channel of
// one type, and [Batches] one of slices. There are no callbacks, and cancelling a
// context is how to unsubscribe.
//
// # What is delivered
//
//  1. A subscription receives what the server sends, in its order, each
//     notification once. The server itself promises order only within one room
//     and numbers nothing.
//  2. Where something is known to be missing, or may be, a [Gap] stands at exactly
//     that place and says why: the consumer was too slow, the connection was lost,
//     a message was none of this protocol, or the server's webhook request had to
//     be refused. No Gap is ever lost. What was delivered and what Gaps count as
//     dropped is together all that was received.
//  3. The server replays nothing. After an outage only asking it for its rooms
//     tells what has become of them.
//  4. [EachRoom]: a room's mailbox begins at the room's first notification,
//     whichever that is, and its channel is closed after the room's end was
//     delivered. All else here is true of each. Gaps come in every open room and
//     between the rooms; rooms that nobody takes give way whole.
//  5. [Batches]: each slice holds what is there, up to 64 notifications and Gaps in
//     their order, and waits for nothing. Nobody writes to it any more.
//  6. [Relay]: what one call of Put is given stays together, Gaps included, and
//     reaches subscriptions as from any other source.
//
// # The consumer
//
//  7. Neither the connection, nor the answer to a webhook request, nor [Relay.Put]
//     ever waits for a consumer: not for another's sake, nor for metrics, pings or a
//     reconnect.
//     Behind a channel with a buffer of 64 each subscription has a queue of at most
//     16,384 notifications and 4 MiB, as measured on the wire; when it is full the
//     oldest give way to a Gap. One notification is kept however large it is.
//  8. An idle subscription costs no goroutine. One whose consumer lags has one.
//  9. Metrics reports are recent values: the newest few wait, older ones give
//     way, and each report says how many were skipped before it.
//
// # Lifetime
//
//  10. The context given to Open, NewWebhook, NewRelay or to whatever subscribes is
//     the lifetime of everything that comes of it. When it ends, the channels are closed within
//     100 ms, whatever is going on, and goroutines and socket are gone. What is in
//     a channel's buffer can still be read. Out of its reach are a system resolver
//     that can't be interrupted, a user's [net/http.RoundTripper] that isn't an
//     *[net/http.Transport], and the HTTP server around a Webhook.
//  11. On Close of a source, Drain of a subscription and a final error, what was
//     received is delivered before a channel is closed, for as long as the contexts
//     live. Close waits for no consumer. Shutdown waits until they have received
//     it all, or returns an [*UndeliveredError] with what is left when its own context
//     ends; it waits for nobody who has unsubscribed.
//  12. Err of a subscription, a feed or a room is nil until its channel is closed, and
//     then says why.
//
// # The connection
//
//  13. Live means authenticated, with every subscription confirmed by the server;
//     Subscribe returns, and the Gap after an outage comes, only then.
//  14. An outage is retried for ever, with the back-off of [Config]; a Retry-After
//     is heeded. A rejected token is final: on the first connect, if no address
//     connects and any refuses it; later on, once every address has refused it
//     twice, after asking TokenSource again, with no other answer of its own
//     between. Until then [Notifier.State] tells of it.
//  15. A connection on which nothing arrives is noticed: a ping is sent after 20 s
//     and waited for 10 s.
//
// # Webhooks
//
//  16. A request is answered as soon as it is decoded, with 200 once its
//     notifications are in the subscriptions' queues. Those of one request stay
//     together.
//  17. What the server could not deliver leaves no trace. A request that arrives and
//     is refused leaves a Gap where a secret shows that it is the server's, see
//     [Webhook.ServeHTTP]; a stranger's leaves none. It is refused with 5xx where it
//     may be accepted when it comes again, and with 4xx otherwise: Fishjam Cloud
//     repeats the former, Jellyfish and self-hosted Fishjam try each request once.
//  18. Everyone's requests are accepted unless [WebhookConfig] has secrets.
package stream
