package codec

import (
	"cmp"
)

// FormatAuto, in place of a format, lets the codec choose what suits the picture
// and the client best. With the client's word in [Convert].Accept it is
//
//	for an animation          webp, apng, else gif
//	for a drawing             webp without loss, else png
//	for a photograph          avif, webp, else jpg
//	for one with transparency avif, webp, else png
//
// The first ones are for clients that name them, as browsers do: a wildcard, which
// programs send that show no picture at all, stands for the last one. Weights
// ("q=0.5", RFC 9110, section 12.4.2) count more than this order. A picture is a
// drawing if its file is one of a format without loss, and it is made of flat areas
// of few colours.
const FormatAuto = "auto"

// AutoMinSSIM is how alike the result of an automatic quality is, where the
// operation says nothing else: the quality is the lowest, from 20 to 100, at which
// the structural similarity (SSIM, Wang et al. 2004) of the luma of the encoded
// picture and of the picture before it was encoded, in its new size, is no less.
// It is the mean over windows of 8 × 8 pixels, 4 apart, from 0 for pictures that
// have nothing in common to 1 for equal ones. The quality is in the [Result]; a
// format that has none is encoded as always. Photographs of jpg with a quality of 82
// come to about this.
const AutoMinSSIM = 0.97

// maxAccept bounds the list of a client in bytes.
const maxAccept = 4096

// formatOrAuto wants any format, or [FormatAuto], with which accept goes.
func (f *faults) formatOrAuto(name, accept string) {
	switch _, known := LookupFormat(name); {
	case name == FormatAuto && len(accept) > maxAccept:
		f.add("accept", "it has %d bytes; the limit is %d", len(accept), maxAccept)
	case name == FormatAuto:
		return
	case accept != "":
		f.add("accept", "goes with format %s only", FormatAuto)
		f.format(name)
	case !known:
		f.oneOfFormats(name, append(formatNames(), FormatAuto))
	}
}

// autoQuality wants a bound that goes with an automatic quality.
func (f *faults) autoQuality(auto bool, bound float64, quality int) {
	if bound != 0 {
		f.within("minSSIM", &bound, 0.5, 0.9999)
	}
	switch {
	case auto && quality != 0:
		f.add("quality", "does not go with autoQuality, which decides it")
	case !auto && bound != 0:
		f.add("minSSIM", "goes with autoQuality only")
	}
}

// autoDefaults fills in a quality, or the bound of an automatic one.
func autoDefaults(auto bool, quality int, bound float64) (int, float64) {
	if auto {
		return quality, cmp.Or(bound, AutoMinSSIM)
	}
	return cmp.Or(quality, 82), bound
}
