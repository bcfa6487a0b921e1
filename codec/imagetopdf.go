package codec

import "cmp"

// ImageToPDF makes one PDF of all inputs of a job, a page for each picture, in
// order.
type ImageToPDF struct {
	// PageSize is one of the Page constants, "" means [PageAuto].
	PageSize string `json:"pageSize,omitempty"`
	// Filename of the output without folder and extension; "" means that of the
	// first input.
	Filename string `json:"filename,omitempty"`
}

// Page sizes of an [ImageToPDF].
const (
	// PageAuto makes each page as large as its picture, at the density that the
	// picture tells if that is from 73 to 2,400 dots per inch, and else at 96.
	// Cameras write 72 without a thought.
	PageAuto = "auto"
	// PageLetter is 8.5 × 11 inches, upright or across as the picture is. The
	// picture is as large as fits, in the middle.
	PageLetter = "letter"
	// PageA4 is 210 × 297 mm, in the same way.
	PageA4 = "a4"
)

// Name returns "image-to-pdf".
func (ImageToPDF) Name() string { return "image-to-pdf" }

// Target returns "pdf".
func (ImageToPDF) Target() string { return "pdf" }

// Combines returns true: one document of all inputs.
func (ImageToPDF) Combines() bool { return true }

// Validate implements [Operation].
func (p ImageToPDF) Validate() error {
	f := faults{op: p.Name()}
	f.oneOf("pageSize", p.PageSize, PageAuto, PageLetter, PageA4)
	f.base("filename", p.Filename)
	return f.err()
}

// WithDefaults returns p with the documented defaults in place of zero fields.
// Filename stays as it is.
func (p ImageToPDF) WithDefaults() ImageToPDF {
	p.PageSize = cmp.Or(p.PageSize, PageAuto)
	return p
}
