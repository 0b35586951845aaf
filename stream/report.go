package stream

import (
	"fmt"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Report is one metrics report of one node of the cluster.
type Report struct {
	decode.MetricsReport
	// Skipped counts the reports that gave way directly before this one because
	// the consumer had not read them.
	Skipped uint64
}

// String returns the report's size and beginning on one line.
func (r Report) String() string {
	if r.Skipped == 0 {
		return r.MetricsReport.String()
	}
	return fmt.Sprintf("%v (after %d skipped)", r.MetricsReport, r.Skipped)
}

// reportsKept is how many reports wait for a consumer: the newest.
const reportsKept = 4

// reportBox hands metrics reports to one consumer: always the newest few, the
// older ones give way. It has a goroutine only while reports wait, which offers
// the oldest of those kept on a channel without a buffer, so that none that was
// given up can still be received.
type reportBox struct {
	out   chan Report
	newer chan struct{} // What is offered has given way.
	quit  chan struct{}

	mu       sync.Mutex
	waiting  []Report
	number   uint64 // Of the first that waits, counted from the beginning.
	offering bool
	ended    bool
}

func newReportBox() *reportBox {
	return &reportBox{
		out:   make(chan Report),
		newer: make(chan struct{}, 1),
		quit:  make(chan struct{}),
	}
}

func (b *reportBox) put(r decode.MetricsReport) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	report := Report{MetricsReport: r}
	if len(b.waiting) == reportsKept {
		b.giveWay(&report)
	}
	b.waiting = append(b.waiting, report)
	if !b.offering {
		b.offering = true
		go b.offer()
	}
}

// giveWay drops the oldest report; the one behind it says so.
func (b *reportBox) giveWay(newest *Report) {
	skipped := b.waiting[0].Skipped + 1
	b.shift()
	next := newest
	if len(b.waiting) > 0 {
		next = &b.waiting[0]
	}
	next.Skipped += skipped
	select {
	case b.newer <- struct{}{}:
	default:
	}
}

func (b *reportBox) offer() {
	for {
		report, number, more := b.oldest()
		if !more {
			return
		}
		select {
		case b.out <- report:
			b.taken(report, number)
		case <-b.newer:
		case <-b.quit:
		}
	}
}

func (b *reportBox) oldest() (r Report, number uint64, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended:
		close(b.out)
		return Report{}, 0, false
	case len(b.waiting) == 0:
		b.offering = false
		return Report{}, 0, false
	}
	return b.waiting[0], b.number, true
}

// taken removes a report that was received. If it gave way at the same moment,
// the first that waits has counted it as skipped, and all that it skipped.
func (b *reportBox) taken(r Report, number uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended:
	case b.number == number:
		b.shift()
	default:
		b.waiting[0].Skipped -= r.Skipped + 1
	}
}

func (b *reportBox) shift() {
	copy(b.waiting, b.waiting[1:])
	b.waiting[len(b.waiting)-1] = Report{}
	b.waiting = b.waiting[:len(b.waiting)-1]
	b.number++
}

func (b *reportBox) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	b.ended = true
	b.waiting = nil
	close(b.quit)
	if !b.offering {
		close(b.out)
	}
}
