package watch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Random programs of up to 50 steps are run on a view of one to three nodes: rooms,
// peers and components come and go, connections are lost, nodes restart, lists are slow
// or fail, and consumers stall. Whenever everything has settled, replaying the changes
// from an empty state gives the view's state; at the end that is the servers' state.
// JELLYFISH_PROGRAMS is the number of programs, JELLYFISH_SEED runs those with that
// seed.
func TestProgramsEndAsTheServersAre(t *testing.T) {
	shapes := []shape{{"one node", 1, false}, {"two nodes", 2, false}, {"three nodes", 3, false}, {"webhooks", 2, true}}
	done := &tally{counts: make(map[string]int)}
	programs := 0
	for i, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			programs += forEachProgram(t, share(i, len(shapes)), func(t *testing.T, seed uint64) {
				synctest.Test(t, func(t *testing.T) {
					p := newProgram(t, s, seed, done)
					defer p.logFailure(seed)
					p.run()
				})
			})
		})
	}
	done.report(t, programs >= 1000)
}

// shape is what the programs of one kind have in common.
type shape struct {
	name     string
	nodes    int
	webhooks bool
}

// share returns the number of programs of one of several kinds.
func share(i, kinds int) int {
	programs := 60
	if n, err := strconv.Atoi(os.Getenv("JELLYFISH_PROGRAMS")); err == nil {
		programs = n
	}
	return (programs + kinds - 1 - i) / kinds
}

// forEachProgram runs one program per seed, on all processors, and returns how many it
// ran.
func forEachProgram(t *testing.T, programs int, run func(*testing.T, uint64)) int {
	t.Helper()
	if seed, err := strconv.ParseUint(os.Getenv("JELLYFISH_SEED"), 10, 64); err == nil {
		run(t, seed)
		return 1
	}
	first := rand.Uint64() >> 1
	t.Logf("%d programs from JELLYFISH_SEED=%d on", programs, first)
	var next atomic.Uint64
	t.Run("group", func(t *testing.T) {
		for w := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprintf("worker %d", w), func(t *testing.T) {
				t.Parallel()
				for !t.Failed() {
					i := next.Add(1) - 1
					if i >= uint64(programs) {
						return
					}
					run(t, first+i)
				}
			})
		}
	})
	return programs
}

// tally counts what happened, over all programs: programs that never meet trouble prove
// nothing.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (y *tally) add(what string, n int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.counts[what] += n
}

func (y *tally) report(t *testing.T, complete bool) {
	t.Logf("what took place: %v", y.counts)
	if !complete || t.Failed() {
		return
	}
	for what, n := range y.counts {
		if n == 0 {
			t.Errorf("in no program: %s", what)
		}
	}
}

// program is a view, its servers, and what makes things happen.
type program struct {
	*testing.T
	shape
	random *rand.Rand
	tally  *tally
	log    []string
	began  time.Time
	end    context.CancelFunc // Of the view.

	servers  []*jellyfishtest.Server
	running  []bool
	hands    []*rooms.Client // The test's own clients, one for each node.
	started  []time.Time
	rumours  map[string]bool // Rooms that were notified and never existed.
	balancer *jellyfishtest.Balancer
	rooms    []home // Rooms that were created, and may have ended by now.
	tokens   map[string]string
	notifier *stream.Notifier // Nil with webhooks.
	webhook  *stream.Webhook  // Nil without.
	hook     hook
	bounded  *bounded // Nil without.

	line      *line
	slow      slowLog
	interval  time.Duration
	view      *View
	consumers []*consumer
	made      int // Consumers so far.

	strict bool // Everything that is done is reported by a notification or a Gap.
	silent bool // Something wasn't reported: only a periodic list shows it.
	calm   bool // There is no trouble: one thing happens after the other.
	kept   Rooms
	keptAs []Room
}

// home is a room and the node on which it was created.
type home struct {
	id   string
	node int
}

func (p *program) say(format string, args ...any) {
	p.log = append(p.log, fmt.Sprintf("%12v  ", time.Since(p.began).Round(time.Microsecond))+fmt.Sprintf(format, args...))
}

func (p *program) logFailure(seed uint64) {
	if p.Failed() {
		p.Logf("-run 'Programs/%s' JELLYFISH_SEED=%d:\n%s", strings.ReplaceAll(p.name, " ", "_"), seed, strings.Join(p.log, "\n"))
	}
}

func (p *program) run() {
	p.setTrouble()
	for range 1 + p.random.IntN(50) {
		if p.step(); p.Failed() {
			return
		}
	}
	p.quieten()
	if p.Failed() {
		return
	}
	p.finish()
}

// step does something, and mostly waits for the effect.
func (p *program) step() {
	for range 4 {
		op := p.chosen(operations())
		if text := op.do(p); text != "" {
			p.say("%s", text)
			p.tally.add(op.name, 1)
			break
		}
	}
	switch roll := p.random.IntN(20); {
	case roll < 5:
		return
	case roll < 13:
	case roll < 18:
		p.rest(time.Second)
	case roll < 19:
		p.rest(5 * time.Second)
	default:
		p.rest(40 * time.Second)
	}
	p.check()
	if p.random.IntN(10) == 0 {
		p.kept = p.view.Rooms()
		p.keptAs = stateOf(p.kept)
	}
}

func (p *program) rest(limit time.Duration) { time.Sleep(time.Duration(p.random.Int64N(int64(limit)))) }
