package main

import (
	"runtime"
	"time"
)

// usage is what this process has used up.
type usage struct {
	cpu     time.Duration // 0 where the system doesn't tell.
	mallocs uint64
}

func usageNow() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{cpu: cpuTime(), mallocs: m.Mallocs}
}

func (u usage) since(before usage) usage {
	return usage{cpu: u.cpu - before.cpu, mallocs: u.mallocs - before.mallocs}
}
