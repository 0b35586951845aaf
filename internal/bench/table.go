package main

import (
	"fmt"
	"io"
	"strings"
)

// printTable prints the outcomes as a Markdown table.
func printTable(w io.Writer, outcomes []outcome) {
	table := [][]string{{
		"message", "library, msg/s", "plain loop, msg/s", "ratio (min–max)", "bar",
		"CPU ns/msg, library : plain", "allocs/msg, library : plain",
		"missed", "rounds counted", "sender alone, msg/s",
	}}
	for _, o := range outcomes {
		table = append(table, o.cells())
	}
	widths := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for i, row := range table {
		printRow(w, row, widths)
		if i == 0 {
			printRule(w, widths)
		}
	}
}

// cells returns the outcome's row of the table.
func (o outcome) cells() []string {
	least, greatest := o.spread()
	sender := formatRate(o.bare(rateOf))
	if len(o.counted()) > 0 && o.senderIsLimit() {
		sender += " (the limit)"
	}
	return []string{
		o.comparison.name,
		formatRate(o.library(rateOf)),
		formatRate(o.plain(rateOf)),
		formatSpread(o.ratio(), least, greatest),
		formatBar(o.comparison.bar),
		formatPair("%.0f", o.library(cpuOf), o.plain(cpuOf)),
		formatPair("%.1f", o.library(allocsOf), o.plain(allocsOf)),
		fmt.Sprint(o.missed()),
		fmt.Sprintf("%d of %d", len(o.counted()), len(o.rounds)),
		sender,
	}
}

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

func printRow(w io.Writer, row []string, widths []int) {
	for i, cell := range row {
		fmt.Fprintf(w, "| %-*s ", widths[i], cell)
	}
	fmt.Fprintln(w, "|")
}

func printRule(w io.Writer, widths []int) {
	for _, width := range widths {
		fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
	}
	fmt.Fprintln(w, "|")
}
