package codec

import "cmp"

// Archive joins all inputs of a job in one archive or compressed file. Inputs
// keep their order; a name that was there before gets a number. Nothing in the
// archive depends on the clock or the machine: the same inputs give the same
// bytes.
type Archive struct {
	// Format is zip, tar, tgz, gz or xz; "" means zip. gz and xz hold one file:
	// of several they hold a tar.
	Format string `json:"format,omitempty"`
	// Filename of the output without folder and extension; "" means that of the
	// input if there is one, and "archive" if there are several.
	Filename string `json:"filename,omitempty"`
}

// archiveTargets are the formats of archives that can be written.
var archiveTargets = []string{"zip", "tar", "tgz", "gz", "xz"}

// Name returns "archive".
func (Archive) Name() string { return "archive" }

// Target returns the canonical name of the format.
func (a Archive) Target() string { return canonicalFormat(cmp.Or(a.Format, "zip")) }

// Combines returns true: one archive of all inputs.
func (Archive) Combines() bool { return true }

// Validate implements [Operation].
func (a Archive) Validate() error {
	f := faults{op: a.Name()}
	f.oneOf("format", a.Target(), archiveTargets...)
	f.base("filename", a.Filename)
	return f.err()
}

// WithDefaults returns a with the documented defaults in place of zero fields,
// and Format as its canonical name. Filename stays as it is.
func (a Archive) WithDefaults() Archive {
	a.Format = a.Target()
	return a
}
