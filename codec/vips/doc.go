// Package vips does operations on images through libvips 8.13 or newer. It needs
// cgo and the headers of libvips, of libjpeg-turbo and libaom, which libvips itself uses for
// JPEG and AVIF, and of libdeflate and zlib, which compress PNG.
//
//	out := …  // any codec.Sink
//	err := vips.New().Process(ctx, &codec.Work{
//		Op:  codec.Convert{Format: "webp", Width: 320},
//		In:  []codec.Input{photo},
//		Out: out,
//	})
//
// # A picture's way
//
// The input is read by range: a decoder asks, a [codec.Input] answers, and no
// file is opened or loaded whole, but for GIF, WebP, JPEG XL and SVG, whose
// decoders want all bytes in memory (at most 512 MiB). The decoder is chosen by
// the media type that was found in the bytes; libvips never guesses, so an SVG
// named photo.jpg does not get in. The header is checked against the limits of
// the policy. JPEG, WebP, SVG and PDF are then decoded at a reduced size if
// that is enough, JPEG also where a part is cut out, mirrored or turned by right
// angles before it is scaled: such steps wait until the picture is small. Pixels
// stream from the decoder in strips: turned upright, converted to sRGB, taken
// through the steps of the operation, laid on the background. [codec.Chain] is a
// longer list of steps. Up to 16 MiB of them are gathered before they are encoded, because
// libvips is faster so; more go on into the encoder as they come. Steps that need pixels
// in another order than a decoder makes them, such as a turn or a smart crop, keep the
// picture in memory; so does what encodes it several times: [codec.Renditions], which
// makes each size once, of the next larger one, and a [codec.Compress] that aims at a
// size.
//
// JPEGs of one scan, grey or of three colours, are decoded by libjpeg without libvips'
// loader, to the same pixels. With libjpeg-turbo, and where there are no restart markers,
// their Huffman codes are read here, so that decoding takes three quarters of the time. All
// other JPEGs are left to libvips.
//
// [codec.FormatAuto] decodes a picture of a format without loss before it chooses,
// because it looks whether it is a drawing. An automatic quality keeps the pixels in
// memory, encodes them with some qualities, mostly 4 to 6, and decodes each result
// again to compare: see [codec.AutoMinSSIM].
//
// Metadata stay, but for what would no longer be true: orientation, the small
// preview in EXIF, and a profile that was applied to the pixels. Thumbnails,
// renditions and previews of pages carry none. [codec.StripMetadata] decodes no JPEG,
// PNG and WebP, but cuts the files, unless the orientation has to be applied.
// Animations keep their frames, delays and loops between GIF, WebP, APNG and AVIF.
// Those of the last two are drawn and put together here, one at a time. An APNG has a
// palette where its frames, with what is transparent in them, have at most 256 colours in
// all, without a profile, EXIF, XMP and texts; frames wait for that in memory, up to
// 64 MiB, a byte for each pixel that changes, and go on in full colours above. AVIF of more
// than one frame, or of more than 8 bits, is written by libaom without libheif, and
// frames of a sequence of 10 or 12 bits stay deep where the output is. All other
// formats get the first frame or page, and a note; [codec.Convert] and
// [codec.Thumbnail] take another page. Of several pages that go into one tiff, those
// of a tiff are decoded while they are written, and those of other documents before,
// all of them into memory. What libvips warns about becomes a
// note of the output and is never printed.
//
// Texts of a [codec.Watermark] are drawn with the Go fonts, which are part of the
// program and have Latin, Greek and Cyrillic letters, or with a font of their own.
// They are shaped by HarfBuzz's rules and ordered by the Unicode bidirectional
// algorithm. A note names the characters that the font does not have.
//
// # Damage
//
// A picture that is cut off is an error of the class [codec.Invalid], whatever its format.
// A GIF, APNG, AVIF sequence or animated WebP that is cut off has its whole frames, at least
// the first, and a TIFF the pages whose directories are there; a note says so. With
// [codec.Policy] Strict that is an error, too, as is all that the decoder of a JPEG or a GIF
// complains of. Otherwise that of a GIF becomes a note, and of a JPEG it is not told,
// which libvips does only when all is done. Other decoders either fail, or hide damage.
// What is behind the last pixel does not count, nor what Poppler mends in a PDF.
// [codec.Inspect] reads headers alone, and [codec.StripMetadata] decodes no JPEG, PNG and
// WebP: that the end is missing is noted, or an error if strict, and nothing else is seen.
//
// # How long a cancelled work runs on
//
// When the context ends, reads and writes fail and evaluation stops at the next
// strip. Process returns when the native code has. Decoders and encoders that
// take the picture in one call are not interrupted in it. Where the operation sets no
// effort, this package does: the highest that, by the figures below, encodes a
// frame within 10 seconds, but not more than the usual one. So a cancelled work
// runs on in its encoder for at most 10 seconds of a core of 2 GHz, but for gif
// above 45 megapixels, heif above 8, and lossless webp above 12: these take up to a
// minute. What would take longer, such as 50 megapixels of heif, or 26 of avif with
// an effort of 9, is refused. Decoders are not bounded so.
//
//	format         cannot be interrupted  effort: nanoseconds for each pixel
//	jpg            a strip                -
//	png, apng      the picture, a frame   see below
//	tiff           a strip                -
//	webp           a frame                6: 80    4: 40    2: 20    0: 12
//	gif            a frame                10: 450  7: 300   4: 265   2: 220
//	avif           a frame                6: 2300  4: 800   2: 140   1: 75   0: 30
//	heif           the picture            1200
//	jxl            the picture            7: 560   5: 100   4: 25    3: 20
//	png, compress  the picture            10: 860  7: 480   4: 430   2: 360
//	lossless webp  the picture            4: 1200  0: 800
//	lossless jxl   the picture            5: 2000  4: 1500  3: 270
//
// PNG is deflated by libdeflate, the whole picture in one call, or with threads to spare
// in parts of 256 KiB. For each byte of its pixels that takes 32 nanoseconds with the
// usual compression of 6, 6 with 1, and 125 to 300 with 8 to 12. What has more than
// 64 MiB is deflated by zlib, a strip at a time.
//
// A hard stop needs a process of its own, which spool does not have yet.
//
// # Settings of the process
//
// The first use starts libvips with one thread for each evaluation, because
// many works at once are faster than many threads for one; Work.Threads above 1
// changes that for one work: of a picture that the decoder leaves with at most 16 MiB of
// pixels one thread decodes ahead while others do the rest, and compress a png. The
// cache of operations is off. Decoders that their authors call untrusted are blocked,
// except JPEG XL's; those of SVG, PDF and JPEG 2000 are unblocked for the process by the
// first work whose policy names them, and refused by this package in all other works.
// ImageMagick is never used: BMP is read, all pixels at once, and written in Go.
// Warnings of the log domain "VIPS" are taken; nothing else of the process is touched.
//
// glibc keeps freed memory for each of its arenas, and makes eight of them for
// each core. The first use limits them to one for each core, and what each keeps at its
// end to 8 MiB, for the process. After a work that by its estimate took 32 MiB or more,
// freed memory is given back by malloc_trim: three rounds of large pictures through all
// encoders held 840 MiB without it, and 80 MiB with it. What smaller works leave, up to
// some 100 MiB, glibc keeps for the next ones: malloc_trim after every few of them would
// take half as long again as small pictures do. A host that is idle can call [FreeMemory].
package vips
