package vips

import (
	"bytes"
	stdimage "image"
	"image/color"
	"image/png"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec/vips/internal/deflate"
)

// paletteSize is what a palette holds.
const paletteSize = 256

// mostHeld bounds the bytes of frames that wait for their palette.
const mostHeld = 64 << 20

// piece is what a frame changes of the one before, and when and where.
type piece struct {
	*pixels
	at    spot
	blend byte
	delay time.Duration
}

// fewColours are pieces that have a palette in common, as long as that is enough. A file
// has one for all frames, so none can be written before the last is seen.
type fewColours struct {
	numbers map[[4]byte]byte
	palette color.Palette
	pieces  []piece // with a byte for each pixel: its number in the palette
	bytes   int
}

// hasOnlyPixels reports whether an image has nothing that a PNG keeps besides its pixels.
func (im image) hasOnlyPixels() bool {
	for _, field := range im.fields() {
		switch {
		case field == profileField, field == "exif-data", field == "xmp-data", field == "iptc-data",
			strings.HasPrefix(field, "png-comment-"):
			return false
		}
	}
	return true
}

// take takes a piece, or reports false if its colours are too many.
func (f *fewColours) take(p piece) bool {
	n := p.w * p.h
	if f.bytes += n; f.bytes > mostHeld {
		return false
	}
	numbers := make([]byte, n)
	for i := range numbers {
		c := [4]byte(p.rgba[4*i:])
		number, known := f.numbers[c]
		if !known {
			if len(f.palette) == paletteSize {
				return false
			}
			number = byte(len(f.palette))
			f.numbers[c] = number
			f.palette = append(f.palette, color.NRGBA{c[0], c[1], c[2], c[3]})
		}
		numbers[i] = number
	}
	p.pixels = &pixels{p.size, numbers}
	f.pieces = append(f.pieces, p)
	return true
}

// inFull is a piece with its colours instead of their numbers.
func (f *fewColours) inFull(p piece) piece {
	rgba := make([]byte, 0, 4*len(p.rgba))
	for _, number := range p.rgba {
		c := f.palette[number].(color.NRGBA)
		rgba = append(rgba, c.R, c.G, c.B, c.A)
	}
	p.pixels = &pixels{p.size, rgba}
	return p
}

// fill makes the palette long enough for 8 bits for each pixel: FFmpeg's decoder (5.1) puts
// parts with less in the wrong place.
func (f *fewColours) fill() {
	for len(f.palette) <= 16 {
		f.palette = append(f.palette, color.NRGBA{A: 255})
	}
}

// file is a piece as a PNG file with the palette.
func (f *fewColours) file(p piece, level int) ([]byte, error) {
	var b bytes.Buffer
	packer := deflate.NewPNG(&b, level, p.h*(p.w+1), 0)
	defer packer.Close()
	stored := png.Encoder{CompressionLevel: png.NoCompression}
	err := stored.Encode(packer, &stdimage.Paletted{Pix: p.rgba, Stride: p.w,
		Rect: stdimage.Rect(0, 0, p.w, p.h), Palette: f.palette})
	if err != nil {
		return nil, err
	}
	return b.Bytes(), packer.Close()
}

// add writes a piece, or holds it as long as all pieces may have a palette.
func (r *roll) add(p piece) error {
	if r.few != nil {
		if r.few.take(p) {
			return nil
		}
		held := r.few
		r.few = nil
		for _, h := range held.pieces {
			if err := r.write(held.inFull(h)); err != nil {
				return err
			}
		}
	}
	return r.write(p)
}

// finish writes the pieces that have waited for the palette, and the end.
func (r *roll) finish() error {
	if r.few != nil {
		level, _ := strconv.Atoi(r.options["compression"])
		r.options["palette"] = strconv.Itoa(len(r.few.palette))
		delete(r.options, "filter") // numbers of colours are no slopes
		r.few.fill()
		for _, p := range r.few.pieces {
			if err := r.ctx.Err(); err != nil {
				return err
			}
			file, err := r.few.file(p, level)
			if err == nil {
				err = r.file.Frame(file, p.at.x, p.at.y, p.delay, p.blend)
			}
			if err != nil {
				return err
			}
		}
	}
	return r.file.Close()
}
