// Package decode decodes messages of a Jellyfish media server, later named Fishjam,
// into typed notifications.
//
// [Append] decodes one frame of the server notification socket, [RequestDecoder] a
// webhook request and [AppendBody] the body of one: all carry the same messages.
// Decoding depends only on the input bytes: there is no state, no logging, and no I/O
// except reading a request's body.
//
// # Notifications
//
// A [Notification] is a plain struct such as [PeerConnected], by value. Switch on its
// type for the fields, or compare its [Kind], of which [Kinds] returns all; [RoomOf]
// returns the room of any of them. Notifications are never pointers: write case
// decode.PeerConnected, since *decode.PeerConnected compiles but never matches. The
// documentation of each type says which servers send it, and when. There are no times
// or sequence numbers, since the server sends none, so equal values can be two
// events.
//
// In JSON a notification is an object with its kind and its fields, named in snake
// case as in the schema, such as
//
//	{"kind":"peer_connected","room_id":"r1","peer_id":"p1"}
//
// which [UnmarshalNotification] reads back.
//
// # Metadata
//
// The metadata of peers and tracks is JSON text whose meaning is up to the
// application: a [Metadata] keeps the text and parses it on demand.
//
// # Metrics
//
// A [MetricsReport] is JSON text too, and is parsed on demand: as a whole into
// [Metrics], a tree of rooms, their endpoints and their tracks, or one room of
// it into [RoomMetrics], which skips the others. Every node of the tree has a
// [MetricSet], which distinguishes integers, other numbers, texts and metadata, and
// includes metrics unknown to this package. A malformed part doesn't prevent the rest
// from being parsed; it is reported in the Problems of its room.
//
// # Webhooks
//
// The notifications of a room that was created with a webhook URL are posted there;
// Fishjam Cloud follows the account's settings. [RequestDecoder.Decode] reads such a
// request, after verifying that it comes from the server: Jellyfish and self-hosted
// Fishjam sign nothing, so the URL carries a secret ([RequestDecoder.URL]); Fishjam
// Cloud signs ([CheckSignature]).
//
// Servers guarantee little (Jellyfish and self-hosted Fishjam 0.3.0 to 0.6.3; Fishjam
// Cloud according to its vendor's notes):
//
//   - Jellyfish and self-hosted Fishjam post each notification at most once. If the
//     receiver can't be reached, is slow or responds with anything but a 2xx status,
//     it is lost: there is no retry and, unlike with a subscription, no gap reports
//     it.
//   - Fishjam Cloud retries a request that got a 5xx response or none, up to
//     8 times in about 30 s, and never after a 4xx. So a notification can be posted
//     twice.
//   - Order is preserved within a room, but not between rooms.
//   - Notifications have no ids. A program that also uses the notification socket
//     receives them twice.
//   - Metrics reports are never posted, and the end of an HLS upload practically
//     never.
//   - The server waits up to 5 s for the response and meanwhile posts nothing else of
//     any room of its node (Fishjam Cloud: of that room). So respond at once, and
//     process in another goroutine.
//
// # Unknown and malformed messages
//
// A message of a type newer than this library is an [Unknown] with its number and
// bytes. Fields newer than this library are ignored, and newer enum values keep their
// number. Otherwise the rules of protobuf apply: invalid UTF-8 makes a message
// undecodable, repeated submessages are merged, the last member of a oneof wins. A
// message is decoded as a whole or not at all: nothing is kept of an undecodable one,
// and [ErrUndecodable] says why.
//
// # Memory
//
// A notification keeps one copy of its strings, and a report one of its JSON; the
// rest of a message is kept in memory only if the message (128 bytes) or the rest (64
// bytes) is small. Decoding takes up to four times the size of the message. A batch
// of empty notifications takes fifty times its size, but no more than 16 MiB, since a
// message of more than [MaxBatch] elements is undecodable. Nesting up to protobuf's
// limit of 10,000 levels takes a few MiB of stack. A webhook's JSON takes twice its
// size in addition.
//
// Parsing a metrics report takes one to two times the size of its text, and up to
// sixty times for a hostile one. Values may nest to any depth, and nodes up to 100
// levels. The tree keeps the whole text in memory.
//
// # Concurrency
//
// All functions and methods are safe for concurrent use. The values are immutable and
// may be shared.
package decode
