package vips_test

import (
	"bytes"
	"fmt"
)

// pdf is a document with pages of 200 × 100 points, each 40 points higher than the
// one before and filled with another of the fields' colours.
func pdf(pages int) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), fmt.Sprintf(format, args...))
	}
	b.WriteString("%PDF-1.4\n")
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 3+2*i)
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Count %d /Kids [%s] >>", pages, kids)
	for i := range pages {
		c := fields[i%len(fields)]
		draw := fmt.Sprintf("%.3f %.3f %.3f rg 0 0 200 1000 re f",
			float64(c.R)/255, float64(c.G)/255, float64(c.B)/255)
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 %d] /Contents %d 0 R >>",
			100+40*i, len(offsets)+2)
		object("<< /Length %d >>\nstream\n%s\nendstream", len(draw), draw)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}
