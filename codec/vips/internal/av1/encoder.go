// Package av1 encodes and decodes pictures in AV1 through libaom, which libheif uses,
// too, but for single pictures of 8 bits alone.
package av1

// #cgo pkg-config: aom
// #include "glue.h"
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// Settings of an encoder. Colours are written as YCbCr of sRGB by ITU-R BT.601, in the
// full range.
type Settings struct {
	Width, Height int
	Depth         int  // bits of each sample: 8, 10 or 12
	Grey          bool // one plane instead of three
	FullChroma    bool // a sample of colour for each pixel, not for each square of four
	Quality       int  // from 1 to 100
	Speed         int  // of libaom, from 0 to 9
	Threads       int
	Frames        int // how many there will be; one is a still picture
}

// Packet is an encoded frame. They come in the order in which they are shown.
type Packet struct {
	Data []byte
	Key  bool // it can be decoded without those before
}

// Encoder encodes pictures of one size.
type Encoder struct {
	settings Settings
	native   *C.SpoolAV1Encoder
	at       int64 // milliseconds
}

// NewEncoder returns an encoder. Close it.
func NewEncoder(s Settings) (*Encoder, error) {
	settings := C.SpoolAV1Settings{
		width: C.int(s.Width), height: C.int(s.Height), depth: C.int(s.Depth),
		quantizer: C.int(quantizer(s.Quality)), speed: C.int(s.Speed),
		threads: C.int(max(s.Threads, 1)), frames: C.int(s.Frames),
	}
	if s.Grey {
		settings.grey = 1
	} else if s.FullChroma {
		settings.full_chroma = 1
	}
	native := C.spool_av1_encoder(&settings)
	if native == nil {
		return nil, fmt.Errorf("av1: libaom takes no pictures of %d × %d with %d bits",
			s.Width, s.Height, s.Depth)
	}
	return &Encoder{settings: s, native: native}, nil
}

// quantizer is what libheif makes of a quality, so that both mean the same.
func quantizer(quality int) int { return ((100-quality)*63 + 50) / 100 }

// Encode takes a picture that is shown for some time, and returns what is ready.
func (e *Encoder) Encode(p Pixels, delay time.Duration) ([]Packet, error) {
	e.fill(p)
	length := max(delay.Milliseconds(), 1)
	defer func() { e.at += length }()
	return e.run(1, C.ulong(length))
}

// Flush returns some of what is left, and nothing at the end.
func (e *Encoder) Flush() ([]Packet, error) { return e.run(0, 0) }

func (e *Encoder) run(withImage C.int, length C.ulong) ([]Packet, error) {
	if C.spool_av1_encode(e.native, withImage, C.int64_t(e.at), length) != 0 {
		return nil, errors.New("av1: libaom could not encode a frame")
	}
	var packets []Packet
	for {
		p := C.spool_av1_packet(e.native)
		if p == nil {
			return packets, nil
		}
		frame := (*frameData)(unsafe.Pointer(&p.data))
		packets = append(packets, Packet{
			Data: C.GoBytes(unsafe.Pointer(frame.buf), C.int(frame.sz)),
			Key:  frame.flags&C.AOM_FRAME_IS_KEY != 0,
		})
	}
}

// frameData is the beginning of the data of a packet, a union in C.
type frameData struct {
	buf      *C.uint8_t
	sz       C.size_t
	pts      C.aom_codec_pts_t
	duration C.ulong
	flags    C.aom_codec_frame_flags_t
}

// Close frees the encoder.
func (e *Encoder) Close() { C.spool_av1_encoder_free(e.native) }
