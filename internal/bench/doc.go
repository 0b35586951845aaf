// Command bench measures the library end to end, beside a plain Go loop that
// does the same job.
//
//	go run ./internal/bench
//
// prints one table. For each kind of message it compares two programs in this
// process: the library, read through its public channels, and the plain loop:
// nhooyr.io/websocket's Read, proto.Unmarshal, a copy into a flat struct, and a
// channel of 1,024 to a consumer. A child process sends them the same messages,
// encoded as frames beforehand and written many at a time. A third reader, which
// only discards the bytes, shows how fast the sender could be.
//
// The three take turns, round by round, and each starts from a collected heap.
// The table shows medians, and of the ratio of the two rates its extremes too. A
// round in which the library's consumer was told of a Gap doesn't count and is
// repeated, as long as such rounds are fewer than half; the table shows how many
// there were and what they missed. CPU time is that of this process, user and
// system. Other work on the machine disturbs all of this.
//
// With -check the exit status tells whether every comparison met its bar. For
// profiles, run the benchmark of the package's test:
//
//	go test -run '^$' -bench EndToEnd/PeerConnected/library -benchtime 2000000x -cpuprofile cpu.out ./internal/bench
package main
