package main

import (
	"runtime"
	"time"
)

// cost is what something took: the time until it was done, and the CPU time and
// allocations of this process alone.
type cost struct {
	elapsed, cpu time.Duration
	allocs       float64
}

// costOf does something, and starts from a collected heap.
func costOf(do func() error) (cost, error) {
	runtime.GC()
	m := startMeter()
	err := do()
	return m.read(), err
}

// each returns the cost of one of n.
func (c cost) each(n int) cost {
	return cost{c.elapsed / time.Duration(n), c.cpu / time.Duration(n), c.allocs / float64(n)}
}

// meter reads the cost of what goes on from some moment on.
type meter struct {
	used  usage
	start time.Time
}

func startMeter() meter {
	used := usageNow()
	return meter{used, time.Now()}
}

func (m meter) read() cost {
	elapsed, used := time.Since(m.start), usageNow().since(m.used)
	return cost{elapsed, used.cpu, float64(used.mallocs)}
}

// heapNow returns the bytes that are still in use once garbage is collected.
func heapNow() float64 {
	runtime.GC()
	runtime.GC() // What pools held goes only now.
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
