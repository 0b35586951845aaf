package main

import (
	"fmt"
	"os"
)

const residentMeaning = "resident memory"

// residentBytes is the memory of this process that is in RAM.
func residentBytes() (float64, error) {
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
