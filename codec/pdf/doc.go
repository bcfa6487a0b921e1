// Package pdf makes PDF documents of pictures, in pure Go: [codec.ImageToPDF].
//
//	out := …  // any codec.Sink
//	err := pdf.New().Process(ctx, &codec.Work{
//		Op:  codec.ImageToPDF{PageSize: codec.PageA4},
//		In:  []codec.Input{front, back},
//		Out: out,
//	})
//
// # What becomes of the pictures
//
// Each picture is a page. The bytes of a JPEG go into the document as they are, to
// the end of the picture and without what lies behind it, so metadata inside stay:
// run strip-metadata before where that matters. The pixels of a PNG without
// transparency and interlace go in as they are compressed in the PNG, 16-bit ones
// too. All others are decoded and compressed without loss: transparent, interlaced
// and animated PNG, GIF, WebP, TIFF and BMP, of which the first frame or page is
// taken. Orientation is applied by the matrix of the page, and the colour profiles
// of JPEG, PNG, WebP and TIFF are kept.
//
// JPEG and PNG stream from the input to the output. What is decoded is in memory
// whole, one picture at a time: up to 100 megapixels unless Limits.Pixels says
// otherwise. The same pictures give the same bytes: no dates, no random
// identifiers.
//
// # Why no library
//
// The module that was planned, github.com/pdfcpu/pdfcpu, edits documents of others,
// which is not done here. For what is, it holds all pictures in memory, takes no
// notice of orientation, profiles and densities, and compresses a PNG anew. What is
// needed of the format is a handful of objects (ISO 32000-1, 7.3 and 8.9): see
// document.go.
package pdf
