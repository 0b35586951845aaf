package dial_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/internal/dial"
)

// get makes one request and closes what it used.
func get(ctx context.Context, t *http.Transport, url string) (string, error) {
	defer t.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := t.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestDialsKnowTheirDeadline(t *testing.T) {
	lifetime, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	for name, bounds := range map[string]dial.Bounds{
		"of the lifetime": {Lifetime: lifetime},
		"of a timeout":    {Timeout: time.Hour},
		"the nearer one":  {Lifetime: lifetime, Timeout: 24 * time.Hour},
	} {
		for _, scheme := range []string{"http", "https"} {
			var deadline time.Time
			failing := func(ctx context.Context, _, _ string) (net.Conn, error) {
				deadline, _ = ctx.Deadline()
				return nil, net.ErrClosed
			}
			clone := bounds.Clone(&http.Transport{DialContext: failing, DialTLSContext: failing})
			if _, err := get(t.Context(), clone, scheme+"://server.test"); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: error %v", name, err)
			}
			if left := time.Until(deadline); left <= 0 || left > time.Hour {
				t.Errorf("%s, %s: the dial has %v", name, scheme, left)
			}
		}
	}
}

func TestDialEndsWithItsLifetime(t *testing.T) {
	lifetime, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	clone := dial.Bounds{Lifetime: lifetime}.Clone(&http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			cancel()
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		},
	})
	_, err := get(context.Background(), clone, "http://server.test")
	if !errors.Is(err, context.Canceled) || !errors.Is(<-ended, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer server.Close()
	original := server.Client().Transport.(*http.Transport)
	own := &http.Transport{}
	//lint:ignore SA1019 it is heeded still
	own.DialTLS = func(network, address string) (net.Conn, error) {
		return tls.Dial(network, server.Listener.Addr().String(), original.TLSClientConfig)
	}
	for _, accept := range []bool{true, false} {
		var kept []net.Conn
		bounds := dial.Bounds{Keep: func(conn net.Conn) bool {
			kept = append(kept, conn)
			if !accept {
				_ = conn.Close()
			}
			return accept
		}}
		for _, transport := range []*http.Transport{original, own} {
			kept = nil
			body, err := get(t.Context(), bounds.Clone(transport), server.URL)
			if (err == nil) != accept || accept && body != "hello" {
				t.Errorf("accepted %t: %q, %v", accept, body, err)
			}
			if len(kept) != 1 {
				t.Fatalf("%d connections were kept, want one", len(kept))
			}
			if _, ok := kept[0].(*net.TCPConn); !ok {
				t.Errorf("kept a %T, want what is below TLS", kept[0])
			}
		}
	}
}

// A name with two addresses, of which the first doesn't answer, is reached through
// the second one within the time that there is.
func TestTimeIsSharedAmongTheAddressesOfAName(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	dialer := &net.Dialer{
		Resolver: &net.Resolver{PreferGo: true, Dial: nameServer([4]byte{127, 0, 0, 2}, [4]byte{127, 0, 0, 1})},
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			if strings.HasPrefix(address, "127.0.0.2:") {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		},
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	clone := dial.Bounds{Lifetime: ctx}.Clone(&http.Transport{DialContext: dialer.DialContext})
	if body, err := get(t.Context(), clone, "http://two.test.:"+port); err != nil || body != "hello" {
		t.Errorf("%q, %v", body, err)
	}
}

// nameServer answers each question with these addresses.
func nameServer(addresses ...[4]byte) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			for {
				var size [2]byte
				if _, err := io.ReadFull(server, size[:]); err != nil {
					return
				}
				question := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(server, question); err != nil {
					return
				}
				answer := answerTo(question, addresses)
				_, _ = server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
			}
		}()
		return client, nil
	}
}

// answerTo answers as RFC 1035, section 4.1 says.
func answerTo(question []byte, addresses [][4]byte) []byte {
	end := 12
	for question[end] != 0 {
		end += 1 + int(question[end])
	}
	end++
	kind := binary.BigEndian.Uint16(question[end:])
	if kind != 1 {
		addresses = nil
	}
	answer := append([]byte{question[0], question[1], 0x81, 0x80, 0, 1, 0, byte(len(addresses)), 0, 0, 0, 0}, question[12:end+4]...)
	for _, a := range addresses {
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, a[0], a[1], a[2], a[3])
	}
	return answer
}
