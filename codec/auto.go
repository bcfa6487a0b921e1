package codec

import "cmp"

// FormatAuto, in place of a format, lets the codec choose what suits the picture
// and the client best, in [Convert], [Thumbnail], [Transform] and [Rendition], of images
// only. With the client's word in the field Accept it is
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

// accept wants the word of a client with [FormatAuto] alone.
func (f *faults) accept(format, accept string) {
	switch {
	case accept != "" && format != FormatAuto:
		f.add("accept", "goes with format %s only", FormatAuto)
	case len(accept) > maxAccept:
		f.add("accept", "it has %d bytes; the limit is %d", len(accept), maxAccept)
	}
}

// formatOrAuto wants a format of one of the kinds, or of any kind if there are none, or
// [FormatAuto], with which accept goes.
func (f *faults) formatOrAuto(name, accept string, kinds ...Kind) {
	f.accept(name, accept)
	switch _, known := LookupFormat(name); {
	case name == FormatAuto:
	case known:
		f.format(name, kinds...)
	default:
		f.oneOfFormats(name, append(formatNames(kinds...), FormatAuto))
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

// autoDefaults fills in the usual quality, or the bound of an automatic one.
func autoDefaults(auto bool, quality, usual int, bound float64) (int, float64) {
	if auto {
		return quality, cmp.Or(bound, AutoMinSSIM)
	}
	return cmp.Or(quality, usual), bound
}
