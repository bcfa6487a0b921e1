package av1

// #include "glue.h"
import "C"

import (
	"encoding/binary"
	"errors"
	"unsafe"
)

// ErrFrame says that a frame cannot be decoded.
var ErrFrame = errors.New("av1: a broken frame, or of another size")

// Decoder decodes the frames of a track, in their order.
type Decoder struct{ native *C.SpoolAV1Decoder }

// NewDecoder returns a decoder. Close it.
func NewDecoder() (*Decoder, error) {
	native := C.spool_av1_decoder()
	if native == nil {
		return nil, errors.New("av1: libaom makes no decoder")
	}
	return &Decoder{native}, nil
}

// Close frees the decoder.
func (d *Decoder) Close() { C.spool_av1_decoder_free(d.native) }

// frame is a decoded frame, valid until the next is decoded.
func (d *Decoder) frame(data []byte, size Canvas) (*C.aom_image_t, error) {
	if len(data) == 0 {
		return nil, ErrFrame
	}
	im := C.spool_av1_decode(d.native, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	if im == nil || int(im.d_w) != size.width || int(im.d_h) != size.height {
		return nil, ErrFrame
	}
	return im, nil
}

// Canvas is what frames are drawn on: [Pixels] of a picture.
type Canvas struct {
	Pixels
	width, height int
}

// NewCanvas returns a transparent one, deep or not.
func NewCanvas(width, height int, deep bool) Canvas {
	pixel := 4
	if deep {
		pixel = 8
	}
	return Canvas{Pixels{Bytes: make([]byte, pixel*width*height), Deep: deep}, width, height}
}

// put makes sample number i that of a value from 0 to 1.
func (c Canvas) put(i int, v float64) {
	v = min(max(v*c.most()+0.5, 0), c.most())
	if c.Deep {
		binary.NativeEndian.PutUint16(c.Bytes[2*i:], uint16(v))
		return
	}
	c.Bytes[i] = byte(v)
}

// Colours decodes a frame into the red, green and blue of to, and makes it opaque.
func (d *Decoder) Colours(data []byte, to Canvas) error {
	im, err := d.frame(data, to)
	if err != nil {
		return err
	}
	newMixer(im).paint(to)
	return nil
}

// Transparency decodes a frame of one plane into the transparency of to.
func (d *Decoder) Transparency(data []byte, to Canvas) error {
	im, err := d.frame(data, to)
	if err != nil {
		return err
	}
	m := newMixer(im)
	for y := range to.height {
		for x := range to.width {
			to.put(4*(y*to.width+x)+3, m.light(x, y))
		}
	}
	return nil
}

// mixer makes colours of the planes of a frame.
type mixer struct {
	planes         [3]plane
	shiftX, shiftY uint
	grey           bool
	direct         bool    // the planes are green, blue and red
	black, white   float64 // of the luma
	span           float64 // of the colours, from end to end
	middle         float64
	red, blue      float64 // weights in the luma
}

func newMixer(im *C.aom_image_t) *mixer {
	depth := int(im.bit_depth)
	unit := float64(int(1) << (depth - 8))
	m := &mixer{shiftX: uint(im.x_chroma_shift), shiftY: uint(im.y_chroma_shift),
		grey: im.monochrome != 0, direct: im.mc == C.AOM_CICP_MC_IDENTITY,
		white: 256*unit - 1, span: 256*unit - 1, middle: 128 * unit,
		red: redWeight, blue: blueWeight}
	if im._range == C.AOM_CR_STUDIO_RANGE {
		m.black, m.white, m.span = 16*unit, 235*unit, 224*unit
	}
	switch im.mc {
	case C.AOM_CICP_MC_BT_709:
		m.red, m.blue = 0.2126, 0.0722
	case C.AOM_CICP_MC_BT_2020_NCL:
		m.red, m.blue = 0.2627, 0.0593
	}
	height := int(im.d_h)
	m.planes[0] = planeOf(im, 0, height, depth)
	if !m.grey {
		rows := (height + 1<<m.shiftY - 1) >> m.shiftY
		m.planes[1], m.planes[2] = planeOf(im, 1, rows, depth), planeOf(im, 2, rows, depth)
	}
	return m
}

// light is the luma from 0 to 1.
func (m *mixer) light(x, y int) float64 {
	return (m.planes[0].get(x, y) - m.black) / (m.white - m.black)
}

func (m *mixer) paint(to Canvas) {
	for y := range to.height {
		for x := range to.width {
			i := 4 * (y*to.width + x)
			r, g, b := m.colour(x, y)
			to.put(i, r)
			to.put(i+1, g)
			to.put(i+2, b)
			to.put(i+3, 1)
		}
	}
}

// colour returns red, green and blue, from 0 to 1.
func (m *mixer) colour(x, y int) (r, g, b float64) {
	light := m.light(x, y)
	if m.grey {
		return light, light, light
	}
	cx, cy := x>>m.shiftX, y>>m.shiftY
	first, second := m.planes[1].get(cx, cy), m.planes[2].get(cx, cy)
	if m.direct {
		room := m.white - m.black
		return (second - m.black) / room, light, (first - m.black) / room
	}
	blue, red := (first-m.middle)/m.span, (second-m.middle)/m.span
	r = light + (2-2*m.red)*red
	b = light + (2-2*m.blue)*blue
	return r, (light - m.red*r - m.blue*b) / (1 - m.red - m.blue), b
}
