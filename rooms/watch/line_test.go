package watch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// line carries the view's requests to the servers. It can delay requests and responses,
// or make up responses; requests that change something pass unchanged.
type line struct {
	servers http.RoundTripper

	mu       sync.Mutex
	random   *rand.Rand
	trouble  trouble
	failNext bool
	failed   int
}

// trouble is how many of a hundred requests are slow, and how many fail.
type trouble struct{ slow, fails int }

func newLine(servers *http.Transport, seed uint64) *line {
	transport := servers.Clone()
	transport.IdleConnTimeout = 4 * time.Second // The server closes its end after 5.
	return &line{servers: transport, random: rand.New(rand.NewPCG(seed, 1))}
}

func (l *line) set(t trouble) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble, l.failNext = t, false
}

// failOnce makes the next request fail.
func (l *line) failOnce() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failNext = true
}

func (l *line) CloseIdleConnections() {
	if c, ok := l.servers.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		return l.servers.RoundTrip(r)
	}
	f := l.fate()
	if err := sleep(r.Context(), f.before); err != nil {
		return nil, err
	}
	answer, err := l.pass(r, f.failure)
	if err != nil {
		return nil, err
	}
	if err := sleep(r.Context(), f.after); err != nil {
		return nil, err
	}
	return answer, nil
}

// pass returns the whole response to a request, or what replaces it.
func (l *line) pass(r *http.Request, failure string) (*http.Response, error) {
	switch failure {
	case "":
	case "lost":
		return nil, errors.New("the line is dead")
	case "garbage":
		return answered(http.StatusOK, "<html>"), nil
	default:
		return answered(http.StatusBadRequest, `{"errors":"`+failure+`"}`), nil
	}
	answer, err := l.servers.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func answered(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

// fate is what happens to one request.
type fate struct {
	before, after time.Duration
	failure       string
}

func (l *line) fate() fate {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := fate{before: l.delay(), after: l.delay()}
	if l.failNext || l.random.IntN(100) < l.trouble.fails {
		l.failNext = false
		l.failed++
		f.failure = []string{"lost", "garbage", "nonsense"}[l.random.IntN(3)]
	}
	return f
}

// delay is mostly short, but can be longer than a request may take.
func (l *line) delay() time.Duration {
	if l.random.IntN(100) >= l.trouble.slow {
		return 0
	}
	limit := []time.Duration{50 * time.Millisecond, time.Second, 3 * time.Second, 14 * time.Second}[min(l.random.IntN(8), 3)]
	return time.Duration(l.random.Int64N(int64(limit)))
}

func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
