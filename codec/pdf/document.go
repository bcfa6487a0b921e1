package pdf

import (
	"fmt"
	"io"
	"strings"
)

// document writes a PDF from front to back (ISO 32000-1, 7.5): a header, objects,
// the table of where they begin, the trailer.
type document struct {
	w       io.Writer
	at      int64   // bytes written
	offsets []int64 // of object i+1
	pages   []int   // objects
	err     error   // of w; nothing is written after it
}

// The first objects are those that the pages refer to; they are written last.
const (
	catalogObject = 1
	pagesObject   = 2
)

func newDocument(w io.Writer) *document {
	d := &document{w: w, offsets: make([]int64, pagesObject)}
	// Four bytes above 127 tell transfer programs that this is no text.
	d.printf("%%PDF-1.5\n%%\xe2\xe3\xcf\xd3\n")
	return d
}

// Write keeps the first error, so that only the end has to look at it.
func (d *document) Write(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.w.Write(p)
	d.at += int64(n)
	d.err = err
	return n, err
}

func (d *document) printf(format string, args ...any) { fmt.Fprintf(d, format, args...) }

// reserve returns the number of an object that is written later.
func (d *document) reserve() int {
	d.offsets = append(d.offsets, 0)
	return len(d.offsets)
}

// begin starts the object.
func (d *document) begin(object int) {
	d.offsets[object-1] = d.at
	d.printf("%d 0 obj\n", object)
}

// object writes a whole object and returns its number.
func (d *document) object(format string, args ...any) int {
	object := d.reserve()
	d.put(object, format, args...)
	return object
}

func (d *document) put(object int, format string, args ...any) {
	d.begin(object)
	d.printf(format, args...)
	d.printf("\nendobj\n")
}

// stream writes an object of a dictionary and of the bytes that fn writes. Their
// number is an object behind it, so nothing needs to be known before.
func (d *document) stream(dictionary string, fn func(w io.Writer) error) (int, error) {
	object, length := d.reserve(), d.reserve()
	d.begin(object)
	d.printf("<<%s/Length %d 0 R>>\nstream\n", dictionary, length)
	from := d.at
	if err := fn(d); err != nil {
		return 0, err
	}
	n := d.at - from
	d.printf("\nendstream\nendobj\n")
	d.put(length, "%d", n)
	return object, d.err
}

// page adds a page of the size in points that draws the image through the matrix.
func (d *document) page(width, height float64, m matrix, image int) error {
	content, err := d.stream("", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "q %s cm /I Do Q", m)
		return err
	})
	if err != nil {
		return err
	}
	d.pages = append(d.pages, d.object("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s %s]"+
		"/Resources<</XObject<</I %d 0 R>>>>/Contents %d 0 R>>",
		pagesObject, number(width), number(height), image, content))
	return d.err
}

// close writes what the reader begins with.
func (d *document) close() error {
	var kids strings.Builder
	for _, page := range d.pages {
		fmt.Fprintf(&kids, "%d 0 R ", page)
	}
	d.put(pagesObject, "<</Type/Pages/Count %d/Kids[%s]>>",
		len(d.pages), strings.TrimSpace(kids.String()))
	d.put(catalogObject, "<</Type/Catalog/Pages %d 0 R>>", pagesObject)
	table := d.at
	d.printf("xref\n0 %d\n0000000000 65535 f \n", len(d.offsets)+1)
	for _, off := range d.offsets {
		d.printf("%010d 00000 n \n", off)
	}
	d.printf("trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n",
		len(d.offsets)+1, catalogObject, table)
	return d.err
}
