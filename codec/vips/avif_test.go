package vips_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// TestDepth looks how many steps of a gentle slope of 255 of 65535 are left: 8 bits
// have 2, 10 bits 5, 12 bits 16 and 16 bits 256.
func TestDepth(t *testing.T) {
	slope := image.NewNRGBA64(image.Rect(0, 0, 256, 32))
	for i := range 256 * 32 {
		v := uint16(30000 + i%256)
		slope.SetNRGBA64(i%256, i/256, color.NRGBA64{v, v, v, 0xffff})
	}
	half := image.NewNRGBA64(slope.Rect) // so that there is transparency
	draw.Draw(half, image.Rect(0, 0, 256, 16), slope, image.Point{}, draw.Src)
	for _, c := range []struct {
		format      string
		depth       int
		least, most int
	}{
		{"avif", 0, 1, 3}, {"avif", 8, 1, 3}, {"avif", 10, 4, 8}, {"avif", 12, 9, 24},
		{"heif", 10, 4, 12}, {"heif", 12, 9, 40}, {"jxl", 16, 100, 256}, {"png", 8, 1, 3},
		{"tiff", 16, 256, 256},
	} {
		for name, im := range map[string]image.Image{"opaque": slope, "transparent": half} {
			out := mustConvert(t, pngOf(t, im),
				codec.Convert{Format: c.format, Depth: c.depth, Quality: 100})
			got, reds := decode(t, out), map[uint32]bool{}
			for x := range 256 {
				r, _, _, _ := got.At(x, 5).RGBA()
				if r < 29600 || r > 30655 {
					t.Fatalf("%s %s %d: red at %d is %d", name, c.format, c.depth, x, r)
				}
				reds[r] = true
			}
			if n := len(reds); n < c.least || n > c.most {
				t.Errorf("%s %s with %d bits has %d steps, want %d to %d", name, c.format, c.depth, n,
					c.least, c.most)
			}
			if _, _, _, a := got.At(100, 28).RGBA(); (a < 1000) != (name == "transparent") {
				t.Errorf("%s %s %d: the transparency below is %d", name, c.format, c.depth, a)
			}
		}
	}
}

// TestDeepAVIFKeepsMetadata keeps the profile, and EXIF that is true of the result.
func TestDeepAVIFKeepsMetadata(t *testing.T) {
	for _, c := range []struct{ file, profile string }{
		{"govips-jpg-orientation-6.jpg", ""}, {"sharp-p3.png", "Display P3"},
		{"govips-jpg-8bit-grey-icc-dot-gain.jpg", "Dot Gain 20%"},
	} {
		in := corpus(t, "image/"+c.file)
		deep := mustConvert(t, in, codec.Convert{Format: "avif", Depth: 10, Width: 80, Effort: 1,
			KeepProfile: true})
		flat := mustConvert(t, in, codec.Convert{Format: "avif", Width: 80, Effort: 1, KeepProfile: true})
		if d := differ(decode(t, deep), decode(t, flat), 4); d != "" {
			t.Errorf("%s: %s", c.file, d)
		}
		got := inspect(t, newInput("deep.avif", "image/avif", deep.data)).Image
		had := inspect(t, in).Image
		if got.Profile != had.Profile && c.profile != "" || c.profile != "" && got.Profile != c.profile {
			t.Errorf("%s: the profile is %q, want %q", c.file, got.Profile, c.profile)
		}
		if got.Orientation > 1 || had.EXIF["Make"] != got.EXIF["Make"] {
			t.Errorf("%s: orientation %d, EXIF %v, want that of %v", c.file, got.Orientation, got.EXIF,
				had.EXIF)
		}
	}
}

// frames lets ffmpeg draw the frames of a stream of a file.
func frames(t *testing.T, file []byte, stream, format string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "frames.avif") // ffmpeg goes back in it
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	ffmpeg := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", path, "-map", stream,
		"-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", format, "-")
	ffmpeg.Stderr = t.Output()
	raw, err := ffmpeg.Output()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestAVIFSequenceIsDrawnByOthers lets another library draw the frames and their
// transparency.
func TestAVIFSequenceIsDrawnByOthers(t *testing.T) {
	g := &gif.GIF{Delay: []int{10, 20}, Disposal: []byte{gif.DisposalBackground, 0}}
	for _, r := range []image.Rectangle{image.Rect(0, 0, 40, 30), image.Rect(0, 0, 20, 30)} {
		frame := image.NewPaletted(r, color.Palette{color.Transparent, red, green})
		draw.Draw(frame, r, image.NewUniform(frame.Palette[1+len(g.Image)]), image.Point{}, draw.Src)
		g.Image = append(g.Image, frame)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	out := mustConvert(t, newInput("parts.gif", "image/gif", b.Bytes()), codec.Convert{Format: "avif"})
	const size = 40 * 30
	colours, alpha := frames(t, out.data, "0:0", "rgba"), frames(t, out.data, "0:1", "gray")
	if len(colours) != 2*4*size || len(alpha) != 2*size {
		t.Fatalf("%d bytes of colours, %d of transparency", len(colours), len(alpha))
	}
	for _, c := range []struct {
		frame, x int
		want     color.NRGBA
	}{{0, 5, red}, {0, 35, red}, {1, 5, green}, {1, 35, color.NRGBA{}}} {
		at := c.frame*size + 15*40 + c.x
		got := color.NRGBA{colours[4*at], colours[4*at+1], colours[4*at+2], alpha[at]}
		im := image.NewNRGBA(image.Rect(0, 0, 1, 1))
		if im.SetNRGBA(0, 0, got); c.want.A == 0 && got.A < 3 {
			continue
		}
		if d := near(im, 0, 0, c.want, 14); d != "" {
			t.Errorf("frame %d, %d: %s", c.frame, c.x, d)
		}
	}
}

// TestAVIFSequenceOfOthers compares the frames with what ffmpeg makes of them.
func TestAVIFSequenceOfOthers(t *testing.T) {
	in := corpus(t, "image/pillow-star.avifs")
	const w, h = 159, 159
	want := frames(t, in2bytes(in), "0:0", "rgba")
	out := mustConvert(t, in, codec.Convert{Format: "apng"})
	got := frames(t, out.data, "0:0", "rgba")
	if len(got) != len(want) || out.result.Media.Frames != 5 {
		t.Fatalf("%d bytes, want %d: %+v", len(got), len(want), out.result.Media)
	}
	for i := range 5 {
		frame := func(all []byte) image.Image {
			pix := bytes.Clone(all[i*4*w*h:][:4*w*h])
			for a := 3; a < len(pix); a += 4 {
				if got[i*4*w*h+a] < 128 {
					copy(pix[a-3:], []byte{0, 0, 0})
				}
				pix[a] = 255
			}
			return &image.NRGBA{Pix: pix, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
		}
		if d := differ(frame(got), frame(want), 2); d != "" {
			t.Errorf("frame %d: %s", i, d)
		}
	}
}

func TestSequencesHaveAnAutomaticQuality(t *testing.T) {
	out := mustConvert(t, animation(t, 40, 30),
		codec.Convert{Format: "avif", AutoQuality: true, Effort: 1})
	if out.result.Quality < 20 || out.result.Media.Frames != 4 {
		t.Errorf("%+v", out.result)
	}
}
