package vips

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/vips/internal/av1"
	"github.com/spoolmedia/spool/codec/vips/internal/avif"
)

// deepSequence is an AVIF sequence of two frames of 12 bits, both a gentle slope of grey
// from 30,000 to 30,255 of 65,535.
func deepSequence(t *testing.T) []byte {
	t.Helper()
	const w, h, depth = 256, 16, 12
	file := avif.File{Width: w, Height: h, Depth: depth, FullChroma: true,
		Delays: []time.Duration{time.Second, time.Second}}
	e, err := av1.NewEncoder(av1.Settings{Width: w, Height: h, Depth: depth, Quality: 100,
		Speed: 9, Frames: 2, FullChroma: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	pixels := av1.Pixels{Deep: true}
	for i := range w * h {
		v := 30000 + uint16(i%w)
		for _, v := range []uint16{v, v, v, 65535} {
			pixels.Bytes = binary.NativeEndian.AppendUint16(pixels.Bytes, v)
		}
	}
	for i := 0; len(file.Colours) < 2; i++ {
		var packets []av1.Packet
		if i < 2 {
			packets, err = e.Encode(pixels, file.Delays[i])
		} else if packets, err = e.Flush(); len(packets) == 0 {
			t.Fatal("frames are missing")
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packets {
			file.Colours = append(file.Colours, avif.Sample(p))
		}
	}
	var b bytes.Buffer
	if _, err := file.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDeepSequencesStayDeep counts the steps of a slope, of which 8 bits have 2.
func TestDeepSequencesStayDeep(t *testing.T) {
	sequence := deepSequence(t)
	for _, c := range []struct {
		op          codec.Convert
		least, most int
	}{
		{codec.Convert{Format: "png"}, 9, 40}, {codec.Convert{Format: "tiff"}, 9, 40},
		{codec.Convert{Format: "png", Depth: 8}, 1, 3},
		{codec.Convert{Format: "avif", Depth: 12, Quality: 100, Effort: 1}, 9, 40},
		{codec.Convert{Format: "webp"}, 1, 3},
	} {
		data := sequence
		frames := 1
		for _, op := range []codec.Convert{c.op, {Format: "png"}} {
			sink := new(codectest.Sink)
			err := New().Process(t.Context(), &codec.Work{Op: op, Out: sink,
				In: []codec.Input{codectest.NewInput("slope", "", data)}})
			if err != nil {
				t.Fatalf("%+v: %v", op, err)
			}
			out := sink.Outputs()[0]
			data, frames = out.Data, max(frames, out.Result.Media.Frames)
		}
		if animated := c.op.Format == "avif" || c.op.Format == "webp"; animated != (frames == 2) {
			t.Errorf("%s: %d frames", c.op.Format, frames)
		}
		im, err := codectest.DecodeImage(data)
		if err != nil {
			t.Fatal(err)
		}
		reds := map[uint32]bool{}
		for x := range 256 {
			r, _, _, _ := im.At(x, 5).RGBA()
			if r < 29600 || r > 30655 {
				t.Fatalf("%s: red at %d is %d", c.op.Format, x, r)
			}
			reds[r] = true
		}
		if n := len(reds); n < c.least || n > c.most {
			t.Errorf("%s of depth %d: %d steps, want %d to %d", c.op.Format, c.op.Depth, n, c.least,
				c.most)
		}
	}
}
