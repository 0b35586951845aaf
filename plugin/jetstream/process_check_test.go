//go:build unix

package jetstream

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// handledLine is what a worker has written of a delivery.
type handledLine struct {
	worker    string
	partition int
	sequence  uint64
	room      string
	number    int
}

func (s *system) handled() (all []handledLine) {
	s.t.Helper()
	file, err := os.Open(s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var h handledLine
		if _, err := fmt.Sscan(lines.Text(), &h.worker, &h.partition, &h.sequence, &h.room, &h.number); err == nil {
			all = append(all, h)
		}
	}
	return all
}

// check holds what the stream has to what was sent, and what was handled to what the
// stream has, and prints what came of it.
func (s *system) check() {
	missing, again, gaps := s.checkStream()
	repeats := s.checkHandled()
	var planned, killed []time.Duration
	var b strings.Builder
	for _, line := range s.table {
		fmt.Fprintf(&b, "%-12s %8v\n", line.kind, line.took.Round(time.Millisecond))
		switch line.kind {
		case "planned":
			planned = append(planned, line.took)
		case "killed":
			killed = append(killed, line.took)
		}
	}
	total := 0
	for _, n := range s.sent {
		total += n
	}
	s.t.Logf("takeovers:\n%smedian planned %v, killed %v\n%d sent; in the stream: %d Gaps, %d missing in them, %d twice after them; %d handled again",
		b.String(), median(planned), median(killed), total, gaps, missing, again, repeats)
}

func median(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2].Round(time.Millisecond)
}

// checkStream goes through the stream by room: a number that isn't the next must have
// a Gap before it.
func (s *system) checkStream() (missing, again, gaps int) {
	s.t.Helper()
	type state struct {
		highest, last int
		gap           bool
	}
	rooms := make(map[string]*state)
	for room := range s.sent {
		rooms[fmt.Sprint("room-", room)] = &state{}
	}
	for _, r := range s.records() {
		switch {
		case r.control:
			continue
		case r.gap:
			gaps++
			for _, st := range rooms {
				st.gap = true
			}
			continue
		}
		room, number := numberOf(s.t, notificationOf(r.subject, r.body))
		st := rooms[room]
		switch {
		case number == st.last+1:
			if number <= st.highest {
				again++
			}
		case !st.gap:
			s.t.Errorf("%s: %d after %d at %d, and no Gap between them", room, number, st.last, r.sequence)
		case number > st.highest+1:
			missing += number - st.highest - 1
		case number <= st.highest:
			again++
		}
		st.last, st.highest, st.gap = number, max(st.highest, number), false
	}
	for room, last := range s.sent {
		if st := rooms[fmt.Sprint("room-", room)]; st.highest != last && !st.gap {
			s.t.Errorf("room-%d ends with %d, %d were sent", room, st.highest, last)
		}
	}
	return missing, again, gaps
}

// checkHandled goes through what was handled: all of the stream, each partition in
// the stream's order, but for repeats.
func (s *system) checkHandled() (repeats int) {
	s.t.Helper()
	layout, _ := Layout{}.withDefaults()
	type place struct {
		partition int
		sequence  uint64
	}
	seen := make(map[place]bool)
	last := make(map[int]uint64)
	for _, h := range s.handled() {
		at := place{h.partition, h.sequence}
		switch {
		case seen[at]:
			repeats++
		case h.sequence < last[h.partition]:
			s.t.Errorf("%d of partition %d was handled first after %d", h.sequence, h.partition, last[h.partition])
		}
		seen[at] = true
		last[h.partition] = max(last[h.partition], h.sequence)
	}
	for _, r := range s.records() {
		for p := range layout.Partitions {
			mine := r.gap || !r.control && layout.Partition(roomOfSubject(r.subject)) == p
			if mine && !seen[place{p, r.sequence}] {
				s.t.Errorf("%d, %s, wasn't handled in partition %d", r.sequence, r.subject, p)
			}
		}
	}
	return repeats
}
