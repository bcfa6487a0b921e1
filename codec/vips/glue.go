package vips

// #include "glue.h"
import "C"

import "unsafe"

// Each file of Go that calls C costs a few starts of the C compiler in every build: so
// what the others need of glue.h is here.

// made owns an image that C has made, or failed to make.
func (s *session) made(p *C.VipsImage) (image, error) {
	if p == nil {
		return image{}, errOperation
	}
	return s.ownImage(p), nil
}

// lines makes an image whose pixels come from s.draw when they are asked for: red, green,
// blue and transparency, of 16 bits each if it is deep, else of 8.
func (s *session) lines(z size, deep bool) (image, error) {
	return s.made(C.spool_drawn(C.int(z.w), C.int(z.h), C.int(btoi(deep)), C.uintptr_t(s.id)))
}

// dress gives im all metadata of like that it does not have.
func (im image) dress(like image) { C.spool_dress(im.p, like.p) }

// jpeg makes an image of the pixels of a JPEG of so many bytes with that header, each side
// smaller by shrink.
func (s *session) jpeg(header image, bytes int64, shrink int) (image, error) {
	return s.made(C.spool_jpeg(header.p, C.uintptr_t(s.id), C.gint64(bytes), C.int(shrink),
		C.int(btoi(s.strict))))
}

// pull makes all pixels of an image that is made in strips, by this thread alone.
func (s *session) pull(im image) (image, error) {
	return s.made(C.spool_pull(im.p, C.uintptr_t(s.id)))
}

// startAhead makes an image of the pixels of im, which another thread makes.
func (s *session) startAhead(im image) (image, error) {
	return s.made(C.spool_ahead(im.p, C.uintptr_t(s.id)))
}

// knowsNoSIMD reports whether libvips makes rows narrower pixel by pixel, as it does before
// 8.15.
func knowsNoSIMD() bool { return C.vips_version(0) == 8 && C.vips_version(1) < 15 }

// reduce makes an image narrower by a factor, to a width that has so many invented pixels of
// the input more than there are: see reduce.c.
func (s *session) reduce(im image, width int, factor, invented float64, portable bool) (
	image, error) {
	return s.made(C.spool_reduce(im.p, C.int(width), C.double(factor), C.double(invented),
		C.int(btoi(portable))))
}

// makeRows makes all pixels of im and gives them to s.rows, row by row. It reports whether
// all were made and taken.
func (s *session) makeRows(im image) bool {
	return C.spool_rows(im.p, C.uintptr_t(s.id)) == 0
}

// inputSource reads the input of the session, which has so many bytes.
func (s *session) inputSource(bytes int64) nativeSource {
	return s.sourced(C.spool_source(C.uintptr_t(s.id), C.gint64(bytes)))
}

// memorySource reads a copy of file.
func (s *session) memorySource(file []byte) nativeSource {
	return s.sourced(C.spool_memory_source(unsafe.Pointer(unsafe.SliceData(file)),
		C.size_t(len(file))))
}

// sourced owns a source that C has made.
func (s *session) sourced(p *C.VipsSource) nativeSource {
	s.own(unsafe.Pointer(p))
	return nativeSource{p}
}
