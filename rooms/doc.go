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
//  1. A call makes one request (but for [Client.Subscribe] on servers before
//     0.5.0) and repeats none: the server can't tell a repetition from a new
//     request. It ends with its context, and at the latest after
//     [Config.Timeout], whatever the server does.
//  2. What the server can't know how to treat is refused before anything is
//     sent, as an [*InputError]: empty ids, credentials in part, times that
//     aren't whole seconds. Anything else that fails is an [*Error]. Both name
//     what failed; errors.Is tells the causes apart that callers branch on.
//  3. Tokens, passwords and keys are in no error, and in none of this package's
//     values as printed by fmt or logged by [log/slog]: they show as set or not.
//     Two things are out of reach: what fmt does with a value in an unexported
//     field, and what a JSON log handler does with one inside a slice or a
//     struct of yours. Marshalled as JSON, values are complete.
//  4. Redirects are refused: the token goes to no other host. A body of more
//     than 16 MiB is an error. Connections that idle are closed after 4 seconds,
//     since the server closes them after 5.
//  5. A [Client] may be used by any number of goroutines at once.
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
