package vips_test

import (
	"bytes"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

func TestThreadsChangeNoPixel(t *testing.T) {
	in := corpus(t, "image/sharp-Landscape_1.jpg") // 600 × 450
	for _, op := range []codec.Operation{codec.Convert{Format: "jpg", Width: 200},
		codec.Convert{Format: "png", Width: 400}, codec.Transform{Format: "png", Flop: true, Width: 400},
		codec.Transform{Format: "webp", Width: 150, Height: 150, Gravity: codec.GravityEntropy}} {
		var made [2]*output
		for i := range made {
			out, err := process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Threads: 1 + i})
			if err != nil {
				t.Fatalf("%+v with %d threads: %v", op, 1+i, err)
			}
			made[i] = out[0]
		}
		if d := differ(decode(t, made[1]), decode(t, made[0]), 0); d != "" {
			t.Errorf("%+v with two threads: %s", op, d)
		}
		parts := bytes.Count(made[1].data, []byte("IDAT"))
		if png := made[0].result.Media.Type == "image/png"; png != (parts > 1) {
			t.Errorf("%+v with two threads: %d chunks of pixels", op, parts)
		}
	}
}
