package vips

import (
	"bytes"
	stdimage "image"
	"image/jpeg"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// memory is an input of a JPEG.
type memory struct{ *bytes.Reader }

func (memory) Name() string { return "memory.jpg" }
func (memory) Type() string { return "image/jpeg" }

// TestDecodersShrinkBehindCutsAndTurns looks at what the decoder is asked for, and
// at the size of what it then makes.
func TestDecodersShrinkBehindCutsAndTurns(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, 640, 480)), nil); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		op   codec.Operation
		want int
		last bool // it is scaled after the steps before
	}{
		{codec.Transform{Width: 160}, 4, false},
		{codec.Transform{Width: 160, Flip: true, Flop: true}, 4, false},
		{codec.Transform{Width: 120, Rotate: -90}, 4, false},
		{codec.Transform{Width: 100, CropLeft: 37, CropTop: 61, CropWidth: 450}, 4, false},
		{codec.Transform{Width: 40, CropLeft: 16, CropWidth: 600}, 8, false},
		{codec.Transform{Width: 100, CropLeft: 3, CropWidth: 200}, 0, false}, // no pixel fits to another
		{codec.Transform{Width: 100, CropLeft: 2, CropWidth: 200}, 2, false},
		{codec.Transform{Width: 100, Rotate: 10}, 0, true},
		{codec.Transform{Width: 900, Enlarge: true, Flip: true}, 0, true},
		{codec.Chain{Steps: codec.Steps{codec.Adjust{Sharpen: true}, codec.Transform{Width: 100}}}, 0, true},
	} {
		err := run(t.Context(), memory{bytes.NewReader(b.Bytes())}, nil, func(s *session) error {
			p, err := s.open(s.source.in, codec.Policy{})
			if err != nil {
				return err
			}
			r, _ := recipeOf(test.op, nil)
			c, err := s.plan(p, r)
			if err != nil {
				return err
			}
			im, err := c.decode()
			if err != nil {
				return err
			}
			if (c.lead == nil) != test.last {
				t.Errorf("%+v: scaled last: %t", test.op, c.lead == nil)
			}
			if c.shrunk != test.want || im.width() != 640/max(test.want, 1) {
				t.Errorf("%+v: shrunk by %d, to %d pixels, want by %d", test.op, c.shrunk, im.width(),
					test.want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestSizesAreMadeOnceOfTheNextLarger(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, 640, 480)), nil); err != nil {
		t.Fatal(err)
	}
	err := run(t.Context(), memory{bytes.NewReader(b.Bytes())}, nil, func(s *session) error {
		p, err := s.open(s.source.in, codec.Policy{})
		if err != nil {
			return err
		}
		var outputs []*conversion
		for _, width := range []int{80, 160, 400, 160, 320} {
			c, err := s.plan(p, rendition(codec.Rendition{Format: "jpg", Width: width}))
			if err != nil {
				return err
			}
			outputs = append(outputs, c)
		}
		base, im, err := s.base(p, outputs)
		if err != nil {
			return err
		}
		l := newLevels(base, im, outputs)
		for z, want := range map[size]size{{80, 60}: {160, 120}, {160, 120}: {320, 240},
			{320, 240}: {}, {400, 300}: {}} { // 400 is too near to 320
			if got, _ := l.above(z); got != want {
				t.Errorf("%v is made of %v, want %v", z, got, want)
			}
		}
		first, err := l.of(outputs[1])
		again, _ := l.of(outputs[3])
		if err != nil || first != again || first.width() != 160 {
			t.Errorf("160 wide: %v and %v, %v", first, again, err)
		}
		if top, _ := l.of(outputs[2]); top != im {
			t.Error("the largest is not the base")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
