//go:build linux

package screen

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/board"
	srv "github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/server"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
)

// The server of TestAtScale.
const (
	scaleRooms   = 10_000
	scalePeers   = 10
	scaleChanges = 2_000 // A second.
)

func TestMain(m *testing.M) {
	if os.Getenv("JELLYFISH_SCALE_SERVER") != "" {
		if err := serveAtScale(); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveAtScale is the other process: a server with all the rooms, on which
// something changes 2,000 times a second until its standard input ends.
func serveAtScale() error {
	server, err := jellyfishtest.New(jellyfishtest.Config{History: -1})
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := rooms.New(rooms.Config{ServerAddress: server.Address(), ServerAPIToken: rooms.NewSecret(jellyfishtest.Token)})
	if err != nil {
		return err
	}
	ctx := context.Background()
	peers := make([]string, scaleRooms*scalePeers)
	var makers sync.WaitGroup
	var failed atomic.Value
	const workers = 8
	for worker := range workers {
		makers.Go(func() {
			for r := worker; r < scaleRooms; r += workers {
				if _, err := client.Create(ctx, rooms.RoomConfig{RoomID: roomID(r)}); err != nil {
					failed.Store(err)
					return
				}
				for p := range scalePeers {
					added, err := client.AddPeer(ctx, roomID(r), rooms.PeerOptions{})
					if err != nil {
						failed.Store(err)
						return
					}
					peers[r*scalePeers+p] = added.Peer.ID
				}
			}
		})
	}
	makers.Wait()
	if err := failed.Load(); err != nil {
		return err.(error)
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	fmt.Println("listening on", server.Address())
	return change(server, peers, ended)
}

func roomID(r int) string { return fmt.Sprintf("room-%05d", r) }

// change has peers connect, publish, change and leave, in turn.
func change(server *jellyfishtest.Server, peers []string, ended <-chan struct{}) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began, done := time.Now(), 0
	for {
		select {
		case <-ended:
			return nil
		case <-tick.C:
		}
		for due := int(time.Since(began).Seconds() * scaleChanges); done < due; {
			at := done / 5 * 7919 % len(peers) // Far from one another.
			room, peer := roomID(at/scalePeers), peers[at]
			track := decode.Track{ID: peer + ":audio", Type: decode.TrackTypeAudio}
			var err error
			switch done % 5 {
			case 0: // Two notifications: connected, and its metadata.
				err = server.ConnectPeer(room, peer, `{"name":"Ada"}`)
				done++
			case 2:
				err = server.AddTrack(room, peer, track)
			case 3:
				err = server.UpdateTrack(room, peer, track.ID, `{"active":false}`)
			case 4: // Two again: the track goes, and its peer.
				err = server.DisconnectPeer(room, peer)
			}
			if err != nil {
				return err
			}
			done++
		}
	}
}

// watched measures how long a source takes.
type watched struct {
	Source
	took  time.Duration
	looks int
}

func (w *watched) Look(q board.Query) board.Look {
	began := time.Now()
	defer func() { w.took += time.Since(began); w.looks++ }()
	return w.Source.Look(q)
}

// TestAtScale measures the screen on a server with 10,000 rooms of 10 peers that
// changes 2,000 times a second.
func TestAtScale(t *testing.T) {
	if os.Getenv("JELLYFISH_SCALE") == "" {
		t.Skip("takes minutes and a core, and measures: JELLYFISH_SCALE=1 runs it")
	}
	address := startScaleServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	notifier, view, err := srv.Of(address, jellyfishtest.Token).Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := board.Start(ctx, notifier, view, os.Getenv("JELLYFISH_SCALE") == "metrics")
	if err != nil {
		t.Fatal(err)
	}
	if err := view.WaitSynced(ctx); err != nil {
		t.Fatal(err)
	}
	for shown.Look(board.Query{}).Peers < scaleRooms*scalePeers {
		time.Sleep(100 * time.Millisecond)
	}
	const span = 15 * time.Second
	time.Sleep(5 * time.Second) // The first list is behind.
	without := cpu()
	time.Sleep(span)
	without = cpu() - without

	source := &watched{Source: shown}
	model := New(source, address, true)
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(io.Discard), tea.WithWindowSize(140, 40), tea.WithFPS(10))
	go func() {
		time.Sleep(span)
		program.Quit()
	}()
	with := cpu()
	if _, err := program.Run(); err != nil {
		t.Fatal(err)
	}
	with = cpu() - with
	look := shown.Look(board.Query{})
	peak := peakMemory(t)
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	t.Logf("%d rooms, %d peers, %.0f notifications a second", look.Rooms, look.Peers, look.PerSecond)
	t.Logf("CPU without a screen %.1f%%, with it %.1f%%: drawing takes %.1f%% of a core", percent(without, span), percent(with, span), percent(with-without, span))
	t.Logf("%d looks of %v", source.looks, source.took/time.Duration(max(1, source.looks)))
	t.Logf("peak resident memory %d MB, heap in use %d MB, Gaps %d, dropped %d", peak>>20, heap.HeapInuse>>20, look.Gaps, look.Dropped)
	if look.Gaps > 0 || look.Dropped > 0 {
		t.Error("something was missed")
	}
}

func percent(d, of time.Duration) float64 { return 100 * d.Seconds() / of.Seconds() }

func startScaleServer(t *testing.T) (address string) {
	t.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), "JELLYFISH_SCALE_SERVER=1")
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = server.Wait() // It has nothing to say.
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		address, ok := strings.CutPrefix(lines.Text(), "listening on ")
		if ok {
			return address
		}
		t.Log(lines.Text())
	}
	t.Fatal("the server has ended")
	return ""
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// peakMemory returns the most memory that this process had, in bytes.
func peakMemory(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc to read the peak memory from")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kilobytes int
			if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	return 0
}
