package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// table prints as Markdown.
type table struct {
	title string
	head  []string
	rows  [][]string
	notes []string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// print writes the table with columns of equal width.
func (t *table) print(w io.Writer) error {
	widths := make([]int, len(t.head))
	lines := append([][]string{t.head, make([]string, len(t.head))}, t.rows...)
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], len([]rune(cell)), 3)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n**%s**\n\n", t.title)
	for n, line := range lines {
		for i, cell := range line {
			if n == 1 {
				cell = strings.Repeat("-", widths[i])
			}
			fmt.Fprintf(&b, "| %-*s ", widths[i], cell)
		}
		b.WriteString("|\n")
	}
	if len(t.notes) > 0 {
		b.WriteString("\n")
	}
	for _, note := range t.notes {
		fmt.Fprintf(&b, "- %s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// milliseconds writes d so that columns can be compared.
func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// grouped writes a whole number with commas.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func mebibytes(bytes int64) string { return fmt.Sprintf("%d MiB", bytes>>20) }
