package jetstream

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/jellyfishtest"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// count returns 1 to n.
func count(n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, i+1)
	}
	return numbers
}

// TestPlannedTakeoverLeavesNothingOut has a leader hand over to a bridge that is
// ready, again and again, while notifications come: each is in the stream once and in
// order, and there is no Gap but the first leader's.
func TestPlannedTakeoverLeavesNothingOut(t *testing.T) {
	nats := startNATS(t)
	jellyfish := jellyfishtest.Run(t, jellyfishtest.Config{})
	config := BridgeConfig{Window: 200 * time.Millisecond, Lease: 30 * time.Second}
	first := config
	first.Lease = 300 * time.Millisecond // Nobody leads yet.
	leader := runBridge(t, nats.ClientURL(), jellyfish, first)
	leader.awaitRole(t, Leading)
	sent := 0
	sendSome := func() {
		for range 50 {
			sent++
			send(t, jellyfish, numbered("a", sent), numbered("b", sent))
		}
	}
	for range 3 {
		successor := runBridge(t, nats.ClientURL(), jellyfish, config)
		sendSome()
		await(t, "the successor is ready", func() bool { return successor.Stats().Ready })
		sendSome()
		leader.stop()
		sendSome()
		leader.handOver(t)
		sendSome()
		successor.awaitRole(t, Leading)
		leader = successor
	}
	sendSome()
	await(t, "all published", func() bool { s := leader.Stats(); return s.Pending == 0 && int(s.Heard) >= 100 })
	conn := connect(t, nats.ClientURL())
	await(t, "all is in the stream", func() bool {
		numbers, _ := contents(t, stored(t, conn, config.Layout))
		return slices.Contains(numbers["a"], sent) && slices.Contains(numbers["b"], sent)
	})
	numbers, gaps := contents(t, stored(t, conn, config.Layout))
	for _, room := range []string{"a", "b"} {
		if !slices.Equal(numbers[room], count(sent)) {
			t.Errorf("room %s: %v, want 1 to %d", room, numbers[room], sent)
		}
	}
	if len(gaps) != 1 {
		t.Errorf("%d Gaps, want the first leader's alone: %v", len(gaps), gaps)
	}
}

// TestTakeoverFromADeadLeaderLeavesAGap has a leader lose its connection to NATS for
// good: another takes over with a Gap, and what the dead one had heard and not
// published is in the stream, since the other has heard it too.
func TestTakeoverFromADeadLeaderLeavesAGap(t *testing.T) {
	nats := startNATS(t)
	jellyfish := jellyfishtest.Run(t, jellyfishtest.Config{})
	config := BridgeConfig{Window: 100 * time.Millisecond, Lease: 500 * time.Millisecond, HandoverTimeout: time.Millisecond}
	conn := connect(t, nats.ClientURL())
	notifier, err := stream.Open(t.Context(), stream.Config{
		ServerAddress: jellyfish.Address(), ServerAPIToken: stream.NewSecret(jellyfishtest.Token),
	})
	if err != nil {
		t.Fatal(err)
	}
	leader := runBridgeOn(t, conn, notifier, notifier, config)
	leader.awaitRole(t, Leading)
	successor := runBridge(t, nats.ClientURL(), jellyfish, config)
	await(t, "the successor is ready", func() bool { return successor.Stats().Ready })
	for n := 1; n <= 100; n++ {
		send(t, jellyfish, numbered("a", n))
		if n == 50 {
			await(t, "half is heard", func() bool { return successor.Stats().Heard == 50 && leader.Stats().Published >= 50 })
			conn.Close()
		}
	}
	successor.awaitRole(t, Leading)
	await(t, "all published", func() bool { return successor.Stats().Pending == 0 && successor.Stats().Heard == 100 })
	numbers, gaps := contents(t, stored(t, connect(t, nats.ClientURL()), config.Layout))
	if !slices.Equal(numbers["a"], count(100)) {
		t.Errorf("%v, want 1 to 100", numbers["a"])
	}
	if len(gaps) != 2 || gaps[1].Outages != 1 || gaps[1].Since.After(gaps[1].Until) {
		t.Errorf("Gaps %v, want one for each leader", gaps)
	}
	leader.stop()
	var late *HandoverError
	if err := <-leader.done; err != nil && !errors.As(err, &late) {
		t.Errorf("the dead leader ended with %v", err)
	}
}

// TestTwoBridgesAgreeWhoLeads starts several at once.
func TestTwoBridgesAgreeWhoLeads(t *testing.T) {
	nats := startNATS(t)
	jellyfish := jellyfishtest.Run(t, jellyfishtest.Config{})
	config := BridgeConfig{Lease: 500 * time.Millisecond}
	var bridges []*running
	for range 4 {
		bridges = append(bridges, runBridge(t, nats.ClientURL(), jellyfish, config))
	}
	leading := func() (n int) {
		for _, b := range bridges {
			if b.Stats().Role == Leading {
				n++
			}
		}
		return n
	}
	await(t, "one leads", func() bool { return leading() == 1 })
	await(t, "each hears", func() bool { return jellyfish.Connections() == 4 })
	for n := range 200 {
		send(t, jellyfish, numbered(fmt.Sprint("room ", n%7), n/7+1))
	}
	for _, b := range bridges {
		await(t, "all is known", func() bool { s := b.Stats(); return s.Heard == 200 && s.Pending == 0 })
	}
	await(t, "one leads", func() bool { return leading() == 1 })
	numbers, _ := contents(t, stored(t, connect(t, nats.ClientURL()), config.Layout))
	for room, got := range numbers {
		if !slices.Equal(got, count(len(got))) {
			t.Errorf("%s: %v", room, got)
		}
	}
}

// TestTheSourcesGapIsInItsPlace cuts the leader's connection to Jellyfish.
func TestTheSourcesGapIsInItsPlace(t *testing.T) {
	nats := startNATS(t)
	jellyfish := jellyfishtest.Run(t, jellyfishtest.Config{})
	config := BridgeConfig{Lease: 300 * time.Millisecond}
	leader := runBridge(t, nats.ClientURL(), jellyfish, config)
	leader.awaitRole(t, Leading)
	send(t, jellyfish, numbered("a", 1))
	await(t, "heard", func() bool { return leader.Stats().Heard == 1 })
	jellyfish.Cut(jellyfishtest.CutClean)
	await(t, "connected again", func() bool { return jellyfish.Connections() == 1 && leader.notifier.State().Phase == stream.Live })
	send(t, jellyfish, numbered("a", 2))
	await(t, "published", func() bool { return leader.Stats().Published == 4 })
	var kinds []string
	for _, r := range stored(t, connect(t, nats.ClientURL()), config.Layout) {
		kinds = append(kinds, r.subject[len(r.subject)-3:])
	}
	if want := []string{"gap", "ted", "gap", "ted"}; !slices.Equal(kinds, want) {
		t.Errorf("%v, want %v", kinds, want)
	}
}
