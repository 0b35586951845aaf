package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// meter measures what this process uses from some moment on.
type meter struct {
	cpu     time.Duration
	mallocs uint64
	start   time.Time
}

func startMeter() meter {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return meter{cpuTime(), m.Mallocs, time.Now()}
}

// read returns the cost of each of n messages or calls.
func (m meter) read(n int) sample {
	elapsed, cpu := time.Since(m.start), cpuTime()-m.cpu
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	each := float64(n)
	return sample{
		elapsed: float64(elapsed) / each,
		cpu:     float64(cpu) / each,
		allocs:  float64(now.Mallocs-m.mallocs) / each,
	}
}

// measure measures a function that handles n messages or calls, after a garbage
// collection.
func measure(n int, do func() error) (sample, error) {
	runtime.GC()
	m := startMeter()
	err := do()
	return m.read(n), err
}

// heapNow returns the bytes in use after a garbage collection.
func heapNow() float64 {
	runtime.GC()
	runtime.GC() // The first one leaves what pools hold.
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// residentBytes returns the memory of this process that is in RAM or, if the system
// isn't Linux, the memory that Go uses.
func residentBytes() (float64, error) {
	if runtime.GOOS != "linux" {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapInuse + m.StackInuse), nil
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, resident float64 // In pages.
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		return 0, fmt.Errorf("/proc/self/statm: %w", err)
	}
	return resident * float64(os.Getpagesize()), nil
}
