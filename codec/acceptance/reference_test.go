package acceptance_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"golang.org/x/image/tiff"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// decode reads the first picture of data by another decoder than the codecs', where
// there is one: Go's for jpg, png, gif, bmp and tiff, FFmpeg's for webp, jxl and avif,
// Poppler's for pdf. heif, svg, animated webp and avif with transparency have only the
// library that the codecs use, in a process of its own.
func decode(data []byte) (image.Image, error) {
	mediaType, err := codec.Sniff(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	r := bytes.NewReader(data)
	switch mediaType {
	case "image/bmp":
		if im, err := bmp.Decode(r); err == nil {
			return im, nil
		}
	case "image/tiff":
		if im, err := tiff.Decode(r); err == nil {
			return im, nil
		}
	case "image/avif":
		return avif(data)
	case "application/pdf":
		return tool(data, "pdftocairo", func(in, out string) []string {
			// A pixel of image-to-pdf is one of the page then. pdftoppm would widen masks.
			return []string{"-png", "-singlefile", "-r", "96", in, out[:len(out)-4]}
		})
	}
	return codectest.DecodeImage(data)
}

// avif is read by FFmpeg, which knows no grids, no turns, and no transparency but that of a
// sequence, which is a stream: what libheif sees these in is read by that.
func avif(data []byte) (image.Image, error) {
	if im, err := avifSequence(data); err == nil {
		return im, nil
	}
	theirs, err := vipsCommand(data, "heifload") // copy does not know sequences
	independent, failed := ffmpeg(data)
	switch {
	case failed != nil:
		return theirs, err
	case err == nil && (theirs.Bounds().Size() != independent.Bounds().Size() ||
		!theirs.(interface{ Opaque() bool }).Opaque()):
		return theirs, nil
	}
	return independent, nil
}

// avifSequence gives the first stream the second one as its transparency, which becomes a
// colour on the way so that its range counts: libheif does not know that 235 may be opaque.
func avifSequence(data []byte) (image.Image, error) {
	return tool(data, "ffmpeg", func(in, out string) []string {
		return []string{"-v", "error", "-nostdin", "-i", in, "-filter_complex",
			"[0:1]format=gbrp,extractplanes=g[a];[0:0]format=rgba[c];[c][a]alphamerge",
			"-frames:v", "1", out}
	})
}

// ffmpeg decodes by the command, which knows no transparency of AVIF.
func ffmpeg(data []byte) (image.Image, error) {
	return tool(data, "ffmpeg", func(in, out string) []string {
		return []string{"-v", "error", "-nostdin", "-i", in, "-frames:v", "1", out}
	})
}

// vipsCommand calls an operation of the command with data and what else it takes.
func vipsCommand(data []byte, operation string, more ...string) (image.Image, error) {
	return tool(data, "vips", func(in, out string) []string {
		return append([]string{operation, in, out}, more...)
	})
}

// tool runs a command that makes a PNG of a file.
func tool(
	data []byte, name string, args func(in, out string) []string,
) (image.Image, error) {
	dir, err := os.MkdirTemp("", "acceptance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out.png")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		return nil, err
	}
	if _, err := command.Said(name, args(in, out)...); err != nil {
		return nil, err
	}
	f, err := os.Open(out)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

// reference is the picture as it should be shown: upright and in sRGB. Colours of
// profiles, CMYK and Lab are turned by the vips command.
func reference(t testing.TB, data []byte, mediaType string) *image.RGBA {
	t.Helper()
	im, err := plain(data, mediaType)
	if err != nil {
		t.Fatalf("the reference cannot be decoded: %v", err)
	}
	turns := 1
	if mediaType == "image/jpeg" || mediaType == "image/webp" || mediaType == "image/tiff" {
		if turns, err = codectest.Orientation(data); err != nil {
			t.Fatal(err)
		}
	}
	return upright(im, turns)
}

func plain(data []byte, mediaType string) (image.Image, error) {
	profile, err := codectest.Profile(data)
	if err != nil { // libvips cannot read it
		return decode(data)
	}
	if profile != nil {
		im, err := vipsCommand(data, "icc_transform", "srgb", "--embedded", "--intent", "relative",
			"--black-point-compensation", "--depth", "8")
		if err == nil {
			return im, nil
		}
		return vipsCommand(data, "colourspace", "srgb") // a profile that does not work
	}
	im, err := decode(data)
	if err != nil {
		return vipsCommand(data, "colourspace", "srgb")
	}
	if _, ok := im.(*image.CMYK); ok {
		return vipsCommand(data, "icc_transform", "srgb", "--input-profile", "cmyk",
			"--intent", "relative", "--black-point-compensation")
	}
	return im, nil
}

// upright applies an EXIF orientation.
func upright(im image.Image, turns int) *image.RGBA {
	b := im.Bounds()
	w, h := b.Dx(), b.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, im, b.Min, draw.Src)
	switch turns {
	case 2:
		return moved(out, w, h, func(x, y int) (int, int) { return w - 1 - x, y })
	case 3:
		return moved(out, w, h, func(x, y int) (int, int) { return w - 1 - x, h - 1 - y })
	case 4:
		return moved(out, w, h, func(x, y int) (int, int) { return x, h - 1 - y })
	case 5:
		return moved(out, h, w, func(x, y int) (int, int) { return y, x })
	case 6:
		return moved(out, h, w, func(x, y int) (int, int) { return y, h - 1 - x })
	case 7:
		return moved(out, h, w, func(x, y int) (int, int) { return w - 1 - y, h - 1 - x })
	case 8:
		return moved(out, h, w, func(x, y int) (int, int) { return w - 1 - y, x })
	}
	return out
}

// moved is a picture of w × h pixels, each of which comes from where from says.
func moved(im *image.RGBA, w, h int, from func(x, y int) (int, int)) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.SetRGBA(x, y, im.RGBAAt(from(x, y)))
		}
	}
	return out
}

// scaled makes a picture w × h pixels large.
func scaled(im image.Image, w, h int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if im.Bounds().Size() == out.Rect.Size() {
		draw.Draw(out, out.Rect, im, im.Bounds().Min, draw.Src)
		return out
	}
	draw.CatmullRom.Scale(out, out.Rect, im, im.Bounds(), draw.Src, nil)
	return out
}

// narrowed is the picture not wider than w, and how large that is.
func narrowed(im *image.RGBA, w int) *image.RGBA {
	b := im.Bounds()
	w = min(w, b.Dx())
	h := max(1, (b.Dy()*w*2+b.Dx())/(2*b.Dx()))
	return scaled(im, w, h)
}

// over lays a picture on a colour.
func over(im image.Image, c color.Color) *image.RGBA {
	b := im.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, im, b.Min, draw.Over)
	return out
}

// hard is the picture with pixels that are either opaque or not there, as gif has them.
func hard(im *image.RGBA) *image.RGBA {
	out := image.NewRGBA(im.Rect)
	for y := range im.Rect.Dy() {
		for x := range im.Rect.Dx() {
			c := color.NRGBAModel.Convert(im.At(x, y)).(color.NRGBA)
			if c.A >= 128 {
				out.Set(x, y, color.NRGBA{c.R, c.G, c.B, 255})
			}
		}
	}
	return out
}

// tolerance is how far an output may be from its reference: the least SSIM, which is
// about shapes, and the mean difference of the means of blocks of 8 × 8 pixels, on the
// scale from 0 to 255, which is about colours.
type tolerance struct {
	ssim, colour float64
}

func (t tolerance) String() string {
	return fmt.Sprintf("SSIM %.4f, colours %.2f apart", t.ssim, t.colour)
}

// worse is the worse of both.
func (t tolerance) worse(u tolerance) tolerance {
	return tolerance{min(t.ssim, u.ssim), max(t.colour, u.colour)}
}

// asJPEG is the picture as another encoder than the codecs' makes it with their usual
// quality, on white.
func asJPEG(im image.Image) (*image.RGBA, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, over(im, color.White), &jpeg.Options{Quality: 82}); err != nil {
		return nil, err
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		return nil, err
	}
	return over(out, color.White), nil
}

// alike says how an output differs from the reference by more than it may, on white
// and, where the format has transparency, on black.
func alike(got image.Image, want *image.RGBA, alpha bool, allowed tolerance) (tolerance, error) {
	if g, w := got.Bounds().Size(), want.Bounds().Size(); g != w {
		return tolerance{}, fmt.Errorf("it is %v, want %v", g, w)
	}
	found := apart(over(got, color.White), over(want, color.White))
	if alpha {
		found = found.worse(apart(over(got, color.Black), over(want, color.Black)))
	}
	if found.ssim < allowed.ssim || found.colour > allowed.colour {
		return found, fmt.Errorf("%v; allowed is %v", found, allowed)
	}
	return found, nil
}

func apart(a, b *image.RGBA) tolerance {
	ssim, err := codectest.SSIM(a, b)
	if err != nil {
		panic(err) // the sizes were compared
	}
	return tolerance{ssim, colourApart(a, b)}
}

// colourApart is the mean difference of the means of blocks.
func colourApart(a, b *image.RGBA) float64 {
	const side = 8
	var sum, n float64
	for y := 0; y < a.Rect.Dy(); y += side {
		for x := 0; x < a.Rect.Dx(); x += side {
			r := image.Rect(x, y, x+side, y+side).Intersect(a.Rect)
			p, q := meanOf(a, r), meanOf(b, r)
			for i := range p {
				sum += max(p[i]-q[i], q[i]-p[i])
				n++
			}
		}
	}
	return sum / max(n, 1)
}

func meanOf(im *image.RGBA, r image.Rectangle) [3]float64 {
	var sum [3]float64
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			for i, v := range im.Pix[im.PixOffset(x, y):][:3] {
				sum[i] += float64(v)
			}
		}
	}
	for i := range sum {
		sum[i] /= float64(r.Dx() * r.Dy())
	}
	return sum
}
