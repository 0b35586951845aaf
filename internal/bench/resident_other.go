//go:build !linux

package main

import "runtime"

const residentMeaning = "heap and stacks"

// residentBytes is what Go uses of memory; what of this process is in RAM isn't
// known here.
func residentBytes() (float64, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse), nil
}
