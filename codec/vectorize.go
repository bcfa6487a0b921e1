package codec

import "cmp"

// Vectorize traces a picture: it makes an SVG drawing of filled shapes that looks
// like it at any size. Transparency stays. Logos and drawings come out best;
// photographs turn into posters.
type Vectorize struct {
	// Mono draws what is dark in black and leaves the rest transparent, instead of
	// layers of colours.
	Mono bool `json:"mono,omitempty"`
	// Detail from 1 to 100 is how many colours and how small shapes are kept; 0
	// means 82. More is closer to the picture, and a larger drawing.
	Detail int `json:"detail,omitempty"`
}

// Name returns "vectorize".
func (Vectorize) Name() string { return "vectorize" }

// Target returns "svg".
func (Vectorize) Target() string { return "svg" }

// Validate implements [Operation].
func (v Vectorize) Validate() error {
	f := faults{op: v.Name()}
	f.between("detail", v.Detail, 1, 100)
	return f.err()
}

// WithDefaults returns v with the documented defaults in place of zero fields.
func (v Vectorize) WithDefaults() Vectorize {
	v.Detail = cmp.Or(v.Detail, 82)
	return v
}
