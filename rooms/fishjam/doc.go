// Package fishjam is a client for the REST API of hosted Fishjam: it creates and
// deletes rooms, livestreams and recordings, and admits peers, streamers and viewers
// to them.
//
//	client, err := fishjam.New(fishjam.Config{
//		FishjamID:       os.Getenv("FISHJAM_ID"),
//		ManagementToken: fishjam.NewSecret(os.Getenv("FISHJAM_MANAGEMENT_TOKEN")),
//	})
//	room, err := client.CreateRoom(ctx, fishjam.RoomConfig{MaxPeers: 10})
//	added, err := client.AddPeer(ctx, room.ID, fishjam.WebRTCOptions{})
//
// Notifications come from package stream with the same id and token. Servers that you
// run yourself, Jellyfish and Fishjam 0.2.0 to 0.6.3, have another interface: that is
// package rooms.
//
// # Guarantees
//
// They are those of package rooms, by the same code: a call returns when its context
// ends or after [Config].Timeout, whatever the server or a proxy does; it makes one
// request and never retries, and [Error].MaybeDone says when a call that changes
// something may have been carried out; memory is bounded by [Config].ReadLimit; values
// that can't be read are left at zero and listed in Problems; arguments that can't be
// sent are refused before anything is, as an *[InputError]; tokens are of type [Secret]
// and appear in no error; redirects are refused; a [Client] is safe for concurrent use.
//
// # What is known of the interface
//
// It follows Fishjam's OpenAPI 0.29.0, and 0.30 and 0.31 for recordings, with what the
// official SDKs' tests show. Where these are silent the package is lenient: fields that
// are missing are zero, and values that it doesn't know, such as a new type of room, are
// passed through. Not known are which requests are limited in number (a 429 with
// Retry-After is understood), how long the tokens of streamers and viewers are valid,
// and with which status an active recording's deletion is refused.
//
// Two things are left to others: the audio socket of an agent, of which [AddedPeer] has
// the address and the token, and the composition API, which is another host.
package fishjam
