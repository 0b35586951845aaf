// Package wsconn keeps one WebSocket connection to a server alive.
//
// It knows sockets and nothing of what is said over them. [Dial] makes the
// first connection and runs a handshake that the caller gives; [Conn.Receive]
// hands out messages until the connection is lost, and says why it was;
// [Conn.Retry] then waits, dials the next address and shakes hands again, and is
// called for as long as it takes. Package stream is built on it, and is what most
// programs want.
//
// # Lifetime
//
// The context given to Dial is the connection's lifetime. When it ends, or Close
// is called, the socket is cut at once, below TLS and without a closing
// handshake, whatever is going on: dialling, a handshake, waiting for the next
// attempt, or a read from a server that says nothing. Out of its reach are a
// system resolver that can't be interrupted, a dial function or a token source
// that ignores its context, which delay nothing but live on for as long as they
// take, and an [http.RoundTripper] that isn't an *[http.Transport].
//
// # Concurrency
//
// One goroutine calls Receive and Retry. All other methods may be
// called from any goroutine. A live connection owns one more goroutine, which
// writes, and another while a ping waits for its answer.
//
// # A dead connection is noticed
//
//  1. After 20 s without a frame a ping is sent. Any frame counts: data, a ping
//     or an answer to one.
//  2. If nothing arrives within another 10 s, the connection is given up.
//  3. A message once begun must be complete within 60 s. While it arrives no
//     answer to a ping is expected, though pings are sent.
//  4. Without any complete frame for 75 s the connection is given up in any case.
//  5. So it is when a ping, or the answer to one, can't be written for 5 s.
//
// The time for which the process stood still counts for none of these.
//
// # Messages
//
// Text and binary messages are told apart, and bytes are not looked at. A
// message that was cut short by the end of a connection is never handed out.
// There is no compression. A server's close frame is a [*CloseError], a message
// over the limit [ErrMessageTooBig], a dead connection [ErrDead]; a connection
// that ended without a word wraps [io.ErrUnexpectedEOF].
//
// # Text from outside
//
// What a server or a proxy says is shown on one line, without characters that act
// on a terminal, and without the token, the values of Config.Header, cookies and
// the proxy's credentials, also where it repeats them escaped or cut short.
package wsconn
