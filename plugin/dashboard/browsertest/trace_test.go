package browsertest

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// tasks are how long the longest tasks of pages' main threads took, and how many
// took longer than 50 ms.
type tasks struct {
	processor, clock time.Duration // Of the longest, as either counts.
	long             int           // By the processor.
}

// traceTasks has the browser note its tasks until the returned function is called.
// A busy machine makes a task longer by the clock, but not by the processor.
func traceTasks(b *tab) (end func() tasks) {
	b.t.Helper()
	var events [][]byte
	complete := make(chan struct{})
	err := chromedp.ListenBrowser(b.ctx, func(event any) {
		switch event := event.(type) {
		case *tracing.EventDataCollected:
			for _, text := range event.Value {
				if bytes.Contains(text, []byte("RunTask")) || bytes.Contains(text, []byte("CrRendererMain")) {
					events = append(events, text)
				}
			}
		case *tracing.EventTracingComplete:
			close(complete)
		}
	})
	if err == nil {
		_, err = chromedp.CallBrowser(b.ctx, tracing.Start, tracing.StartParams{
			TraceConfig: &tracing.TraceConfig{IncludedCategories: []string{"toplevel"}},
		})
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return func() tasks {
		b.t.Helper()
		if _, err := chromedp.CallBrowser(b.ctx, tracing.End, cdp.Empty{}); err != nil {
			b.t.Fatal(err)
		}
		select {
		case <-complete:
		case <-time.After(4 * patience):
			b.t.Fatal("the trace doesn't come")
		}
		return longest(events)
	}
}

// traceEvent is a task, or the name of a thread.
type traceEvent struct {
	Pid, Tid  int
	Dur, Tdur int64 // In microseconds.
	Args      struct{ Name string }
}

func longest(texts [][]byte) tasks {
	type thread struct{ pid, tid int }
	main := make(map[thread]bool)
	var events []traceEvent
	for _, text := range texts {
		var e traceEvent
		if json.Unmarshal(text, &e) != nil {
			continue
		}
		events = append(events, e)
		if e.Args.Name == "CrRendererMain" {
			main[thread{e.Pid, e.Tid}] = true
		}
	}
	var t tasks
	for _, e := range events {
		if !main[thread{e.Pid, e.Tid}] {
			continue
		}
		t.clock = max(t.clock, time.Duration(e.Dur)*time.Microsecond)
		t.processor = max(t.processor, time.Duration(e.Tdur)*time.Microsecond)
		if e.Tdur > 50_000 {
			t.long++
		}
	}
	return t
}
