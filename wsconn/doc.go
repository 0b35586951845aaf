// Package wsconn keeps one WebSocket connection to a server alive.
//
// It handles the WebSocket, not the protocol spoken over it. [Dial] makes the first
// connection and runs the caller's handshake; [Conn.Receive] returns messages until
// the connection is lost, and then the reason; [Conn.Retry] then waits, dials the
// next address and runs the handshake again, and is called until it succeeds. Package
// stream is built on this package, and is what most programs want.
//
// # Lifetime
//
// The context given to Dial is the connection's lifetime. When it ends, or Close is
// called, the underlying network connection is closed at once, without a TLS or
// WebSocket closing handshake. This also interrupts dialling, a handshake, back-off,
// and a read from a silent server. It can't interrupt a system resolver, a dial
// function or a token source that ignores its context (these delay nothing, but
// continue in the background), or an [http.RoundTripper] that isn't an
// *[http.Transport].
//
// # Concurrency
//
// One goroutine calls Receive and Retry. All other methods may be called from any
// goroutine. A live connection has a goroutine that writes, and another one while a
// ping is outstanding.
//
// # Detecting dead connections
//
//  1. After 20 s without a frame a ping is sent. Any frame counts as activity: data,
//     ping or pong.
//  2. If nothing arrives within another 10 s, the connection is given up.
//  3. A message must be complete within 60 s of its beginning. Meanwhile pings are
//     sent, but no pong is required.
//  4. Without any complete frame for 75 s the connection is given up in any case.
//  5. The connection is also given up if a ping or pong can't be written within 5 s.
//
// Time during which the process was suspended doesn't count.
//
// # Messages
//
// Messages are text or binary, and their content is not inspected. Incomplete
// messages are never returned. Compression is not supported. A server's close frame
// is a [*CloseError], a message over the limit [ErrMessageTooBig], a dead connection
// [ErrDead]; for a connection that ended without a close frame the error wraps
// [io.ErrUnexpectedEOF].
//
// # Untrusted text
//
// Text from a server or a proxy appears in errors on one line, without terminal
// control characters, and without the token, the values of Config.Header, cookies and
// the proxy's credentials, even if the text repeats them escaped or truncated.
package wsconn
