package lettering

import (
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/bidi"
	unicodebidi "golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// run is a part of a line whose letters follow each other in one direction.
type run struct {
	from, to int // characters of the line
	level    int // of embedding; odd is from right to left
}

// linesOf splits a text into lines of printable characters. Letters with accents
// become one character where there is one.
func linesOf(text string) []string {
	text = norm.NFC.String(strings.ReplaceAll(text, "\r\n", "\n"))
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = printable(l)
	}
	return lines
}

// ordered returns the runs of a line from left to right (Unicode Standard Annex #9),
// and whether it begins at the right.
func ordered(text []rune) (visual []run, rightToLeft bool) {
	direction := bidi.LeftToRight
	if rightToLeft = beginsAtTheRight(text); rightToLeft {
		direction = bidi.RightToLeft
	}
	var p bidi.Paragraph
	runs := p.Segment(text, direction)
	for i := range runs.NumRuns() {
		r := runs.Run(i)
		visual = append(visual, run{r.Start, r.End, int(r.Level)})
	}
	reorder(visual)
	return visual, rightToLeft
}

// reorder brings runs into visual order. (Rule L2)
func reorder(runs []run) {
	deepest := 0
	for _, r := range runs {
		deepest = max(deepest, r.level)
	}
	for level := deepest; level > 0; level-- {
		for from := 0; from < len(runs); from++ {
			to := from
			for to < len(runs) && runs[to].level >= level {
				to++
			}
			slices.Reverse(runs[from:to])
			from = max(from, to-1)
		}
	}
}

// beginsAtTheRight reports whether the first letter is of a script that is written
// from right to left. (Rules P2 and P3)
func beginsAtTheRight(text []rune) bool {
	for _, r := range text {
		properties, _ := unicodebidi.LookupRune(r)
		switch properties.Class() {
		case unicodebidi.L:
			return false
		case unicodebidi.R, unicodebidi.AL:
			return true
		}
	}
	return false
}

// printable leaves out what controls a machine. What controls the joining and the
// order of letters stays.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
}
