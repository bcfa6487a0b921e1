package libav

import (
	"cmp"
	"math"

	"github.com/spoolmedia/spool/codec"
)

// transformation is a change of geometry.
type transformation struct{ codec.Transform }

// checkTurn refuses turns that are no quarters.
func checkTurn(degrees float64) error {
	if math.Mod(degrees, 90) != 0 {
		return codec.Errorf(codec.Unsupported, "video turns by quarters only, not by %v degrees", degrees)
	}
	return nil
}

func (t transformation) pictures(f *film) ([]string, error) {
	var all []string
	if t.FrameRate > 0 {
		all = append(all, "fps="+decimal(t.FrameRate)+":eof_action=pass")
	}
	if t.CropLeft+t.CropTop+t.CropWidth+t.CropHeight > 0 {
		part := size{f.w - t.CropLeft, f.h - t.CropTop}
		if part.w <= 0 || part.h <= 0 {
			return nil, codec.Errorf(codec.Invalid, "%s is %d × %d: there is nothing to cut at %d, %d",
				f.name, f.w, f.h, t.CropLeft, t.CropTop)
		}
		part = size{min(part.w, cmp.Or(t.CropWidth, part.w)), min(part.h, cmp.Or(t.CropHeight, part.h))}
		all = append(all, cut(part, t.CropLeft, t.CropTop)...)
		f.size = part
	}
	if t.Flip {
		all = append(all, "vflip")
	}
	if t.Flop {
		all = append(all, "hflip")
	}
	switch int(math.Mod(t.Rotate+720, 360)) {
	case 90:
		all, f.size = append(all, string(clockwise)), f.swapped()
	case 180:
		all = append(all, string(halfTurn))
	case 270:
		all, f.size = append(all, string(counter)), f.swapped()
	}
	box := t.box(f.size)
	c := codec.Convert{Width: box.w, Height: box.h, Fit: t.Fit, Enlarge: t.Enlarge,
		Background: cmp.Or(t.Background, "#000000")}
	return append(all, resized(f, c, t.Gravity, t.FocusX, t.FocusY)...), nil
}

// box is what the picture is fitted into. Sides that follow from an aspect ratio are
// even, as encoders need them.
func (t transformation) box(z size) size {
	w, h := t.Box(z.w, z.h)
	switch box := (size{w, h}); {
	case t.AspectRatio == "":
		return box
	case t.Fit == codec.FitContain:
		return size{w + 1, h + 1}.even()
	default:
		return box.even()
	}
}

func (transformation) sound(*film) ([]string, error) { return nil, nil }
