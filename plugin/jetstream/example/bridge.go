package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/plugin/jetstream"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// bridge bridges until the context ends, and prints what it becomes.
func bridge(ctx context.Context, natsURL, jellyfishAddress string) error {
	// The source outlives ctx, so that the bridge can hand over.
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	notifier, err := stream.Open(life, stream.Config{
		ServerAddress:  jellyfishAddress,
		ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		return err
	}
	conn, err := nats.Connect(natsURL, jetstream.ConnectOptions()...)
	if err != nil {
		return err
	}
	defer conn.Close()
	b, err := jetstream.NewBridge(conn, notifier, jetstream.BridgeConfig{Window: time.Second})
	if err != nil {
		return err
	}
	go printState(life, b)
	return b.Run(ctx)
}

func printState(ctx context.Context, b *jetstream.Bridge) {
	printed := ""
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		state := ""
		switch stats := b.Stats(); {
		case stats.Role == jetstream.Leading:
			state = "leads"
		case stats.Role == jetstream.Standby && stats.Ready:
			state = "is ready"
		}
		if state != printed && state != "" {
			fmt.Println(state)
			printed = state
		}
	}
}

// bridges are the processes of bridges, by their numbers.
type bridges struct {
	commands map[int]*exec.Cmd
	changes  chan bridgeState
	states   map[int]string
}

type bridgeState struct {
	number int
	state  string
}

func startBridges(ctx context.Context, n int, natsURL, jellyfishAddress string) (*bridges, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &bridges{make(map[int]*exec.Cmd), make(chan bridgeState, 64), make(map[int]string)}
	for i := range n {
		cmd := exec.CommandContext(ctx, program, "bridge", natsURL, jellyfishAddress)
		cmd.Stderr = os.Stderr
		lines, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		b.commands[i+1] = cmd
		go func() {
			for scanner := bufio.NewScanner(lines); scanner.Scan(); {
				b.changes <- bridgeState{i + 1, scanner.Text()}
			}
		}()
	}
	return b, nil
}

func (b *bridges) awaitLeader(ctx context.Context) (number int, err error) {
	return b.await(ctx, "leads")
}

func (b *bridges) awaitReady(ctx context.Context) error {
	_, err := b.await(ctx, "is ready")
	return err
}

// await waits until a bridge is in a state.
func (b *bridges) await(ctx context.Context, state string) (number int, err error) {
	for {
		for number, is := range b.states {
			if is == state {
				return number, nil
			}
		}
		select {
		case change := <-b.changes:
			if b.commands[change.number] == nil {
				continue // It was killed.
			}
			b.states[change.number] = change.state
			fmt.Printf("bridge %d %s\n", change.number, change.state)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// kill ends a bridge in a way that it doesn't notice.
func (b *bridges) kill(number int) error {
	cmd := b.commands[number]
	delete(b.commands, number)
	delete(b.states, number)
	if err := cmd.Process.Kill(); err != nil {
		return err
	}
	_ = cmd.Wait()
	return nil
}

// stop has the bridges hand over and end.
func (b *bridges) stop() {
	for _, cmd := range b.commands {
		if cmd.Process.Signal(syscall.SIGTERM) != nil { // Windows has no such signal.
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait()
	}
}
