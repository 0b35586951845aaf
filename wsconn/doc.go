// Package wsconn keeps one WebSocket connection to a server alive.
//
// It knows sockets and nothing of what is said over them. [Dial] makes the
// first connection and runs a handshake that the caller gives; [Conn.Receive]
// hands out messages until the connection is lost, and says why it was;
// [Conn.Reconnect] then waits, dials the next address and shakes hands again,
// for as long as it takes. Package stream is built on it, and is what most
// programs want.
//
// # Lifetime
//
// The context given to Dial is the connection's lifetime. When it ends, the
// socket is cut at once, below TLS and without a closing handshake, whatever
// is going on: dialling, a handshake, waiting for the next attempt, or a read
// from a server that says nothing. Two things are out of its reach: a system
// resolver that can't be interrupted, and an [http.RoundTripper] that isn't an
// *[http.Transport].
//
// # Concurrency
//
// One goroutine calls Receive and Reconnect. Send and Close may be called from
// any goroutine. A live connection owns one more goroutine, which writes.
//
// # A dead connection is noticed
//
// After 20 s without a frame a ping is sent; a connection on which nothing
// arrives within another 10 s is given up, and so is one without any frame for
// 75 s, one on which a message takes longer than 60 s to arrive, and one on which
// a ping or its answer takes longer than 5 s to be read or written.
package wsconn
