// Package rooms is a client of a Jellyfish server's REST interface: it makes,
// lists and ends rooms, adds peers and components to them, and steers what
// components do.
//
//	client, err := rooms.New(rooms.Config{
//		ServerAddress:  "localhost:5002",
//		ServerAPIToken: rooms.NewSecret("development"),
//	})
//	created, err := client.Create(ctx, rooms.RoomConfig{VideoCodec: rooms.VideoCodecH264})
//	node, err := client.At(created.Address)
//	added, err := node.AddPeer(ctx, created.Room.ID, rooms.PeerOptions{})
//
// # What holds
//
//  1. A call ends with its context, and at the latest after [Config].Timeout,
//     whatever the server does, reading its answer included. An answer that isn't
//     final, or not complete, is an error.
//  2. A call makes one request (but for [Client.Subscribe] on servers before
//     0.5.0) and repeats none: the server can't tell a repetition from a new
//     request. One that changes something is sent once, also where the Header has
//     an Idempotency-Key: over another connection only where nothing of it was
//     written to the first, which the server had closed. If it was sent and no
//     whole answer came, [Error].MaybeDone is set and the text says so. A call that only asks may be sent twice, by
//     package net/http, if the connection that it was sent on turns out to be
//     closed.
//  3. An answer takes no more memory than 64 KiB and 8 times the bytes that were
//     read of it, and than 4 times [Config].ReadLimit; one that would is
//     [ErrTooLarge], as is one of more bytes than ReadLimit. Of an error at most
//     64 KiB are read, and of one that is no JSON 4 KiB.
//  4. What is odd in an answer hides nothing else. A value that can't be read is
//     left at its zero value and told in [Room].Problems, a room without an id is
//     left out and counted in [Stats], and each such answer is one line to
//     [Config].Logger. Whole numbers may be spelt 10.0 or 1e1, the case of keys
//     doesn't matter, and what isn't UTF-8 becomes U+FFFD. Metadata is kept as the
//     server wrote it, however deep it is nested, and never parsed.
//  5. After a call that ran into its time limit, or its context's, the next ones
//     use new connections: the path of those that there were may be gone. Calls
//     that are being made go on.
//  6. What the server can't know how to treat is refused before anything is
//     sent, as an [*InputError]: empty ids, credentials in part, secrets with white
//     space around them, times that aren't whole seconds. Anything else that fails
//     is an [*Error]. Both name what failed; errors.Is tells the causes apart that
//     callers branch on.
//  7. Tokens, passwords and keys are in no error, and of the type [Secret], which
//     nothing prints. The Header of a [Config] is out of reach where that is in an
//     unexported field, or printed with the verb %p.
//  8. Redirects are refused: the token goes to no other host. Connections that idle
//     are closed after 4 seconds, since the server closes them after 5.
//  9. A [Client] may be used by any number of goroutines at once.
//
// With an HTTPClient whose Transport is no *http.Transport, the first, second and
// fifth hold as far as that keeps them.
//
// # Nodes of a cluster
//
// Any node takes [Client.Create] and may choose another one to hold the room.
// All later calls for that room go to the node that holds it, which
// [Created].Address names; every other node answers that the room does not
// exist. [Client.At] makes a client for a node.
//
// # Versions
//
// The package speaks to servers 0.2.0 to 0.6.3. What an older one leaves out is
// the zero value, and what a newer one adds is ignored; a component of a type
// that this package doesn't know has [UnknownProperties].
package rooms
