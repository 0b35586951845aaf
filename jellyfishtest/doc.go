// Package jellyfishtest is a Jellyfish server for tests. It runs inside the test's
// process, sends what the test wants, and fails on command.
//
// Starting a server and subscribing to it takes three statements:
//
//	server := jellyfishtest.Run(t, jellyfishtest.Config{})
//	sub, err := stream.Subscribe(ctx, stream.Config{
//		ServerAddress:  server.Address(),
//		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
//	})
//	err = server.Send(decode.RoomCreated{RoomID: "room-1"})
//
// The server speaks the notification socket as servers 0.2.0 to 0.6.3 do, down to the
// codes and texts with which they close it. It sends notifications of what happens in
// its rooms, and those that are passed to [Server.Send] and its siblings. Once a
// second it sends a metrics report, which lists the connected peers, to the clients
// that subscribed to metrics.
//
// # Rooms
//
// The REST API is that of server 0.5.0, with the same statuses, error texts and order
// of checks: rooms, peers, components of all kinds, SIP calls, recordings, health.
// Limits and timeouts of rooms are implemented. [Server.Calls] returns the requests.
//
// Peers are clients of the peer socket, /socket/peer/websocket, and use the token
// that was returned when they were added. They authenticate, send the media events
// connect, updateEndpointMetadata and updateTrackMetadata, and leave. There is no
// media: [Server.AddTrack], [Server.UpdateTrack] and [Server.RemoveTrack] do what an
// offer would. A test triggers other events itself: [Server.ConnectPeer],
// [Server.CrashRoom], [Server.CrashPeer], [Server.CrashComponent],
// [Server.FinishComponent], [Server.MakePlayable].
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
// [Server.Restart] is a restart as clients see it, with all connections and rooms
// lost; [Server.Reset] is one behind a proxy that keeps the connections.
// [Server.SetUptime] and [Config.DisableHealth] are for clients that poll a server's
// health. A [Cluster] joins servers; a [Balancer] is an address that leads to several
// of them, or a second address of one.
//
// # Webhooks
//
// A room that was created with a webhookUrl calls it from its creation to its end
// with the notifications that subscribers get of it, except for the upload of its
// stream, which comes later. A single sender posts the notifications of all rooms,
// one after the other and each once, over persistent connections; a user in the URL
// becomes Basic authentication. It waits 8 seconds for a connection and 5 for a
// response, so that one slow receiver delays all rooms. Failures are only logged. In
// a cluster the node that holds the room is the sender.
//
// [Config.Receivers] are handlers that are called in memory. [Config.Webhooks]
// selects variants: the JSON of server 0.3.0, and hosted Fishjam's account-wide URL,
// signatures, batches and retries. With such a URL [Server.Send] and
// [Server.SendBatch] post any notification to a handler, without a room:
//
//	server := jellyfishtest.Run(t, jellyfishtest.Config{
//		Webhooks:  jellyfishtest.Webhooks{URL: "http://receiver.test/", Hosted: true},
//		Receivers: map[string]http.Handler{"receiver.test": handler},
//	})
//	err := server.Send(decode.RoomCreated{RoomID: "room-1"})
//
// # Guarantees
//
//  1. A server runs when [New] or [Run] returns. When [Server.Close] returns, all its
//     connections and goroutines are gone.
//  2. Once a client's subscription is confirmed, everything that is sent afterwards
//     goes to that client, in the order of the calls.
//  3. Sending never waits for a client: each connection has an unbounded queue, like
//     an Erlang process.
//  4. What was sent before a cut is still delivered, unless the client stops reading
//     for a second.
//  5. Notifications are sent before the response to the request that caused them, and
//     before the method that caused them returns. Webhooks are called in the same
//     order, but asynchronously.
//  6. Nothing of a closed connection is kept except what [Config.History] allows.
//  7. All methods may be called at any time from any goroutine, even after Close.
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
// A pipe has no buffer and can't be reset: tests that depend on this need TCP.
package jellyfishtest
