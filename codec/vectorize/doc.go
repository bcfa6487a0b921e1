// Package vectorize traces pictures: it makes SVG drawings of them, in pure Go:
// [codec.Vectorize].
//
//	out := …  // any codec.Sink
//	err := vectorize.New().Process(ctx, &codec.Work{
//		Op:  codec.Vectorize{Detail: 90},
//		In:  []codec.Input{logo},
//		Out: out,
//	})
//
// It takes what Go reads: jpg, png, apng, gif, webp, tiff and bmp. Of others, such as avif,
// heif and jxl, make a png first: its job is refused with that advice.
//
// # How a picture becomes a drawing
//
// The picture is decoded, turned upright and made smaller where it is larger than
// 480 (detail 1) to 1,600 (detail 100) pixels on its long side. Its colours become
// a palette of 4 to 96, by a median cut and k-means in Oklab. Pixels of one colour
// that touch are a region; regions that are too small, and the seams of mixed
// colours that smooth edges leave, go to their neighbours.
//
// Each colour is a layer, the largest is painted first, and each reaches under
// those that come later: every border is drawn once, and no gap can show. Contours
// follow the edges of pixels, moved to where the mixture of colours says that the
// border is. They are cut at corners, and lines and Bézier curves are fitted to the
// rest. Coordinates are whole numbers, relative to the last.
//
// Pixels that are less than half opaque are left out, unless the picture has soft
// parts, such as shadows: then colours have an opacity, and what is not opaque is
// painted first. With mono, what is darker
// than the best threshold (Otsu's) is black, and the rest is left out.
//
// The same picture and operation give the same bytes on the same kind of processor.
package vectorize
