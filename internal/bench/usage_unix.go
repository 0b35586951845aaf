//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime returns the user and system time that this process has used, without its
// children.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
