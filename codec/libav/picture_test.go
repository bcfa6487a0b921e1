package libav_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"os"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// quarters are the colours of a film of four fields, left to right, top down.
var quarters = []color.Color{
	color.RGBA{200, 40, 40, 255}, color.RGBA{40, 180, 60, 255},
	color.RGBA{40, 60, 200, 255}, color.RGBA{230, 220, 210, 255},
}

// fields makes a film of the quarters, in colours of the matrix that are tagged as
// such, or as label says.
func fields(t testing.TB, name, matrix, label, rng string, args ...string) string {
	t.Helper()
	boxes := ""
	for i, c := range quarters {
		r, g, b, _ := c.RGBA()
		boxes += fmt.Sprintf("drawbox=x=%d*iw/2:y=%d*ih/2:w=iw/2:h=ih/2:t=fill:c=0x%02x%02x%02x,",
			i%2, i/2, r>>8, g>>8, b>>8)
	}
	args = append([]string{"-f", "lavfi", "-i", "color=black:s=192x128:r=10:d=1,format=gbrp," + boxes +
		"scale=out_color_matrix=" + matrix + ":out_range=" + rng + ",format=yuv420p," +
		"setparams=colorspace=" + label + ":range=" + rng,
		"-crf", "8", "-colorspace", label, "-color_range", rng}, args...)
	return ffmpeg(t, name, args...)
}

// patches are the middles of the quarters.
func patches() []codectest.Patch {
	var all []codectest.Patch
	for i, c := range quarters {
		x, y := float64(i%2)/2, float64(i/2)/2
		all = append(all, codectest.Patch{X0: x + .1, Y0: y + .1, X1: x + .4, Y1: y + .4, Colour: c})
	}
	return all
}

// shown is the picture of a film after some time.
func shown(t testing.TB, path string) image.Image {
	t.Helper()
	picture, err := codectest.Frame(path, 0.4)
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func mustConvertFile(t testing.TB, path string, op codec.Convert) output {
	t.Helper()
	o, err := convert(t.Context(), codectest.OpenInput(t, path), op)
	if err != nil {
		t.Fatal(err)
	}
	return save(t, o)
}

func TestColoursStayTheSame(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, matrix, label, rng string }{
		{"BT.601", "bt601", "smpte170m", "tv"},
		{"BT.709", "bt709", "bt709", "tv"},
		{"full range", "bt709", "bt709", "pc"},
	} {
		in := fields(t, "in.mp4", test.matrix, test.label, test.rng)
		for _, op := range []codec.Convert{
			{Format: "mov"}, {Format: "mp4", Quality: 90}, {Format: "webm", Quality: 90},
			{Format: "mkv", Width: 96},
		} {
			t.Run(test.name+" to "+op.Format, func(t *testing.T) {
				o := mustConvertFile(t, in, op)
				if err := codectest.ColourPatches(shown(t, o.path), patches(), 6); err != nil {
					t.Error(err)
				}
			})
		}
	}
	t.Run("RGB", func(t *testing.T) {
		in := ffmpeg(t, "in.gif", "-i", fields(t, "in.mp4", "bt709", "bt709", "tv"))
		o := mustConvertFile(t, in, codec.Convert{Format: "mp4", Quality: 90})
		if err := codectest.ColourPatches(shown(t, o.path), patches(), 8); err != nil {
			t.Error(err)
		}
	})
	t.Run("wrong matrix", func(t *testing.T) {
		in := fields(t, "in.mp4", "bt601", "bt709", "tv")
		o := mustConvertFile(t, in, codec.Convert{Format: "mp4", Quality: 90})
		if codectest.ColourPatches(shown(t, o.path), patches(), 6) == nil {
			t.Error("a film with the wrong matrix passes")
		}
	})
}

// orientations are display matrices without their fixed parts: a, b, c, d.
var orientations = map[string][4]int32{
	"upright": {1, 0, 0, 1}, "quarter turn": {0, 1, -1, 0}, "half turn": {-1, 0, 0, -1},
	"three quarters": {0, -1, 1, 0}, "mirrored": {-1, 0, 0, 1}, "upside down": {1, 0, 0, -1},
	"transposed": {0, 1, 1, 0}, "transversed": {0, -1, -1, 0},
}

// turned writes a display matrix into a copy of the film at path.
func turned(t testing.TB, path string, m [4]int32) codec.Input {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The matrix lies 40 bytes behind the version of a track header.
	at := bytes.Index(data, []byte("tkhd")) + 4 + 40
	for i, j := range []int{0, 1, 3, 4} {
		binary.BigEndian.PutUint32(data[at+4*j:], uint32(m[i]<<16))
	}
	return codectest.NewInput("turned.mp4", "", data)
}

func TestTurnedFilmsStandUpright(t *testing.T) {
	t.Parallel()
	upright := fields(t, "in.mp4", "bt709", "bt709", "tv")
	want := shown(t, upright)
	for name, m := range orientations {
		in := turned(t, upright, m)
		for _, op := range []codec.Convert{
			{Format: "mov"}, {Format: "mp4", Quality: 90}, {Format: "webm", Quality: 90},
		} {
			t.Run(name+" to "+op.Format, func(t *testing.T) {
				o, err := convert(t.Context(), in, op)
				if err != nil {
					t.Fatal(err)
				}
				got := shown(t, save(t, o).path)
				if err := codectest.SamePicture(got, transformed(want, m), 4); err != nil {
					t.Error(err)
				}
				if size := got.Bounds().Size(); o.Result.Media.Width != size.X ||
					o.Result.Media.Height != size.Y {
					t.Errorf("the result says %d × %d, the picture is %v", o.Result.Media.Width,
						o.Result.Media.Height, size)
				}
				if name != "upright" && codectest.SamePicture(got, want, 4) == nil {
					t.Error("a film that is not turned passes")
				}
			})
		}
	}
}

// transformed is what a player shows of m with that matrix: the point x, y goes to
// a·x + c·y, b·x + d·y (ISO/IEC 14496-12, 6.2.2).
func transformed(m image.Image, k [4]int32) image.Image {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	if k[0] == 0 {
		w, h = h, w
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range b.Dy() {
		for x := range b.Dx() {
			u, v := int(k[0])*x+int(k[2])*y, int(k[1])*x+int(k[3])*y
			if k[0]+k[2] < 0 {
				u += w - 1
			}
			if k[1]+k[3] < 0 {
				v += h - 1
			}
			to.Set(u, v, m.At(x, y))
		}
	}
	return to
}
