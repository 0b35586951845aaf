// Package decode turns the bytes of a Jellyfish media server, later named
// Fishjam, into typed notifications.
//
// [Append] takes one frame of the server notification socket, [RequestDecoder] a
// webhook request and [AppendBody] the body of one: all carry the same messages. They are
// functions of their bytes alone: no I/O but the reading of a request's body, no
// state, no logging.
//
// # Notifications
//
// A [Notification] is a plain struct such as [PeerConnected], by value. Switch
// on its type for the fields, or compare its [Kind], of which [Kinds] returns all;
// [RoomOf] gives the room of any of them. Nothing is ever a pointer: write the case
// decode.PeerConnected, since *decode.PeerConnected compiles and never matches. Which server sends a type, and when, stands beside the type.
// Times and sequence numbers are nowhere: the server sends none, so equal values
// can be two events.
//
// As JSON a notification is an object of its kind and its fields under the schema's
// names in snake case, such as
//
//	{"kind":"peer_connected","room_id":"r1","peer_id":"p1"}
//
// which [UnmarshalNotification] reads back.
//
// # Metadata
//
// What a peer attaches to itself and to its tracks is JSON text, whose meaning
// is the application's: a [Metadata] keeps the text and parses it on demand.
//
// # Metrics
//
// A [MetricsReport] is JSON text too, and parsed only when asked for: as a whole
// into [Metrics], a tree of rooms, their endpoints and the tracks of these, or one
// room of it into [RoomMetrics], which skips the others. Every node of the tree has
// a [MetricSet], which keeps integers, other numbers, texts and metadata apart and
// has the metrics that this package doesn't know as well. A part that isn't what its
// key calls it hides no other, and is told of in the Problems of its room.
//
// # Webhooks
//
// A room that was created with a webhook's URL has its notifications posted there,
// those of Fishjam Cloud as the account's settings say. [RequestDecoder.Decode] reads such
// a request, after it has verified that it is the server's: Jellyfish and
// self-hosted Fishjam sign nothing, so the URL carries a secret ([RequestDecoder.URL]);
// Fishjam Cloud signs ([CheckSignature]).
//
// What such a server promises is little (Jellyfish and self-hosted Fishjam 0.3.0 to
// 0.6.3; Fishjam Cloud as its maker's notes have it):
//
//   - Jellyfish and self-hosted Fishjam post each notification at most once. Where the
//     receiver can't be reached, is slow or answers with anything but a 2xx status, it
//     is lost: there is no retry and, unlike with a subscription, no gap tells.
//   - Fishjam Cloud repeats a request that was answered with 5xx or not at all, up to
//     8 times in about 30 s, and never after a 4xx. So it can post one twice.
//   - The order is kept within a room; between rooms there is none to rely on.
//   - Notifications have no ids. What also comes by the notification socket comes
//     twice.
//   - Metrics reports never come, and an HLS upload's end practically never.
//   - The server waits up to 5 s for the answer and posts nothing else meanwhile,
//     for no room of its node (Fishjam Cloud: of that room). So answer at once, and work on a goroutine of yours.
//
// # What is newer or broken
//
// A message of a type newer than this library is an [Unknown] with its number
// and bytes. Fields newer than this library are left out, and enum values newer
// than it keep their number. Everything else is as protobuf has it: invalid
// UTF-8 makes a message undecodable, a message that comes in pieces is merged,
// the last member of a oneof wins. A message is decoded as a whole or not at
// all: of an undecodable one nothing is kept, [ErrUndecodable] says why.
//
// # Memory
//
// A notification keeps one copy of its texts, and a report one of its JSON: what
// else was in a message is kept only where the message is small (128 bytes) or that
// is (64 bytes).
// Decoding takes up to four times the size of the message. A batch of empty
// notifications takes fifty times its size, but no more than 16 MiB, since a
// message of more than [MaxBatch] elements is undecodable. Nesting up to
// protobuf's limit of 10,000 levels takes a few MiB of stack. The JSON of a webhook
// takes twice its size besides.
//
// Parsing a metrics report takes one to two times the size of its text, and sixty
// times for one that is made up for that. Values may nest as deep as they like, and
// nodes up to 100 levels. The tree keeps the whole text in memory.
//
// # Concurrency
//
// All functions and methods may be called from any goroutine. The values never
// change and may be shared.
package decode
