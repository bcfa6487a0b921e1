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
	return shownBy(t, path)[0]
}

// looks are films whose pictures are looked at together: one process decodes them all.
type looks struct {
	paths []string
	each  []func(m image.Image)
}

// at adds the picture of the film at path after some time.
func (l *looks) at(path string, look func(m image.Image)) {
	l.paths, l.each = append(l.paths, path), append(l.each, look)
}

func (l *looks) all(t testing.TB) {
	t.Helper()
	for i, m := range shownBy(t, l.paths...) {
		l.each[i](m)
	}
}

// shownBy are the pictures of films after some time.
func shownBy(t testing.TB, paths ...string) []image.Image {
	t.Helper()
	all, err := codectest.FrameOfEach(0.4, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestColoursStayTheSame(t *testing.T) {
	t.Parallel()
	var look looks
	convert := func(name, in string, op codec.Convert, tolerance float64, good bool) {
		look.at(do(t, in, op).path, func(m image.Image) {
			if err := codectest.ColourPatches(m, patches(), tolerance); good != (err == nil) {
				t.Errorf("%s to %s: %v", name, op.Format, err)
			}
		})
	}
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
			convert(test.name, in, op, 6, true)
		}
	}
	usual := codec.Convert{Format: "mp4", Quality: 90}
	rgb := ffmpeg(t, "in.gif", "-i", fields(t, "in.mp4", "bt709", "bt709", "tv"))
	convert("RGB", rgb, usual, 8, true)
	convert("the wrong matrix", fields(t, "in.mp4", "bt601", "bt709", "tv"), usual, 6, false)
	look.all(t)
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
	var look looks
	var want image.Image
	look.at(upright, func(m image.Image) { want = m })
	for name, m := range orientations {
		in := turned(t, upright, m)
		for _, op := range []codec.Convert{
			{Format: "mov"}, {Format: "mp4", Quality: 90}, {Format: "webm", Quality: 90},
		} {
			o, err := convert(t.Context(), in, op)
			if err != nil {
				t.Fatalf("%s to %s: %v", name, op.Format, err)
			}
			look.at(save(t, o).path, func(got image.Image) {
				if err := codectest.SamePicture(got, transformed(want, m), 4); err != nil {
					t.Errorf("%s to %s: %v", name, op.Format, err)
				}
				says := o.Result.Media
				if z := got.Bounds().Size(); says.Width != z.X || says.Height != z.Y {
					t.Errorf("%s to %s: the result says %d × %d, the picture is %v", name, op.Format,
						says.Width, says.Height, z)
				}
				if name != "upright" && codectest.SamePicture(got, want, 4) == nil {
					t.Errorf("%s to %s: a film that is not turned passes", name, op.Format)
				}
			})
		}
	}
	look.all(t)
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
