// Package jellyfishtest is a Jellyfish server for tests: one that runs inside
// the test's process, says what the test wants, and fails on command.
//
// A running server and a client on it take three statements:
//
//	server := jellyfishtest.Run(t, jellyfishtest.Config{})
//	sub, err := stream.Subscribe(ctx, stream.Config{
//		ServerAddress:  server.Address(),
//		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
//	})
//	err = server.Send(decode.RoomCreated{RoomID: "room-1"})
//
// The server speaks the notification socket as servers 0.2.0 to 0.6.3 do, down
// to the codes and texts with which they close it. It notifies of what happens
// in its rooms, and of what [Server.Send] and its siblings are given as if it had
// happened. A metrics report goes every second to those who asked for metrics;
// it lists the connected peers.
//
// # Rooms
//
// The REST interface is that of server 0.5.0, with its statuses, its texts and
// the order in which it finds fault: rooms, peers, components of all kinds, SIP
// calls, recordings, health. Rooms have their limits and timeouts.
// [Server.Calls] returns what clients asked for.
//
// Peers are clients of the peer socket, /socket/peer/websocket, with the token
// that they were given when they were added. They authenticate, send the media
// events connect, updateEndpointMetadata and updateTrackMetadata, and leave.
// There is no media: [Server.AddTrack], [Server.UpdateTrack] and
// [Server.RemoveTrack] do what an offer would. What a test can't wait for, it
// makes happen: [Server.ConnectPeer], [Server.CrashRoom], [Server.CrashPeer],
// [Server.CrashComponent], [Server.FinishComponent], [Server.MakePlayable].
//
// # Faults
//
// Connections are lost by [Server.Cut] and [Server.CloseConnections], the server
// hangs by [Server.Silence], is slow by [Server.Delay] and refuses by
// [Server.SetToken] and [Server.AnswerUpgrade]. [Server.FailCalls] gives REST
// calls any answer, delays it, or cuts it off:
//
//	err := server.FailCalls(jellyfishtest.CallFault{
//		Method: "POST", Path: "/room", Times: 2,
//		Status: 503, Header: http.Header{"Retry-After": {"1"}},
//	})
//
// [Server.Restart] is a restart as clients see it, with every connection lost and
// all rooms gone; [Server.Reset] is one behind something that keeps the
// connections. [Server.SetUptime] and [Config.DisableHealth] are for those who
// watch a server's health. A [Cluster] joins servers; a [Balancer] is an address
// that leads to several of them, or a second address of one.
//
// # Webhooks
//
// A room that was created with a webhookUrl calls it from its creation to its
// end with all that subscribers are told of it, except for the upload of its stream,
// which comes later. One sender posts what happens in all rooms, one notification
// after the other and each once, over connections that it keeps; a user in the
// URL becomes Basic authentication. It waits 8 seconds for a connection and 5 for
// an answer, so that one slow receiver delays all rooms. Failures are only
// logged. In a cluster the node with the room is the sender.
//
// [Config.Receivers] are handlers that are called in memory. [Config.Webhooks]
// has the rest: the JSON of server 0.3.0, and of hosted Fishjam the address of an
// account, signatures, batches, and repeats. With such an address [Server.Send]
// and [Server.SendBatch] bring any notification to a handler, without a room:
//
//	server := jellyfishtest.Run(t, jellyfishtest.Config{
//		Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/", Hosted: true},
//		Receivers: map[string]http.Handler{"receiver.test": handler},
//	})
//	err := server.Send(decode.RoomCreated{RoomID: "room-1"})
//
// # What holds
//
//  1. A server runs when [New] or [Run] returns. When [Server.Close] returns, it
//     is gone with all its connections and goroutines.
//  2. Once a client's subscription is confirmed, everything that is sent from
//     then on goes to that client. Every connection gets it in the order of the
//     calls.
//  3. Sending never waits for a client: each connection has a queue without a
//     bound, as an Erlang process has.
//  4. What was sent before a cut is delivered before it to a client that reads.
//     A client that stops reading for a second loses what it hasn't read.
//  5. What happens in a room is sent before the answer to the request that caused
//     it, and before the method that made it happen returns. Webhooks are called
//     in the same order, but later: nothing waits for them.
//  6. Of a connection that has ended nothing is kept but what [Config.History]
//     allows.
//  7. All methods may be called at any time from any goroutine, also after Close,
//     when there is nobody left to tell.
//
// # Time
//
// With [Config.InMemory] no TCP is involved. Connections are made with
// [net.Pipe], which makes a server fit for [testing/synctest]: its pings, its
// limit of 60 seconds without a byte from the client, its metrics and delays
// then take no time. The client needs the server's [Server.HTTPClient].
//
//	synctest.Test(t, func(t *testing.T) {
//		server := jellyfishtest.Run(t, jellyfishtest.Config{InMemory: true})
//		sub, err := stream.Subscribe(t.Context(), stream.Config{
//			ServerAddress:  server.Address(),
//			ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
//			HTTPClient:     server.HTTPClient(),
//		})
//		…
//	})
//
// A pipe has no buffer and can't be reset: tests of those things need TCP.
package jellyfishtest
