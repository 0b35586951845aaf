package main

import (
	"runtime"
	"testing"
)

func TestUsage(t *testing.T) {
	before := usageNow()
	kept := make([][]byte, 1000)
	for i := range kept {
		kept[i] = make([]byte, 64)
	}
	used := usageNow().since(before)
	runtime.KeepAlive(kept)
	if used.mallocs < 1000 {
		t.Errorf("%d allocations counted of at least 1000", used.mallocs)
	}
	if runtime.GOOS == "linux" && usageNow().cpu <= 0 {
		t.Error("no CPU time on Linux")
	}
}
