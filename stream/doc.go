// Package stream delivers a Jellyfish server's notifications and metrics on Go
// channels.
//
// [Subscribe] connects, authenticates, subscribes and returns a [Subscription],
// whose channel is read in a select loop. [Open] makes a connection that any number
// of subscriptions share, [NewWebhook] receives webhook requests instead, and
// [NewRelay] delivers notifications that the program gets from elsewhere. On each of
// these sources, [EachRoom] provides a channel per room, [SubscribeTo] a channel of
// one notification type, and [Batches] a channel of slices. There are no callbacks;
// to unsubscribe, cancel the context.
//
// # Delivery
//
//  1. A subscription receives what the server sends, in order and without duplicates.
//     The server itself guarantees order only within a room, and doesn't number
//     notifications.
//  2. Wherever notifications are or may be missing, a [Gap] is delivered at exactly
//     that place. It gives the reason: the consumer was too slow, the connection was
//     lost, a message couldn't be decoded, or a webhook request of the server had to
//     be refused. No Gap is ever lost. The notifications delivered, plus those that
//     Gaps count as dropped, are all that were received.
//  3. The server doesn't replay notifications. After an outage, list the rooms to find
//     out what has changed.
//  4. [EachRoom]: a room's channel begins with the first notification of the room,
//     whichever that is, and is closed after the room's end was delivered. Everything
//     else here applies to each room's channel. Gaps are delivered to every open room
//     and between the rooms. Rooms that aren't received are dropped as a whole.
//  5. [Batches]: each slice holds what is available, up to 256 notifications and Gaps
//     in order, without waiting for more. It is never modified afterwards.
//  6. [Relay]: the arguments of one call of Put stay together, Gaps included, and are
//     delivered as from any other source.
//
// # Slow consumers
//
//  7. Neither the connection, nor the response to a webhook request, nor [Relay.Put]
//     ever waits for a consumer, and so a slow consumer doesn't delay other
//     subscriptions, metrics, pings or a reconnect. Each subscription has a channel
//     with a buffer of 64 and behind it a queue of at most 16,384 notifications and
//     4 MiB, as measured on the wire. When the queue is full, the oldest notifications
//     are dropped and counted in a Gap. A single notification is kept however large
//     it is.
//  8. An idle subscription needs no goroutine, one with a slow consumer needs one.
//  9. Metrics reports are recent values: the newest few are queued, older ones are
//     dropped, and each report says how many were skipped before it.
//
// # Lifetime
//
//  10. The context given to Open, NewWebhook, NewRelay or to the functions that
//     subscribe is the lifetime of the result and of everything created from it. When
//     it ends, channels are closed within 100 ms, in any state, and goroutines and
//     sockets are released. What is in a channel's buffer can still be read. Exceptions
//     are a system resolver that can't be interrupted, a user's [net/http.RoundTripper]
//     that isn't an *[net/http.Transport], and the HTTP server around a Webhook.
//  11. On Close of a source, Drain of a subscription and a final error, what was
//     received is delivered before a channel is closed, unless the contexts end first.
//     Close doesn't wait for consumers. Shutdown waits until they have received
//     everything (not until they have processed it), or returns an [*UndeliveredError]
//     with what is left when its own context ends; it doesn't wait for subscriptions
//     that were cancelled.
//  12. Err of a subscription, a feed or a room is nil until its channel is closed, and
//     then says why.
//
// # The connection
//
//  13. Live means that the server has accepted the token and confirmed every
//     subscription; only then does Subscribe return and is the Gap after an outage
//     delivered.
//  14. Outages are retried forever, with the back-off of [Config]; a Retry-After is
//     honoured. A rejected token is final: on the first connect, if no address connects
//     and any refuses it; later on, once every address has refused it twice, after
//     calling TokenSource again, with no other response from that address in between.
//     Until then [Notifier.State] reports the refusal.
//  15. Dead connections are detected: after 20 s without a frame a ping is sent, and
//     the connection is given up if nothing arrives within another 10 s.
//
// # Webhooks
//
//  16. The response is sent as soon as the request is decoded: 200 once its notifications
//     are in the subscriptions' queues. The notifications of one request stay together.
//  17. What the server could not deliver can't be detected. A request that arrives and
//     is refused leaves a Gap if a secret shows that it came from the server, see
//     [Webhook.ServeHTTP]; other requests leave none. It is refused with 5xx if it may
//     be accepted when it is sent again, and with 4xx otherwise: Fishjam Cloud retries
//     the former; Jellyfish and self-hosted Fishjam try each request once.
//  18. All requests are accepted unless [WebhookConfig] has secrets.
package stream
