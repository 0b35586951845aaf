package stream

import (
	"fmt"
	"sync"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// Report is one metrics report of one node of the cluster.
type Report struct {
	decode.MetricsReport
	// Skipped is the number of reports directly before this one that were dropped
	// because the consumer had not received them.
	Skipped uint64
}

// String returns the report's size and beginning on one line.
func (r Report) String() string {
	if r.Skipped == 0 {
		return r.MetricsReport.String()
	}
	return fmt.Sprintf("%v (after %d skipped)", r.MetricsReport, r.Skipped)
}

// reportsKept is how many reports, the newest ones, wait for a consumer.
const reportsKept = 4

// reportQueue delivers metrics reports to one consumer: always the newest few, older
// ones are dropped. It has a goroutine only while reports are waiting. That offers the
// oldest one on a channel without a buffer, so that a report that was dropped can't be
// received any more.
type reportQueue struct {
	out   chan Report
	newer chan struct{} // The report on offer was dropped.
	quit  chan struct{}

	mu       sync.Mutex
	waiting  []Report
	number   uint64 // Number of the first report waiting, counted from the beginning.
	offering bool
	ended    bool
}

func newReportQueue() *reportQueue {
	return &reportQueue{
		out:   make(chan Report),
		newer: make(chan struct{}, 1),
		quit:  make(chan struct{}),
	}
}

func (q *reportQueue) put(r decode.MetricsReport) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return
	}
	report := Report{MetricsReport: r}
	if len(q.waiting) == reportsKept {
		q.dropOldest(&report)
	}
	q.waiting = append(q.waiting, report)
	if !q.offering {
		q.offering = true
		go q.offer()
	}
}

// dropOldest drops the oldest report; the one after it says so.
func (q *reportQueue) dropOldest(newest *Report) {
	skipped := q.waiting[0].Skipped + 1
	q.shift()
	next := newest
	if len(q.waiting) > 0 {
		next = &q.waiting[0]
	}
	next.Skipped += skipped
	select {
	case q.newer <- struct{}{}:
	default:
	}
}

func (q *reportQueue) offer() {
	for {
		report, number, more := q.oldest()
		if !more {
			return
		}
		select {
		case q.out <- report:
			q.taken(report, number)
		case <-q.newer:
		case <-q.quit:
		}
	}
}

func (q *reportQueue) oldest() (r Report, number uint64, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.ended:
		close(q.out)
		return Report{}, 0, false
	case len(q.waiting) == 0:
		q.offering = false
		return Report{}, 0, false
	}
	return q.waiting[0], q.number, true
}

// taken removes a report that was received. If the report was dropped at the same
// moment, the first one waiting has counted it as skipped, and everything that it
// skipped.
func (q *reportQueue) taken(r Report, number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.ended:
	case q.number == number:
		q.shift()
	default:
		q.waiting[0].Skipped -= r.Skipped + 1
	}
}

func (q *reportQueue) shift() {
	copy(q.waiting, q.waiting[1:])
	q.waiting[len(q.waiting)-1] = Report{}
	q.waiting = q.waiting[:len(q.waiting)-1]
	q.number++
}

func (q *reportQueue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return
	}
	q.ended = true
	q.waiting = nil
	close(q.quit)
	if !q.offering {
		close(q.out)
	}
}
