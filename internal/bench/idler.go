package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// idleCost is what one notifier with one subscription costs.
type idleCost struct{ bytes, goroutines float64 }

func (c idleCost) String() string {
	return fmt.Sprintf("%s and %.2f goroutines", formatKilobytes(c.bytes), c.goroutines)
}

// idle is what the idler's process does: it opens a number of notifiers to an
// address, with TLS where a certificate is given, and prints what each costs.
func idle(args []string, out io.Writer) error {
	if len(args) < 2 {
		return errors.New("number of notifiers and address are missing")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	cfg := stream.Config{ServerAddress: args[1], ServerAPIToken: stream.NewSecret(token)}
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

// warmUp is how many notifiers bear what is needed once, such as the program's
// code in memory.
const warmUp = 10

func measureIdle(cfg stream.Config, n int) (idleCost, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := openIdle(ctx, cfg, warmUp); err != nil {
		return idleCost{}, err
	}
	before, err := occupiedNow()
	if err != nil {
		return idleCost{}, err
	}
	if err := openIdle(ctx, cfg, n); err != nil {
		return idleCost{}, err
	}
	after, err := occupiedNow()
	return idleCost{
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

// occupiedNow returns what this process occupies once garbage is collected.
func occupiedNow() (idleCost, error) {
	debug.FreeOSMemory()
	bytes, err := residentBytes()
	return idleCost{bytes: bytes, goroutines: float64(runtime.NumGoroutine())}, err
}
