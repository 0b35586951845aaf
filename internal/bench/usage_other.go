//go:build !unix

package main

import "time"

// cpuTime is unknown on this system; the table then has no CPU time.
func cpuTime() time.Duration { return 0 }
