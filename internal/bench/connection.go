package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// idleNotifiers measures the cost of notifiers with one subscription that receive
// nothing. They run in a process of their own, without free memory left by others.
func idleNotifiers(n int) contest {
	memory := func(s sample) float64 { return s.bytes }
	goroutines := func(s sample) float64 { return s.goroutines }
	most := under("goroutines", 3, goroutines, formatRatio)
	return contest{
		name:   formatThousands(n) + " idle notifiers",
		rounds: once,
		columns: []column{
			numberColumn("resident memory, each", memory, formatBytes),
			numberColumn("goroutines, each", goroutines, formatRatio),
		},
		programs: []program{
			{"plain", func(ctx context.Context, s *sender) (sample, error) {
				return runIdler(ctx, strconv.Itoa(n), s.address)
			}, []bar{under("memory", 48_000, memory, formatBytes), most}},
			{"TLS", func(ctx context.Context, s *sender) (sample, error) {
				return runIdler(ctx, strconv.Itoa(n), s.secureAddress, s.certificate)
			}, []bar{most}},
		},
	}
}

func once(int) int { return 1 }

func runIdler(ctx context.Context, args ...string) (s sample, err error) {
	idler, err := rerun(ctx, idlerRole, args...)
	if err != nil {
		return s, err
	}
	output, err := idler.Output()
	if err == nil {
		_, err = fmt.Sscan(string(output), &s.bytes, &s.goroutines)
	}
	if err != nil {
		return s, fmt.Errorf("idler: %w", err)
	}
	return s, nil
}

// idle is the idler's process: it opens a number of notifiers to an address, with TLS
// if a certificate is given, and prints the cost of each.
func idle(args []string, out io.Writer) error {
	if len(args) < 2 {
		return errors.New("number of notifiers and address are missing")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	cfg := streamConfig(args[1])
	if len(args) > 2 {
		cfg.Secure = true
		if cfg.HTTPClient, err = clientTrusting(args[2]); err != nil {
			return err
		}
	}
	cost, err := measureIdle(cfg, n)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, cost.bytes, cost.goroutines)
	return err
}

// warmUp is how many notifiers pay the one-time costs, such as loading the program's
// code into memory.
const warmUp = 10

func measureIdle(cfg stream.Config, n int) (sample, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := openIdle(ctx, cfg, warmUp); err != nil {
		return sample{}, err
	}
	before, err := occupiedNow()
	if err != nil {
		return sample{}, err
	}
	if err := openIdle(ctx, cfg, n); err != nil {
		return sample{}, err
	}
	after, err := occupiedNow()
	return sample{
		bytes:      (after.bytes - before.bytes) / float64(n),
		goroutines: (after.goroutines - before.goroutines) / float64(n),
	}, err
}

func openIdle(ctx context.Context, cfg stream.Config, n int) error {
	for range n {
		if _, err := stream.Subscribe(ctx, cfg); err != nil {
			return err
		}
	}
	return nil
}

// occupiedNow returns what this process occupies after a garbage collection.
func occupiedNow() (sample, error) {
	debug.FreeOSMemory()
	bytes, err := residentBytes()
	return sample{bytes: bytes, goroutines: float64(runtime.NumGoroutine())}, err
}

// reconnecting measures how long programs are without a connection when one is cut and
// the server is up: from the cut until they have received a Gap, one of them a Gap in
// each of that many rooms.
//
// The back-off is the default, except that any connection counts as healthy: each cut
// is then like one after a good connection, and the first attempt is made after at most
// Base.
func reconnecting(cuts, rooms int) contest {
	backoff := stream.Backoff{Base: 100 * time.Millisecond, Cap: 30 * time.Second, Healthy: 1}
	c := contest{
		name:   fmt.Sprintf("Cut to live again, %d times", cuts),
		rounds: once,
		columns: []column{
			numberColumn("p50", p50Of, formatTime),
			numberColumn("p99", p99Of, formatTime),
			numberColumn("CPU, each", cpuOf, formatTime),
		},
	}
	for _, p := range []struct {
		name string
		open func(ctx context.Context, s *sender, cfg stream.Config) (interrupted, error)
		bars []bar
	}{
		{"one subscription", openInterrupted, []bar{under("p99", float64(250*time.Millisecond), p99Of, formatTime)}},
		{"EachRoom with " + formatThousands(rooms) + " open rooms", openManyRooms(rooms), nil},
	} {
		c.programs = append(c.programs, program{p.name, func(ctx context.Context, s *sender) (sample, error) {
			cfg := streamConfig(s.address)
			cfg.Backoff = backoff
			program, err := p.open(ctx, s, cfg)
			if err != nil {
				return sample{}, err
			}
			defer program.close()
			return cutOften(s, program, cuts)
		}, p.bars})
	}
	return c
}

// interrupted is a program whose connection is cut.
type interrupted interface {
	// outage returns when the program has received the outage, and is live again.
	outage() error
	close()
}

func openInterrupted(ctx context.Context, _ *sender, cfg stream.Config) (interrupted, error) {
	return openLibrary(ctx, cfg, nil)
}

func cutOften(s *sender, program interrupted, cuts int) (sample, error) {
	took := make([]float64, cuts)
	m := startMeter()
	for i := range took {
		cut, err := s.cut()
		if err != nil {
			return sample{}, err
		}
		if err := program.outage(); err != nil {
			return sample{}, err
		}
		took[i] = float64(time.Since(cut))
	}
	measured, p := m.read(cuts), newPercentiles(took)
	measured.p50, measured.p99 = p.at(0.5), p.at(0.99)
	return measured, nil
}

// newCertificate makes a certificate for the sender's secure address.
func newCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func certificateText(c tls.Certificate) string {
	return base64.StdEncoding.EncodeToString(c.Certificate[0])
}

// clientTrusting returns an HTTP client that trusts that certificate.
func clientTrusting(text string) (*http.Client, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}, nil
}
