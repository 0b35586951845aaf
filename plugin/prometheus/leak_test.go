package prometheus_test

import (
	"runtime"
	"strings"
	"time"
)

// goroutinesLeft returns the stacks of goroutines of the library and of this package
// that are still there after a while.
func goroutinesLeft() string {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		left := ownGoroutines()
		if left == "" || time.Now().After(deadline) {
			return left
		}
	}
}

func ownGoroutines() string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var own []string
	for _, stack := range strings.Split(string(stacks), "\n\n")[1:] {
		if strings.Contains(stack, "jellyfish-go") {
			own = append(own, stack)
		}
	}
	return strings.Join(own, "\n\n")
}
