package libav

// #include <stdlib.h>
// #include "job.h"
// #include "frame.h"
import "C"

import (
	"image"
	"strconv"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// frame is a picture or some samples of sound, as they come out of filters. It is
// the libraries', and gone when the function that it was given to returns.
type frame struct{ f *C.AVFrame }

// clone refers to the same data for longer. Free it.
func (f frame) clone() (frame, error) {
	if c := C.av_frame_clone(f.f); c != nil {
		return frame{c}, nil
	}
	return frame{}, codec.Errorf(codec.Memory, "there is no memory left")
}

func (f *frame) free() { C.av_frame_free(&f.f) }

// size is that of the picture.
func (f frame) size() size { return size{int(f.f.width), int(f.f.height)} }

// seconds is when it begins, in seconds of the input.
func (f frame) seconds() float64 { return float64(f.f.pts) / 1e6 }

// microseconds is how long it stays.
func (f frame) microseconds() int64 { return int64(C.spool_get_duration(f.f)) }

// row returns a row of the first plane, width bytes of it.
func (f frame) row(y, width int) []byte {
	start := unsafe.Add(unsafe.Pointer(f.f.data[0]), y*int(f.f.linesize[0]))
	return unsafe.Slice((*byte)(start), width)
}

// rgba copies a picture whose pixel format is rgba.
func (f frame) rgba() *image.NRGBA {
	z := f.size()
	m := image.NewNRGBA(image.Rect(0, 0, z.w, z.h))
	for y := range z.h {
		copy(m.Pix[y*m.Stride:], f.row(y, 4*z.w))
	}
	return m
}

// newFrame copies m; nil: there is no memory. Free it.
func newFrame(m *image.NRGBA) *C.AVFrame {
	z := m.Rect.Size()
	return C.spool_new_picture(C.int(z.X), C.int(z.Y), (*C.uint8_t)(&m.Pix[0]), C.int(m.Stride))
}

// number is a number that a filter wrote into the frame under that name.
func (f frame) number(name string) (float64, bool) {
	key := C.CString(name)
	defer C.free(unsafe.Pointer(key))
	e := C.av_dict_get(f.f.metadata, key, nil, 0)
	if e == nil {
		return 0, false
	}
	v, err := strconv.ParseFloat(C.GoString(e.value), 64)
	return v, err == nil
}
