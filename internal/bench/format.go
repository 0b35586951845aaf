package main

import (
	"fmt"
	"time"
)

// none stands where there is no number.
const none = "–"

// formatRate returns a rate with three digits, such as 1.52 M.
func formatRate(rate float64) string {
	switch {
	case rate >= 1e6:
		return fmt.Sprintf("%.3g M", rate/1e6)
	case rate >= 1e3:
		return fmt.Sprintf("%.3g k", rate/1e3)
	case rate == 0:
		return none
	}
	return fmt.Sprintf("%.3g", rate)
}

func formatSpread(middle, least, greatest float64) string {
	if middle == 0 {
		return none
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", middle, least, greatest)
}

func formatBar(bar float64) string {
	if bar == 0 {
		return none
	}
	return fmt.Sprintf("%.1f", bar)
}

// formatPair returns the two numbers, or a dash where there are none.
func formatPair(format string, library, plain float64) string {
	if library == 0 && plain == 0 {
		return none
	}
	return fmt.Sprintf(format+" : "+format, library, plain)
}

// formatDuration returns a duration with at most three digits, such as 34.5 µs.
func formatDuration(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", d.Seconds()*1e3)
	case d > 0 && d < 100*time.Nanosecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	}
	return fmt.Sprintf("%.3g µs", d.Seconds()*1e6)
}

func formatKilobytes(bytes float64) string {
	if bytes == 0 {
		return none
	}
	return fmt.Sprintf("%.1f kB", bytes/1000)
}

// formatThousands returns a number below a million, such as 50,000.
func formatThousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
