package wsconn

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// scripted is an upgraded connection on which the given bytes arrive, some at a time,
// followed by the end.
type scripted struct {
	script []byte
	random *rand.Rand
	ended  bool
	wrote  bytes.Buffer
}

func (s *scripted) Read(p []byte) (int, error) {
	if len(s.script) == 0 {
		s.ended = true
		return 0, io.EOF
	}
	n := min(len(p), len(s.script))
	if s.random != nil {
		n = min(n, 1+s.random.IntN(1<<s.random.IntN(18)))
	}
	copy(p, s.script[:n])
	s.script = s.script[n:]
	return n, nil
}

func (s *scripted) Write(p []byte) (int, error) { return s.wrote.Write(p) }
func (s *scripted) Close() error                { return nil }

// RoundTrip answers the upgrade request (RFC 6455, section 4.2.2).
func (s *scripted) RoundTrip(request *http.Request) (*http.Response, error) {
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return &http.Response{
		StatusCode: http.StatusSwitchingProtocols,
		Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Accept": {base64.StdEncoding.EncodeToString(sum[:])},
		},
		Body:    s,
		Request: request,
	}, nil
}

// received is everything that was received on a connection, and what the client wrote.
type received struct {
	Messages []string
	Err      string
	Wrote    []string
}

const scriptURL = "ws://script.test/"

// withFrameReader reads as the package does.
func withFrameReader(t *testing.T, s *scripted, limit int64) received {
	t.Helper()
	cfg := Config{HTTPClient: &http.Client{Transport: s}, ReadLimit: limit, now: systemClock()}
	socket, err := openSocket(context.Background(), Endpoint{URL: scriptURL}, newUpgrade(context.Background(), cfg, "development"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.close()
	var h received
	for {
		m, err := socket.Receive()
		if err != nil {
			h.Err = err.Error()
			h.Wrote = clientFrames(s.wrote.Bytes())
			return h
		}
		h.Messages = append(h.Messages, fmt.Sprint(m.Text)+string(m.Data))
	}
}

// withLibraryAlone reads with the library only.
func withLibraryAlone(t *testing.T, s *scripted, limit int64) received {
	t.Helper()
	ws, _, err := websocket.Dial(context.Background(), scriptURL, &websocket.DialOptions{HTTPClient: &http.Client{Transport: s}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	ws.SetReadLimit(limit)
	var h received
	for {
		kind, data, err := ws.Read(context.Background())
		if err == nil && s.ended {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			h.Err = new(Socket).explain(err).Error()
			h.Wrote = clientFrames(s.wrote.Bytes())
			return h
		}
		h.Messages = append(h.Messages, fmt.Sprint(kind == websocket.MessageText)+string(data))
	}
}

// clientFrames splits what a client wrote into frames, and removes the masks.
func clientFrames(b []byte) []string {
	var frames []string
	for len(b) > 0 {
		f, ok := parseFrame(b)
		if !ok || !f.masked || len(b) < f.header+int(f.payload) {
			return append(frames, fmt.Sprintf("rest %x", b))
		}
		mask, payload := b[f.header-4:f.header], b[f.header:f.header+int(f.payload)]
		for i := range payload {
			payload[i] ^= mask[i%4]
		}
		frames = append(frames, fmt.Sprintf("%x %x", f.first, payload))
		b = b[f.header+int(f.payload):]
	}
	return frames
}

func compareReaders(t *testing.T, script []byte, seed uint64, limit int64) {
	t.Helper()
	chunks := func() *rand.Rand {
		if seed == 0 {
			return nil
		}
		return rand.New(rand.NewPCG(seed, 0))
	}
	want := withLibraryAlone(t, &scripted{script: bytes.Clone(script)}, limit)
	got := withFrameReader(t, &scripted{script: bytes.Clone(script), random: chunks()}, limit)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("script %x, seed %d, limit %d (-library alone +with frameReader):\n%s", script[:min(len(script), 300)], seed, limit, diff)
	}
}

// The same bytes give the same messages, control frames and errors.
func FuzzFrameReaderAgreesWithLibrary(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 1))
	for added := 0; added < 40; {
		if script := randomScript(random); len(script) < 2000 { // Large ones are slow to mutate.
			f.Add(script, uint64(random.IntN(5)), uint16(random.IntN(3000)))
			added++
		}
	}
	f.Fuzz(func(t *testing.T, script []byte, seed uint64, limit uint16) {
		compareReaders(t, script, seed, int64(limit))
	})
}

func TestFrameReaderAgreesWithLibrary(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for i := range 1500 {
		limit := int64(1 << random.IntN(18))
		if compareReaders(t, randomScript(random), uint64(i%7), limit); t.Failed() {
			return
		}
	}
}

// randomScript returns mostly what a server sends, sometimes fragmented, cut short or
// broken.
func randomScript(random *rand.Rand) []byte {
	var script []byte
	for range random.IntN(12) {
		switch random.IntN(12) {
		case 0:
			script = appendServerFrame(script, 0x89, random.IntN(126), random) // Ping.
		case 1:
			script = appendServerFrame(script, 0x8a, random.IntN(10), random) // Pong.
		case 2:
			script = appendServerFrame(script, 0x81, randomSize(random), random) // Text.
		case 3: // Fragments, with a ping in between.
			script = appendServerFrame(script, 0x02, randomSize(random), random)
			script = appendServerFrame(script, 0x89, 3, random)
			script = appendServerFrame(script, 0x00, random.IntN(200), random)
			script = appendServerFrame(script, 0x80, random.IntN(2)*random.IntN(200), random)
		case 4:
			if random.IntN(6) == 0 {
				script = appendServerFrame(script, byte(random.IntN(256)), randomSize(random), random)
			}
		case 5:
			if random.IntN(6) == 0 { // Close.
				script = append(script, 0x88, 4, 3, 0xe8+byte(random.IntN(4)), 'o', 'k')
			}
		default:
			script = appendServerFrame(script, wholeBinary, randomSize(random), random)
		}
	}
	if len(script) > 0 && random.IntN(3) == 0 {
		script = script[:random.IntN(len(script))]
	}
	if len(script) > 0 && random.IntN(5) == 0 {
		script[random.IntN(min(len(script), 20))] ^= 1 << random.IntN(8)
	}
	return script
}

func randomSize(random *rand.Rand) int {
	switch random.IntN(12) {
	case 0:
		return 0
	case 1:
		return 125 + random.IntN(3)
	case 2:
		return 65_533 + random.IntN(5)
	case 3:
		return random.IntN(200_000)
	case 4:
		return smallReads - 6 + random.IntN(12)
	}
	return random.IntN(400)
}

func appendServerFrame(b []byte, first byte, size int, random *rand.Rand) []byte {
	switch {
	case size < 126:
		b = append(b, first, byte(size))
	case size < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, first, 126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, 127), uint64(size))
	}
	noise := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(random.IntN(256))}).Read(noise)
	return append(b, noise...)
}
