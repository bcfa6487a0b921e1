package vips

// #include <stdlib.h>
// #include "glue.h"
import "C"

import (
	"bytes"
	"time"
	"unsafe"
)

// image is a libvips image that a session owns: a pipeline that makes pixels
// when they are asked for.
type image struct{ p *C.VipsImage }

func (im image) width() int  { return int(im.p.Xsize) }
func (im image) height() int { return int(im.p.Ysize) }
func (im image) bands() int  { return int(im.p.Bands) }

func (im image) hasAlpha() bool { return C.vips_image_hasalpha(im.p) != 0 }

// colours counts the bands without alpha.
func (im image) colours() int {
	if im.hasAlpha() {
		return im.bands() - 1
	}
	return im.bands()
}

func (im image) space() C.VipsInterpretation { return C.vips_image_guess_interpretation(im.p) }

func (im image) isCMYK() bool      { return im.space() == C.VIPS_INTERPRETATION_CMYK }
func (im image) isMultiband() bool { return im.space() == C.VIPS_INTERPRETATION_MULTIBAND }

// inMemory reports whether all pixels of im are made.
func (im image) inMemory() bool { return im.p.dtype == C.VIPS_IMAGE_SETBUF }

// inTiles reports whether square parts of im are made with less work than rows.
func (im image) inTiles() bool { return im.p.dhint == C.VIPS_DEMAND_STYLE_SMALLTILE }

// deep reports whether the image has more than 8 bits for each sample.
func (im image) deep() bool { return im.p.BandFmt != C.VIPS_FORMAT_UCHAR }

// scale is the largest sample of the image divided by 255.
func (im image) scale() float64 {
	if im.deep() {
		return 257
	}
	return 1
}

// formatName is libvips' name for the type of the samples.
func (im image) formatName() string {
	return C.GoString(C.vips_enum_nick(C.vips_band_format_get_type(), C.int(im.p.BandFmt)))
}

// interpretationName is libvips' name for the colour space.
func (im image) interpretationName() string {
	return C.GoString(C.vips_enum_nick(C.vips_interpretation_get_type(), C.int(im.space())))
}

// sampleSize is how many bytes a sample has.
func (im image) sampleSize() int { return int(C.vips_format_sizeof(im.p.BandFmt)) }

// depth is how many bits a sample has.
func (im image) depth() int {
	if n := im.number("bits-per-sample"); n > 0 {
		return n
	}
	return 8 * im.sampleSize()
}

// pageHeight is the height of one frame of an animation.
func (im image) pageHeight() int { return int(C.vips_image_get_page_height(im.p)) }

// pages counts the frames or pages in the file, however many are loaded. libvips' own
// function takes 10,000 and more for one.
func (im image) pages() int { return im.number("n-pages") }

// orientation is the EXIF orientation, 1 to 8.
func (im image) orientation() int { return int(C.vips_image_get_orientation(im.p)) }

func (im image) has(field string) bool {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	return C.vips_image_get_typeof(im.p, name) != 0
}

// fields returns the names of all fields of the image.
func (im image) fields() []string {
	list := C.vips_image_get_fields(im.p)
	defer C.g_strfreev(list)
	var names []string
	for _, name := range unsafe.Slice(list, C.g_strv_length(list)) {
		names = append(names, C.GoString(name))
	}
	return names
}

// number returns a whole number among the fields of the image, or 0.
func (im image) number(field string) int {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	var n C.int
	if C.vips_image_get_typeof(im.p, name) == 0 || C.vips_image_get_int(im.p, name, &n) != 0 {
		return 0
	}
	return int(n)
}

// text returns a text among the fields of the image, or "".
func (im image) text(field string) string {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	var p *C.char
	if C.vips_image_get_typeof(im.p, name) == 0 || C.vips_image_get_string(im.p, name, &p) != 0 {
		return ""
	}
	return C.GoString(p)
}

// numbers returns an array of whole numbers among the fields of the image.
func (im image) numbers(field string) []int {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	var p *C.int
	var n C.int
	if C.vips_image_get_typeof(im.p, name) == 0 ||
		C.vips_image_get_array_int(im.p, name, &p, &n) != 0 {
		return nil
	}
	numbers := make([]int, n)
	for i, v := range unsafe.Slice(p, n) {
		numbers[i] = int(v)
	}
	return numbers
}

// blob returns a copy of the bytes of a field, or nil.
func (im image) blob(field string) []byte {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	var p unsafe.Pointer
	var n C.size_t
	if C.vips_image_get_typeof(im.p, name) != C.vips_blob_get_type() ||
		C.vips_image_get_blob(im.p, name, &p, &n) != 0 {
		return nil
	}
	return C.GoBytes(p, C.int(n))
}

// The setters below are for images that no other session or pipeline shares:
// call session.copy first.

func (im image) remove(field string) {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	C.vips_image_remove(im.p, name)
}

func (im image) removeOrientation() { C.vips_autorot_remove_angle(im.p) }

func (im image) setNumber(field string, n int) {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	C.vips_image_set_int(im.p, name, C.int(n))
}

func (im image) setNumbers(field string, numbers []int) {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	native := make([]C.int, len(numbers))
	for i, n := range numbers {
		native[i] = C.int(n)
	}
	C.vips_image_set_array_int(im.p, name, unsafe.SliceData(native), C.int(len(native)))
}

func (im image) setBlob(field string, b []byte) {
	name := C.CString(field)
	defer C.free(unsafe.Pointer(name))
	C.vips_image_set_blob_copy(im.p, name, unsafe.Pointer(unsafe.SliceData(b)), C.size_t(len(b)))
}

// defaultDelay is how long viewers show a frame that gives no time.
const defaultDelay = 100 * time.Millisecond

// duration is how long one round of the first n frames of an animation lasts.
func (im image) duration(n int) time.Duration { return duration(im.numbers("delay"), n) }

// duration is how long n frames last with delays in milliseconds.
func duration(delays []int, n int) time.Duration {
	if n < 2 {
		return 0
	}
	var total time.Duration
	for i := range n {
		total += shown(delays, i)
	}
	return total
}

// shown is how long viewers show frame i of an animation with delays in milliseconds.
func shown(delays []int, i int) time.Duration {
	if i < len(delays) && delays[i] > 10 {
		return time.Duration(delays[i]) * time.Millisecond
	}
	return defaultDelay
}

// matrix makes an image of the numbers, for operations that take it as an argument.
func (s *session) matrix(m []float64, width int) (image, error) {
	p := C.vips_image_new_matrix_from_array(C.int(width), C.int(len(m)/width),
		(*C.double)(&m[0]), C.int(len(m)))
	if p == nil {
		return image{}, errOperation
	}
	return s.ownImage(p), nil
}

// fromPixels makes an image of a copy of p.
func (s *session) fromPixels(p *pixels) (image, error) {
	im := C.vips_image_new_from_memory_copy(unsafe.Pointer(unsafe.SliceData(p.rgba)),
		C.size_t(len(p.rgba)), C.int(p.w), C.int(p.h), 4, C.VIPS_FORMAT_UCHAR)
	if im == nil {
		return image{}, errOperation
	}
	return s.call("copy", args{"in": s.ownImage(im), "interpretation": "srgb"})
}

// toPixels makes all pixels of an image of 4 bands of 8 bits.
func (s *session) toPixels(im image) (*pixels, error) {
	rgba, err := s.toBytes(im)
	if err != nil {
		return nil, err
	}
	return &pixels{size{im.width(), im.height()}, rgba}, nil
}

// toBytes makes all pixels of an image of 8 bits.
func (s *session) toBytes(im image) ([]byte, error) {
	var n C.size_t
	memory := C.vips_image_write_to_memory(im.p, &n)
	if memory == nil {
		return nil, errOperation
	}
	defer C.g_free(C.gpointer(memory))
	return bytes.Clone(unsafe.Slice((*byte)(memory), n)), nil
}

// copy gives the image fields of its own; pixels stay shared.
func (s *session) copy(im image) (image, error) { return s.call("copy", args{"in": im}) }

// render makes all pixels of an image at once and keeps them in memory, for
// operations that need them in another order than they come.
func (s *session) render(im image) (image, error) {
	if s.threads < 2 && im.inStrips() {
		return s.pull(im)
	}
	p := C.vips_image_copy_memory(im.p)
	if p == nil {
		return image{}, errOperation
	}
	return s.ownImage(p), nil
}
