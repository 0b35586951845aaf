package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// client is one connection to the sender, as the sender sees it.
type client struct {
	server *server
	conn   net.Conn
	reader *bufio.Reader

	writing sync.Mutex // Held for whole frames.
}

func newClient(conn net.Conn, s *server) *client {
	return &client{server: s, conn: conn, reader: bufio.NewReader(conn)}
}

// attend answers the client until it leaves.
func (c *client) attend() {
	defer c.conn.Close()
	if err := c.upgrade(); err != nil {
		return
	}
	for {
		opcode, payload, err := readClientFrame(c.reader)
		if err != nil || c.respond(opcode, payload) != nil {
			return
		}
	}
}

// upgrade answers the HTTP request that begins a WebSocket.
func (c *client) upgrade() error {
	request, err := http.ReadRequest(c.reader)
	if err != nil {
		return err
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err = io.WriteString(c.conn, "HTTP/1.1 101 Switching Protocols\r\n"+
		"Upgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
	return err
}

func (c *client) respond(opcode byte, payload []byte) error {
	switch opcode {
	case opBinary:
		return c.answer(payload)
	case opPing:
		return c.write(appendFrame(nil, opPong, payload))
	case opPong:
		return nil
	}
	return io.EOF
}

// answer answers a request of the handshake.
func (c *client) answer(payload []byte) error {
	var request pb.ServerMessage
	if err := proto.Unmarshal(payload, &request); err != nil {
		return err
	}
	answer, subscribed := answerTo(&request)
	if answer == nil {
		return errors.New("a client may not say this")
	}
	if subscribed {
		c.server.subscribed(c)
	}
	return c.write(appendFrame(nil, opBinary, answer))
}

func (c *client) write(frames []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.conn.Write(frames)
	return err
}
