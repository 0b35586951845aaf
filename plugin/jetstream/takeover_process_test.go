//go:build unix

package jetstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
)

// roundsVariable says how many rounds TestProcesses has; 2 otherwise.
const roundsVariable = "JETSTREAM_TEST_ROUNDS"

const processRooms = 20

// system are the processes of a test.
type system struct {
	t         *testing.T
	jellyfish *jellyfishtest.Server
	conn      *nats.Conn
	natsArgs  []string
	url       string
	log       string // The file to which workers write.
	nats      *program
	bridges   []*program
	workers   []*program
	started   int

	read    []record
	reading chan followed

	sent  [processRooms]int
	table []takeover
}

// takeover is a line of the table.
type takeover struct {
	kind string
	took time.Duration
}

// TestProcesses runs three bridges and four workers as processes, and hands over and
// kills: the leading bridge, workers and the NATS server. Everything outside a Gap is
// handled at least once and in its room's order.
func TestProcesses(t *testing.T) {
	rounds := 2
	if text := os.Getenv(roundsVariable); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := startSystem(t)
	sending, sent := make(chan struct{}), make(chan struct{})
	go s.send(sending, sent)
	for round := range rounds {
		s.handOver()
		s.killLeader()
		s.killWorker(round)
		s.pauseLeader()
		s.killLeader()
		s.handOver()
		s.killNATS()
		s.killAll()
	}
	close(sending)
	<-sent
	s.awaitAllHandled()
	s.check()
}

func startSystem(t *testing.T) *system {
	s := &system{t: t, jellyfish: jellyfishtest.Run(t, jellyfishtest.Config{History: -1})}
	port := freePort(t)
	s.natsArgs = []string{t.TempDir(), strconv.Itoa(port)}
	s.url = fmt.Sprintf("nats://127.0.0.1:%d", port)
	s.log = filepath.Join(t.TempDir(), "handled")
	if err := os.WriteFile(s.log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.nats = start(t, "nats", "nats", s.natsArgs...)
	s.conn = connect(t, s.url)
	await(t, "NATS runs", s.conn.IsConnected)
	s.readAlong()
	for range 3 {
		s.addBridge()
	}
	for range 4 {
		s.addWorker()
	}
	s.leader()
	return s
}

// readAlong reads the stream from now on.
func (s *system) readAlong() {
	layout, _ := Layout{}.withDefaults()
	js, err := jetstream.New(s.conn)
	if err != nil {
		s.t.Fatal(err)
	}
	await(s.t, "the stream is there", func() bool {
		_, err := layout.ensure(s.t.Context(), js)
		return err == nil
	})
	s.reading = make(chan followed)
	f := &follower{layout: layout, js: js, out: s.reading, next: 1}
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { defer close(ended); f.run(ctx) }()
	s.t.Cleanup(func() { cancel(); <-ended })
}

// records returns all that the stream has now.
func (s *system) records() []record {
	s.t.Helper()
	layout, _ := Layout{}.withDefaults()
	js, err := jetstream.New(s.conn)
	if err != nil {
		s.t.Fatal(err)
	}
	f := &follower{layout: layout, js: js}
	var end uint64
	await(s.t, "the stream tells its end", func() bool {
		state, err := f.state(s.t.Context())
		end = state.LastSeq
		return err == nil
	})
	for deadline := time.After(patience); uint64(len(s.read)) < end; {
		select {
		case f := <-s.reading:
			if f.record != nil {
				s.read = append(s.read, *f.record)
			}
		case <-deadline:
			s.t.Fatal("the stream can't be read")
		}
	}
	return s.read
}

func (s *system) addBridge() {
	s.started++
	name := fmt.Sprint("bridge ", s.started)
	s.bridges = append(s.bridges, start(s.t, "bridge", name, s.url, s.jellyfish.Address()))
}

func (s *system) addWorker() {
	s.started++
	name := fmt.Sprint("worker-", s.started)
	s.workers = append(s.workers, start(s.t, "worker", name, s.url, s.log, name))
}

// send sends from all rooms until it is told to stop.
func (s *system) send(stop, stopped chan struct{}) {
	defer close(stopped)
	for ; ; time.Sleep(100 * time.Millisecond) {
		for room := range s.sent {
			select {
			case <-stop:
				return
			default:
			}
			if room%4 == 0 { // Some rooms have more.
				s.sendOne(room)
			}
			s.sendOne(room)
		}
	}
}

func (s *system) sendOne(room int) {
	s.sent[room]++
	if err := s.jellyfish.Send(numbered(fmt.Sprint("room-", room), s.sent[room])); err != nil {
		s.t.Error(err)
	}
}

// leader waits until one bridge leads and the others are ready, and returns its place.
func (s *system) leader() int {
	s.t.Helper()
	leader := -1
	await(s.t, "one leads, and the others are ready", func() bool {
		leader = -1
		for i, b := range s.bridges {
			switch status := b.now(); {
			case status.Stats.Role == Leading && leader < 0:
				leader = i
			case status.Stats.Role != Standby || !status.Stats.Ready:
				return false
			}
		}
		return leader >= 0
	})
	return leader
}

// removeLeader stops the leader by a signal, and notes when another leads.
func (s *system) removeLeader(kind string, sig syscall.Signal) (claim record) {
	s.t.Helper()
	place := s.leader()
	old := s.bridges[place]
	begin := time.Now()
	old.signal(sig)
	s.bridges = slices.Delete(s.bridges, place, place+1)
	await(s.t, "another leads", func() bool {
		return slices.ContainsFunc(s.bridges, func(b *program) bool { return b.now().Stats.Role == Leading })
	})
	claim = s.lastClaim()
	if claim.author == old.now().Run {
		s.t.Errorf("%s: the last claim is that of the leader before", kind)
	}
	s.table = append(s.table, takeover{kind, claim.at.Sub(begin)})
	s.addBridge()
	return claim
}

func (s *system) handOver() {
	s.t.Helper()
	if claim := s.removeLeader("planned", syscall.SIGTERM); claim.gap {
		s.t.Errorf("a planned takeover left a Gap at %d", claim.sequence)
	}
}

func (s *system) killLeader() {
	s.t.Helper()
	if claim := s.removeLeader("killed", syscall.SIGKILL); !claim.gap {
		s.t.Errorf("a takeover from a killed bridge left no Gap at %d", claim.sequence)
	}
}

// pauseLeader has the leader sleep until another leads: when it wakes it must not
// publish any more.
func (s *system) pauseLeader() {
	s.t.Helper()
	paused := s.bridges[s.leader()]
	begin := time.Now()
	paused.signal(syscall.SIGSTOP)
	await(s.t, "another leads", func() bool {
		return slices.ContainsFunc(s.bridges, func(b *program) bool { return b != paused && b.now().Stats.Role == Leading })
	})
	s.table = append(s.table, takeover{"paused", s.lastClaim().at.Sub(begin)})
	paused.signal(syscall.SIGCONT)
	await(s.t, "the paused one stands down", func() bool { return paused.now().Stats.Role == Standby })
}

func (s *system) lastClaim() (claim record) {
	s.t.Helper()
	for _, r := range s.records() {
		if r.claim {
			claim = r
		}
	}
	return claim
}

func (s *system) killWorker(n int) {
	place := n % len(s.workers)
	s.workers[place].signal(syscall.SIGKILL)
	s.workers = slices.Delete(s.workers, place, place+1)
	s.addWorker()
}

// killAll kills every bridge: what comes until another hears is missing, and a Gap
// says so.
func (s *system) killAll() {
	s.t.Helper()
	s.leader()
	begin := time.Now()
	for _, b := range s.bridges {
		b.signal(syscall.SIGKILL)
	}
	n := len(s.bridges)
	s.bridges = nil
	for range n {
		s.addBridge()
	}
	s.leader()
	claim := s.lastClaim()
	if !claim.gap || claim.at.Before(begin) {
		s.t.Errorf("the last claim, at %d, is no Gap of a bridge that was started anew", claim.sequence)
	}
	s.table = append(s.table, takeover{"all killed", claim.at.Sub(begin)})
}

func (s *system) killNATS() {
	s.t.Helper()
	begin := time.Now()
	s.nats.signal(syscall.SIGKILL)
	<-s.nats.ended
	time.Sleep(200 * time.Millisecond) // As a supervisor does; what is sent meanwhile waits in the bridges.
	back := time.Now()
	s.nats = start(s.t, "nats", "nats", s.natsArgs...)
	await(s.t, "connected again", s.conn.IsConnected)
	await(s.t, "the stream goes on", func() bool {
		for _, r := range s.records() {
			if r.at.After(back) {
				s.table = append(s.table, takeover{"NATS killed", r.at.Sub(begin)})
				return true
			}
		}
		return false
	})
}

// awaitAllHandled waits until the end of the stream is that of what was sent, and all
// of it is handled.
func (s *system) awaitAllHandled() {
	s.t.Helper()
	s.leader()
	await(s.t, "all is in the stream", func() bool {
		numbers, _ := contents(s.t, s.records())
		for room, last := range s.sent {
			if got := numbers[fmt.Sprint("room-", room)]; len(got) == 0 || slices.Max(got) < last {
				return false
			}
		}
		return true
	})
	records := s.records()
	await(s.t, "all is handled", func() bool {
		seen := make(map[uint64]bool)
		for _, h := range s.handled() {
			seen[h.sequence] = true
		}
		for _, r := range records {
			if !r.control && !seen[r.sequence] {
				return false
			}
		}
		return true
	})
}
