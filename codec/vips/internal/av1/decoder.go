package av1

// #include "glue.h"
import "C"

import (
	"errors"
	"image"
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
func (d *Decoder) frame(data []byte, size image.Point) (*C.aom_image_t, error) {
	if len(data) == 0 {
		return nil, ErrFrame
	}
	im := C.spool_av1_decode(d.native, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	if im == nil || int(im.d_w) != size.X || int(im.d_h) != size.Y {
		return nil, ErrFrame
	}
	return im, nil
}

// Colours decodes a frame into the red, green and blue of to, and makes it opaque.
func (d *Decoder) Colours(data []byte, to *image.NRGBA) error {
	im, err := d.frame(data, to.Rect.Size())
	if err != nil {
		return err
	}
	newMixer(im).paint(to)
	return nil
}

// Transparency decodes a frame of one plane into the transparency of to.
func (d *Decoder) Transparency(data []byte, to *image.NRGBA) error {
	im, err := d.frame(data, to.Rect.Size())
	if err != nil {
		return err
	}
	m := newMixer(im)
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			to.Pix[y*to.Stride+4*x+3] = sample(m.light(x, y))
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

func (m *mixer) paint(to *image.NRGBA) {
	for y := range to.Rect.Dy() {
		row := to.Pix[y*to.Stride:]
		for x := range to.Rect.Dx() {
			r, g, b := m.colour(x, y)
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = sample(r), sample(g), sample(b), 255
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

// sample makes 8 bits of a value from 0 to 1.
func sample(v float64) byte { return byte(min(max(v*255+0.5, 0), 255)) }
