package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// printTables prints the results as Markdown, neighbours with the same columns in
// one table.
func printTables(w io.Writer, results []result) {
	for len(results) > 0 {
		columns := results[0].columns()
		table := [][]string{columns}
		for len(results) > 0 && slices.Equal(results[0].columns(), columns) {
			table = append(table, results[0].cells())
			results = results[1:]
		}
		fmt.Fprintln(w)
		printTable(w, table)
	}
}

func printTable(w io.Writer, table [][]string) {
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
