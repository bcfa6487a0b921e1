package libav_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"math"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// wave returns a WAV file with a tone of 440 Hz, 16 bits, 44.1 kHz, stereo.
func wave(seconds float64) []byte {
	const rate = 44100
	n := int(rate * seconds)
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00")
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*4)
	b = append(b, 4, 0, 16, 0)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(n*4))
	for i := range n {
		v := uint16(int16(8000 * math.Sin(2*math.Pi*440*float64(i)/rate)))
		b = binary.LittleEndian.AppendUint16(b, v)
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// animation returns an animated GIF: a square that walks, ten frames a second.
func animation(t testing.TB, frames, w, h int) []byte {
	t.Helper()
	var g gif.GIF
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h),
			color.Palette{color.Gray{Y: 30}, color.RGBA{200, 60, 20, 255}})
		for y := range h / 2 {
			for x := range w / 4 {
				p.SetColorIndex((x+i*3)%w, y+h/4, 1)
			}
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// film returns a film of 1.2 seconds in mp4.
func film(t testing.TB) []byte {
	t.Helper()
	in := codectest.NewInput("walk.gif", "", animation(t, 12, 64, 48))
	o, err := convert(t.Context(), in, codec.Convert{Format: "mp4"})
	if err != nil {
		t.Fatal(err)
	}
	return o.Data
}
