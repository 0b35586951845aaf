package main

import (
	"bufio"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// server is a minimal Jellyfish server: it accepts any token, confirms any
// subscription, sends what it is told to, and lists rooms that it doesn't have.
type server struct {
	answers io.Writer
	frames  frames

	received chan int // Acknowledgements of the current round; with space for all.

	mu     sync.Mutex
	latest *client // The client that subscribed last.
	rooms  []byte  // The list.
}

// serve is the sender's process, until the parent has gone or ends it.
func serve(commands io.Reader, answers io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	certificate, err := newCertificate()
	if err != nil {
		return err
	}
	secure, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return err
	}
	defer secure.Close()
	s := &server{answers: answers}
	go s.accept(listener)
	go s.accept(secure)
	fmt.Fprintln(answers, listener.Addr(), secure.Addr(), certificateText(certificate))
	return eachCommand(commands, s.handle)
}

func (s *server) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go newClient(conn, s).attend()
	}
}

// handle carries out one command.
func (s *server) handle(command string, args []string) error {
	switch command {
	case "prepare":
		return s.prepare(strings.Join(args, " "))
	case "cut":
		return s.cut()
	}
	count, known := map[string]int{"list": 2, "send": 2, "acknowledge": 1, "trickle": 4}[command]
	if !known {
		return errors.New("unknown command")
	}
	n, err := numbers(args, count)
	if err != nil {
		return err
	}
	switch command {
	case "list":
		return s.list(n[0], n[1])
	case "send":
		return s.send(n[0], n[1])
	case "acknowledge":
		return s.acknowledged(n[0])
	default:
		return s.trickle(trickle{messages: n[0], perSecond: n[1], together: n[2], rooms: n[3]})
	}
}

func (s *server) prepare(name string) error {
	w, err := workloadNamed(name)
	if err != nil {
		return err
	}
	s.frames = encodeFrames(w.payloads())
	_, err = fmt.Fprintln(s.answers, "prepared")
	return err
}

func (s *server) list(rooms, peers int) error {
	list := roomList(rooms, peers)
	s.mu.Lock()
	s.rooms = list
	s.mu.Unlock()
	_, err := fmt.Fprintln(s.answers, "prepared")
	return err
}

// send starts a round.
func (s *server) send(n, window int) error {
	to, err := s.subscriber()
	if err != nil {
		return err
	}
	s.received = make(chan int, n)
	b := burst{frames: s.frames, messages: n, window: window, received: s.received}
	go b.sendTo(to)
	return nil
}

func (s *server) trickle(t trickle) error {
	to, err := s.subscriber()
	if err != nil {
		return err
	}
	go t.sendTo(to)
	return nil
}

func (s *server) cut() error {
	to, err := s.subscriber()
	if err != nil {
		return err
	}
	now := time.Now()
	if err := to.conn.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.answers, formatStamp(now))
	return err
}

func (s *server) acknowledged(n int) error {
	select {
	case s.received <- n:
		return nil
	default:
		return errors.New("more acknowledgements than messages")
	}
}

// subscriber returns the client that subscribed last.
func (s *server) subscriber() (*client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		return nil, errors.New("nobody has subscribed")
	}
	return s.latest, nil
}

func (s *server) subscribed(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest = c
}

// burst is one round from the sender's view.
type burst struct {
	frames   frames
	messages int
	window   int // How many may be unacknowledged; 0 means no limit.
	received <-chan int
}

// sendTo sends the messages, many in one write. It gives up when the client
// disconnects, which the parent notices by itself.
func (b burst) sendTo(c *client) {
	sent, acknowledged := 0, 0
	for sent < b.messages {
		allowed := b.messages - sent
		if b.window > 0 {
			for sent-acknowledged >= b.window {
				acknowledged += <-b.received
			}
			allowed = min(allowed, b.window-(sent-acknowledged))
		}
		piece, count := b.frames.next(sent, allowed)
		if c.write(piece) != nil {
			return
		}
		sent += count
	}
}

// trickle is a round at a given rate, from the sender's view.
type trickle struct {
	messages, perSecond int
	together            int // How many are sent at once, in one write.
	rooms               int // Rooms that they are sent to in turn.
}

// sendTo sends what is due, and sleeps until more is, which usually takes a
// millisecond: some messages are sent late, several in a row. Each has the time at
// which it was sent.
func (t trickle) sendTo(c *client) {
	var frames []byte
	start := time.Now()
	for sent := 0; sent < t.messages; sent += t.together {
		due := start.Add(time.Duration(sent) * time.Second / time.Duration(t.perSecond))
		time.Sleep(time.Until(due))
		frames = frames[:0]
		for i := range min(t.together, t.messages-sent) {
			frames = appendStampedFrame(frames, (sent+i)%t.rooms, time.Now())
		}
		if c.write(frames) != nil {
			return
		}
	}
}

// client is one connection to the sender, from the sender's view.
type client struct {
	server *server
	conn   net.Conn
	reader *bufio.Reader

	writing sync.Mutex // Held for whole frames.
}

func newClient(conn net.Conn, s *server) *client {
	return &client{server: s, conn: conn, reader: bufio.NewReader(conn)}
}

// attend serves the client until it disconnects.
func (c *client) attend() {
	defer c.conn.Close()
	if err := c.serveHTTP(); err != nil {
		return
	}
	for {
		opcode, payload, err := readClientFrame(c.reader)
		if err != nil || c.respond(opcode, payload) != nil {
			return
		}
	}
}

// serveHTTP responds to requests for the list, until one begins a WebSocket.
func (c *client) serveHTTP() error {
	for {
		request, err := http.ReadRequest(c.reader)
		if err != nil {
			return err
		}
		if request.URL.Path == socketPath {
			return c.upgrade(request)
		}
		if err := c.sendList(); err != nil {
			return err
		}
	}
}

func (c *client) sendList() error {
	c.server.mu.Lock()
	list := c.server.rooms
	c.server.mu.Unlock()
	_, err := fmt.Fprintf(c.conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(list))
	if err != nil {
		return err
	}
	return c.write(list)
}

// upgrade responds to the HTTP request that begins a WebSocket.
func (c *client) upgrade(request *http.Request) error {
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, err := io.WriteString(c.conn, "HTTP/1.1 101 Switching Protocols\r\n"+
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

// answer responds to a request of the handshake.
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
