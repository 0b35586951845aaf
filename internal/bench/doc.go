// Command bench measures the library end to end, beside a plain Go loop that
// does the same job.
//
//	go run ./internal/bench
//
// prints tables in Markdown. With -check the exit status tells whether every bar
// was met.
//
// # Rates
//
// For each kind of message two programs in this process are compared: the
// library, read through its public channels, and the plain loop:
// nhooyr.io/websocket's Read, proto.Unmarshal, a copy into a flat struct, and a
// channel of 1,024 to a consumer. A child process sends them the same messages,
// encoded as frames beforehand and written many at a time. It is never further
// ahead than a window, of which the consumers acknowledge halves: the plain loop
// holds a fast sender up by not reading, but the library never stops reading and
// drops what is too much for a consumer's queue. A third reader, which only
// discards the bytes and acknowledges likewise, shows how fast the sender could
// be.
//
// The three take turns, round by round, and each starts from a collected heap.
// The table shows medians, and of the ratio of the two rates its extremes too. A
// round in which the library's consumer was told of a Gap doesn't count and is
// repeated, as long as such rounds are fewer than half; the table shows how many
// there were and what they missed. CPU time is that of this process, user and
// system. Other work on the machine disturbs all of this.
//
// # The rest
//
// Latency is the time from just before the sender writes a message, each with a
// write of its own, until the consumer has it. Idle notifiers are opened in a
// process of their own, and measured right after that and a garbage collection.
// Cut to live again is the time from the sender's closing a connection until the
// consumer has the Gap.
//
// # The live view
//
// A child process is a Jellyfish server with 10,000 rooms of 10 peers, half of them
// connected. In each round this process asks it for the list: without the library,
// with package rooms, and by starting a view. What the server takes to write the
// list is in each of these times and not in the CPU time. The memory of the view is
// that of the heap after garbage collection, with the view and without.
//
// A change is a peer of a random room that connects or disconnects, from the
// server's command until the consumer of the view's changes has it; the same is
// received without a view for comparison. Every other change brings a second
// notification, of the peer's metadata, which says nothing new. Of many changes the
// time is mostly the server's, which makes them one after the other: the CPU time
// is what they cost here. Quick calls are timed 100 at a time, and the row shows the
// median of these.
//
// An outage is a connection that the server closes and doesn't accept again before
// so many peers have changed. The time is that from the end of the outage until the
// view has the list and its consumer the changes.
//
// # Profiles
//
// For profiles, run the benchmarks of the package's test:
//
//	go test -run '^$' -bench EndToEnd/PeerConnected/library -benchtime 2000000x -cpuprofile cpu.out ./internal/bench
//	go test -run '^$' -bench Latency/library -benchtime 200000x -blockprofile block.out ./internal/bench
//	go test -run '^$' -bench LiveView/change -benchtime 200000x -cpuprofile cpu.out ./internal/bench
package main
