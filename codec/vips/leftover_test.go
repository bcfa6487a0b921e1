package vips_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/png"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/vips"
)

// rough returns a picture that does not compress well, as a PNG, and an animation of it.
func rough(t *testing.T) (still, animation []byte) {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 300, 200), palette.Plan9)
	for i := range m.Pix {
		m.Pix[i] = byte(i * i >> 5)
	}
	var s, a bytes.Buffer
	if err := png.Encode(&s, m); err != nil {
		t.Fatal(err)
	}
	other := image.NewPaletted(m.Rect, color.Palette{color.White, color.Black})
	all := &gif.GIF{Image: []*image.Paletted{m, other, m}, Delay: []int{10, 10, 10}}
	if err := gif.EncodeAll(&a, all); err != nil {
		t.Fatal(err)
	}
	return s.Bytes(), a.Bytes()
}

func TestWorkThatFailsLeavesNothingBehind(t *testing.T) {
	still, animation := rough(t)
	photo := turnedJPEG(t, flag(600, 400), 1)
	full := errors.New("the disk is full")
	for name, c := range map[string]struct {
		data   []byte
		op     func(format string) codec.Operation
		write  error // of the sink
		create error
		cancel bool
		may    bool // there may be no error: a GIF may end early, and a cancel come late
	}{
		"cut off":              {data: still[:len(still)/2]},
		"a photo cut off":      {data: photo[:len(photo)/2]},
		"an animation cut off": {data: animation[:len(animation)/2], may: true},
		"cut off in a chain": {data: still[:len(still)/2], op: func(format string) codec.Operation {
			return codec.Chain{Steps: codec.Steps{codec.Transform{Width: 100, Rotate: 30},
				codec.Watermark{Text: "spool"}, codec.Convert{Format: format}}}
		}},
		"cut off for renditions": {data: still[:len(still)/2], op: func(format string) codec.Operation {
			return codec.Renditions{Outputs: []codec.Rendition{
				{Format: format, Width: 100}, {Format: format, Width: 50}}}
		}},
		"no room":             {data: still, write: full},
		"no output":           {data: still, create: full},
		"given up":            {data: still, cancel: true, may: true},
		"given up, in motion": {data: animation, cancel: true, may: true},
		"hardly a byte": {data: still, op: func(string) codec.Operation {
			return codec.Compress{TargetBytes: 500}
		}},
	} {
		for i, format := range []string{"jpg", "png", "apng", "webp", "avif", "tiff", "gif", "jxl", "bmp"} {
			ctx, cancel := context.WithCancel(t.Context())
			sink := &codectest.Sink{WriteErr: c.write, CreateErr: c.create}
			if c.cancel {
				sink.OnWrite = cancel
			}
			var op codec.Operation = codec.Convert{Format: format, Width: 200}
			if c.op != nil {
				op = c.op(format)
			}
			err := vips.New().Process(ctx, &codec.Work{Op: op, Out: sink,
				In: []codec.Input{codectest.NewInput("rough.png", "", c.data)}, Threads: 1 + i%2})
			cancel()
			if err == nil && !c.may {
				t.Errorf("%s, to %s: there is no error", name, format)
			}
			if n := vips.Objects(); n > 0 {
				t.Fatalf("%s, to %s: %d objects are left after: %v", name, format, n, err)
			}
		}
	}
}
