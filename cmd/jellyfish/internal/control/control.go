// Package control steers a test server that runs as a program: over HTTP, and by
// words.
package control

import (
	"bufio"
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// DefaultAddress is where a test server is steered.
const DefaultAddress = "127.0.0.1:5003"

// bodyLimit is how large a request may be.
const bodyLimit = 16 << 20

// Server is a test server that can be steered.
type Server struct {
	*jellyfishtest.Server
	token          string
	silent, broken bool
}

// New returns the controls of a server, whose token they ask for.
func New(server *jellyfishtest.Server, token string) *Server {
	return &Server{Server: server, token: token}
}

// command is a fault that a word brings about.
type command struct {
	word, help string
	do         func(*Server) (string, error)
}

// commands are all faults; the first letter of each word is enough.
var commands = []command{
	{"cut", "lose all connections", func(s *Server) (string, error) {
		s.Cut(jellyfishtest.CutClean)
		return "all connections were cut", nil
	}},
	{"reset", "reset all connections in the middle of it", func(s *Server) (string, error) {
		s.Cut(jellyfishtest.CutReset)
		return "all connections were reset", nil
	}},
	{"boot", "restart: all rooms are gone", func(s *Server) (string, error) {
		return "restarted", s.Restart()
	}},
	{"silence", "hang, or go on", func(s *Server) (string, error) {
		s.silent = !s.silent
		s.Silence(s.silent)
		return map[bool]string{true: "the server hangs", false: "the server goes on"}[s.silent], nil
	}},
	{"fail", "answer REST calls with 503, or no longer", func(s *Server) (string, error) {
		s.broken = !s.broken
		if !s.broken {
			return "REST calls work", s.FailCalls()
		}
		return "REST calls are answered with 503", s.FailCalls(jellyfishtest.CallFault{Status: http.StatusServiceUnavailable})
	}},
	{"garbage", "send a message that is none", func(s *Server) (string, error) {
		s.SendMessage([]byte{0xff, 0xff, 0xff})
		return "sent what can't be decoded", nil
	}},
	{"unauthorized", "take no token from now on", func(s *Server) (string, error) {
		s.SetToken("no longer")
		s.Cut(jellyfishtest.CutClean)
		return "no token is accepted", nil
	}},
}

// Help says which words there are.
func Help() string {
	var lines []string
	for _, c := range commands {
		lines = append(lines, fmt.Sprintf("  %s  %-13s %s", c.word[:1], c.word, c.help))
	}
	return strings.Join(lines, "\n")
}

// Do does what a word says: a fault, or a notification in JSON that is to be sent.
func (s *Server) Do(line string) (string, error) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "{") {
		return s.send([]byte(line))
	}
	for _, c := range commands {
		if line == c.word || line == c.word[:1] {
			return c.do(s)
		}
	}
	return "", fmt.Errorf("%q is none of these:\n%s", line, Help())
}

func (s *Server) send(line []byte) (string, error) {
	n, err := stream.UnmarshalNotification(line)
	if err != nil {
		return "", err
	}
	if report, ok := n.(stream.Report); ok {
		n = report.MetricsReport
	}
	if err := s.Send(n); err != nil {
		return "", err
	}
	return fmt.Sprintf("sent %v to %d connections", n.Kind(), s.Connections()), nil
}

// ServeHTTP does what the lines of a POST request say.
func (s *Server) ServeHTTP(answer http.ResponseWriter, r *http.Request) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case r.Method != http.MethodPost:
		http.Error(answer, "POST a line: a notification in JSON, or one of\n"+Help(), http.StatusMethodNotAllowed)
		return
	case subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1:
		http.Error(answer, "the token is not that of the test server", http.StatusUnauthorized)
		return
	}
	lines := bufio.NewScanner(http.MaxBytesReader(answer, r.Body, bodyLimit))
	lines.Buffer(nil, bodyLimit)
	var done bytes.Buffer
	for lines.Scan() {
		text, err := s.Do(lines.Text())
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintln(&done, text)
	}
	if err := lines.Err(); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = done.WriteTo(answer) // Whoever asked has gone if it fails.
}

// ErrUnauthorized means that the token is not that of the test server.
var ErrUnauthorized = errors.New("the token is not that of the test server")

// RefusedError means that a test server didn't do what it was told.
type RefusedError struct{ Text string }

// Error returns the server's reason.
func (e *RefusedError) Error() string { return e.Text }

// Tell has a test server elsewhere send a notification, and returns what it
// answers.
func Tell(ctx context.Context, address, token string, notification []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", bytes.NewReader(notification))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	switch {
	case err != nil:
		return "", err
	case response.StatusCode == http.StatusUnauthorized:
		return "", ErrUnauthorized
	case response.StatusCode != http.StatusOK:
		return "", &RefusedError{strings.TrimSpace(string(text))}
	}
	return strings.TrimSpace(string(text)), nil
}
