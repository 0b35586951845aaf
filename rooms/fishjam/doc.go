// Package fishjam is a client for hosted Fishjam's REST API: it creates, lists and
// deletes rooms, livestreams and recordings, and adds peers, streamers and viewers. For
// a Jellyfish or Fishjam server of your own, use package rooms.
//
//	client, err := fishjam.New(fishjam.Config{
//		FishjamID:       "0123456789abcdef",
//		ManagementToken: fishjam.NewSecret(os.Getenv("FISHJAM_MANAGEMENT_TOKEN")),
//	})
//	room, err := client.CreateRoom(ctx, fishjam.RoomConfig{MaxPeers: 10})
//	added, err := client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{
//		Metadata: map[string]string{"name": "Ada"},
//	})
//
// The id and the token are those that Fishjam's dashboard shows. Notifications of the
// same rooms come from package stream, whose Config has a FishjamID as well.
//
// # Guarantees
//
// They are those of package rooms, whose transport this package shares:
//
//  1. A call returns when its context ends, and at the latest after
//     [Config].Timeout, whatever the server does; this includes reading the
//     response. An incomplete response is an error.
//  2. A call makes one request and never retries, also if it is refused with HTTP 429
//     or 503: [Error].RetryAfter is how long the server asks to wait. If a request that
//     changes something was sent but no complete response arrived, [Error].MaybeDone is
//     set. Fishjam has no idempotency keys: list before you create again.
//  3. Decoding a response takes at most 64 KiB plus 8 times the bytes read, and at
//     most 4 times [Config].ReadLimit. Beyond that, the call fails with [ErrTooLarge].
//  4. Unreadable values don't affect the rest of a response. They are left at their
//     zero value and listed in the Problems of the room, livestream or recording; one
//     without an id is left out and counted in [Stats]; and each such response is logged
//     as one line. Fields, types and statuses that this library doesn't know are no
//     problem.
//  5. Arguments that Fishjam's OpenAPI doesn't allow are refused before anything is
//     sent, as an [*InputError]. Any other failure is an [*Error].
//  6. Tokens, keys and URLs that contain them are of type [Secret], which is never
//     printed, and never appear in errors or logs, also if the server repeats them.
//  7. Redirects are refused, so that the token goes to no other host.
//  8. A [Client] is safe for concurrent use by multiple goroutines.
//
// # Errors
//
// Errors of Fishjam have their text under "errors", and those of the gateway before it
// under "detail"; [Error].Message is the gateway's if there are both. Only Fishjam's own
// 404 is [ErrRoomNotFound] or one like it: a gateway's says nothing about the room. See
// docs/fishjam.md for all statuses.
//
// # Deprecation
//
// Each request names this library and its version in x-fishjam-api-client. If Fishjam
// responds that the version is deprecated, the Logger gets a line and
// [Client.Deprecated] returns it.
//
// # Versions
//
// The package was written for Fishjam's OpenAPI 0.29.2, with the recordings of 0.31.
//
// # Out of scope
//
// The audio of agents, over the WebSocket that [AddedPeer].AgentURL names; the API of
// compositions, which is on another host, rtc.fishjam.io; the Sandbox API; and media,
// over WHIP, WHEP or MoQ.
package fishjam
