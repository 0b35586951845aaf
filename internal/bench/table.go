package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// table is the result of an experiment. The first column names the rows, and the last
// one their bars, if there are any.
type table struct {
	title string
	heads []string
	rows  []row
	fault error // Why the numbers are meaningless.
}

type row struct {
	name   string
	cells  []string
	limits []limit
}

// column makes a program's cell from the results.
type column struct {
	head string
	cell func(r results, name string) string
}

func newTable(title string, columns []column) table {
	t := table{title: title}
	for _, c := range columns {
		t.heads = append(t.heads, c.head)
	}
	return t
}

func newRow(r results, name string, columns []column, bars []bar) row {
	made := row{name: name}
	for _, c := range columns {
		made.cells = append(made.cells, c.cell(r, name))
	}
	for _, b := range bars {
		made.limits = append(made.limits, b(r, name))
	}
	return made
}

func (t table) hasBars() bool {
	return slices.ContainsFunc(t.rows, func(r row) bool { return len(r.limits) > 0 })
}

// verdict returns nil if each bar was met.
func (t table) verdict() error {
	if !t.hasBars() {
		return nil
	}
	if t.fault != nil {
		return fmt.Errorf("%s: %w", t.title, t.fault)
	}
	var missed []error
	for _, r := range t.rows {
		for _, l := range r.limits {
			if !l.met {
				missed = append(missed, fmt.Errorf("%s, %s: %s, the bar is %s", t.title, r.name, l.got, l.want))
			}
		}
	}
	return errors.Join(missed...)
}

// print prints the table as Markdown.
func (t table) print(w io.Writer) {
	lines := [][]string{append([]string{t.title}, t.heads...)}
	for _, r := range t.rows {
		lines = append(lines, append([]string{r.name}, r.cells...))
	}
	if t.hasBars() {
		lines[0] = append(lines[0], "bar")
		for i, r := range t.rows {
			lines[i+1] = append(lines[i+1], r.bars())
		}
	}
	fmt.Fprintln(w)
	printLines(w, lines)
}

func (r row) bars() string {
	var wanted []string
	for _, l := range r.limits {
		wanted = append(wanted, l.want)
	}
	if len(wanted) == 0 {
		return none
	}
	return strings.Join(wanted, ", ")
}

func printLines(w io.Writer, lines [][]string) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for i, line := range lines {
		for j, cell := range line {
			fmt.Fprintf(w, "| %-*s ", widths[j], cell)
		}
		fmt.Fprintln(w, "|")
		if i > 0 {
			continue
		}
		for _, width := range widths {
			fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
		}
		fmt.Fprintln(w, "|")
	}
}

// none stands for a missing number.
const none = "–"

// median returns 0 if there are no values.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// percentiles are sorted numbers, at least one.
type percentiles []float64

func newPercentiles(values []float64) percentiles { return slices.Sorted(slices.Values(values)) }

// at returns the smallest value that is at least as large as the given share of all.
func (p percentiles) at(share float64) float64 {
	rank := int(math.Ceil(share * float64(len(p))))
	return p[max(rank, 1)-1]
}

// spread returns the median and the extremes.
func spread(values []float64, text func(float64) string) string {
	if len(values) == 0 {
		return none
	}
	return fmt.Sprintf("%s (%s–%s)", text(median(values)), text(slices.Min(values)), text(slices.Max(values)))
}

// formatRate returns a number with three digits, such as 1.52 M.
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

// formatTime returns nanoseconds with at most three digits, such as 34.5 µs.
func formatTime(nanoseconds float64) string {
	switch d := time.Duration(nanoseconds); {
	case d >= time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	case d >= time.Millisecond:
		return fmt.Sprintf("%.3g ms", d.Seconds()*1e3)
	case nanoseconds >= 1000:
		return fmt.Sprintf("%.3g µs", nanoseconds/1e3)
	case nanoseconds == 0:
		return none
	}
	return fmt.Sprintf("%.3g ns", nanoseconds)
}

// formatBytes returns a size, such as 15.6 MB.
func formatBytes(bytes float64) string {
	switch {
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", bytes/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%.1f kB", bytes/1e3)
	}
	return fmt.Sprintf("%.0f B", bytes)
}

// formatThousands returns a number below a million, such as 50,000.
func formatThousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

func formatRatio(ratio float64) string { return fmt.Sprintf("%.2f", ratio) }

// numberColumn shows a program's median.
func numberColumn(head string, of func(sample) float64, text func(float64) string) column {
	return column{head, func(r results, name string) string { return text(r.median(name, of)) }}
}

// spreadColumn shows a program's median and extremes.
func spreadColumn(head string, of func(sample) float64, text func(float64) string) column {
	return column{head + " (min–max)", func(r results, name string) string { return spread(r.each(name, of), text) }}
}

// ratioColumn shows a program's value divided by another program's.
func ratioColumn(what, other string, of func(sample) float64) column {
	return column{what + " ÷ " + other + " (min–max)", func(r results, name string) string {
		if name == other {
			return none
		}
		return spread(r.ratios(name, other, of), formatRatio)
	}}
}
