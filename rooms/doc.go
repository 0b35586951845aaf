// Package rooms is a client for a Jellyfish server's REST API: it creates, lists
// and deletes rooms, adds peers and components to them, and controls what
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
// # Guarantees
//
//  1. A call returns when its context ends, and at the latest after
//     [Config].Timeout, whatever the server does; this includes reading the
//     response. An incomplete response is an error.
//  2. A call makes one request (except for [Client.Subscribe] on servers before
//     0.5.0) and never retries, since the server can't tell a retry from a new
//     request. A request that changes something is sent only once, even if the
//     Header has an Idempotency-Key; it moves to another connection only if
//     nothing of it was written to the first, which the server had closed. If it
//     was sent but no complete response arrived, [Error].MaybeDone is set and the
//     text says so. A request that only reads may be sent twice, by package
//     net/http, if the connection that it was sent on turns out to be closed.
//  3. Decoding a response takes at most 64 KiB plus 8 times the bytes read, and at
//     most 4 times [Config].ReadLimit. A response that would take more, or that is
//     longer than ReadLimit, is [ErrTooLarge]. At most 64 KiB of an error response
//     are read, and 4 KiB if it isn't JSON.
//  4. Unreadable values don't affect the rest of a response. They are left at their
//     zero value and listed in [Room].Problems; a room without an id is left out
//     and counted in [Stats]; and each such response is logged as one line to
//     [Config].Logger. Whole numbers may be spelt 10.0 or 1e1, keys are matched
//     case-insensitively, and invalid UTF-8 becomes U+FFFD. Metadata is kept as the
//     server wrote it, however deeply nested, and never parsed.
//  5. After a call that timed out, later calls use new connections, since the
//     network path of the existing ones may be broken. Calls in progress continue.
//  6. Arguments that the server can't handle are refused before anything is sent,
//     as an [*InputError]: empty ids, incomplete credentials, secrets surrounded by
//     white space, durations that aren't whole seconds. Any other failure is an
//     [*Error]. Both name what failed; use errors.Is for the causes that callers
//     branch on.
//  7. Tokens, passwords and keys never appear in errors, and are of type [Secret],
//     which is never printed. The Header of a [Config] is not protected if the
//     Config is in an unexported field or printed with the verb %p.
//  8. Redirects are refused, so that the token goes to no other host. Idle
//     connections are closed after 4 seconds, since the server closes them after 5.
//  9. A [Client] is safe for concurrent use by multiple goroutines.
//
// With an HTTPClient whose Transport isn't an *http.Transport, the first, second
// and fifth hold only as far as that Transport provides them.
//
// # Nodes of a cluster
//
// Any node accepts [Client.Create] and may choose another one to hold the room.
// All later calls for that room go to the node that holds it, which
// [Created].Address names; every other node responds that the room does not
// exist. [Client.At] returns a client for a node.
//
// # Versions
//
// The package supports servers 0.2.0 to 0.6.3. Fields that an older one doesn't
// send are zero, and fields that a newer one adds are ignored; a component of an
// unknown type has [UnknownProperties].
package rooms
