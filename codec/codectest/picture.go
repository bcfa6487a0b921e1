package codectest

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // readers for DecodeImage
	_ "image/jpeg"
	_ "image/png"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// DecodeImage decodes the first picture in data, as it is stored: without regard
// to the orientation that the file asks for, except for AVIF and HEIF, where it
// belongs to the format. JPEG, PNG and GIF are read by the standard library,
// AVIF, HEIF and SVG by the vips command, the rest by ffmpeg and, what that
// cannot read, by vips.
func DecodeImage(data []byte) (image.Image, error) {
	mediaType, err := codec.Sniff(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	switch mediaType {
	case "image/jpeg", "image/png", "image/apng", "image/gif":
		picture, _, err := image.Decode(bytes.NewReader(data))
		return picture, err
	case "image/avif", "image/heif", "image/svg+xml":
		return vipsImage(data)
	}
	picture, err := ffmpegImage(data)
	if err == nil {
		return picture, nil
	}
	picture, vipsErr := vipsImage(data)
	if vipsErr != nil {
		return nil, errors.Join(err, vipsErr)
	}
	return picture, nil
}

func ffmpegImage(data []byte) (picture image.Image, err error) {
	err = asFile(data, func(path string) error {
		out, err := ffmpeg("-i", path, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-")
		if err != nil {
			return err
		}
		if !isPNG(out) {
			return errors.New("codectest: ffmpeg decodes no picture")
		}
		picture, _, err = image.Decode(bytes.NewReader(out))
		return err
	})
	return picture, err
}

func vipsImage(data []byte) (picture image.Image, err error) {
	err = asFile(data, func(path string) error {
		out := filepath.Join(filepath.Dir(path), "out.png")
		if _, err := command.Output("vips", "copy", path, out); err != nil {
			return err
		}
		picture, err = pngFile(out)
		return err
	})
	return picture, err
}

// rgba is the mean of pixels, from 0 to 255, multiplied by its alpha.
type rgba [4]float64

// mean returns the mean of a rectangle.
func mean(picture image.Image, r image.Rectangle) rgba {
	var sum rgba
	r = r.Intersect(picture.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			red, green, blue, alpha := picture.At(x, y).RGBA()
			sum[0] += float64(red)
			sum[1] += float64(green)
			sum[2] += float64(blue)
			sum[3] += float64(alpha)
		}
	}
	for i := range sum {
		sum[i] /= 257 * float64(max(r.Dx()*r.Dy(), 1))
	}
	return sum
}

// SamePicture compares got with want: the sizes must be equal, the mean
// difference of all channels of all pixels at most tolerance, on the scale from
// 0 to 255, and that of each field of a grid of 16 × 16 at most four times as
// much, so that a small wrong part does not drown in the rest.
func SamePicture(got, want image.Image, tolerance float64) error {
	gb, wb := got.Bounds(), want.Bounds()
	if gb.Size() != wb.Size() {
		return fmt.Errorf("the picture is %v, want %v", gb.Size(), wb.Size())
	}
	var total float64
	for y := range gb.Dy() {
		for x := range gb.Dx() {
			total += difference(got.At(gb.Min.X+x, gb.Min.Y+y), want.At(wb.Min.X+x, wb.Min.Y+y))
		}
	}
	if d := total / float64(max(gb.Dx()*gb.Dy(), 1)); d > tolerance {
		return fmt.Errorf("the pictures differ by %.2f on average, allowed are %.2f", d, tolerance)
	}
	const grid = 16
	for i := range grid * grid {
		gr, wr := field(gb, i%grid, i/grid, grid), field(wb, i%grid, i/grid, grid)
		if gr.Empty() {
			continue
		}
		if d := apart(mean(got, gr), mean(want, wr)); d > 4*tolerance {
			return fmt.Errorf("the pictures differ by %.2f in %v, allowed are %.2f", d, gr, 4*tolerance)
		}
	}
	return nil
}

// difference is the mean difference of the channels of two pixels.
func difference(a, b color.Color) float64 {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	d := math.Abs(float64(ar)-float64(br)) + math.Abs(float64(ag)-float64(bg)) +
		math.Abs(float64(ab)-float64(bb)) + math.Abs(float64(aa)-float64(ba))
	return d / 4 / 257
}

// apart is the largest difference between the channels of two means.
func apart(a, b rgba) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

// field is one of n × n fields of r.
func field(r image.Rectangle, x, y, n int) image.Rectangle {
	return image.Rect(r.Min.X+r.Dx()*x/n, r.Min.Y+r.Dy()*y/n,
		r.Min.X+r.Dx()*(x+1)/n, r.Min.Y+r.Dy()*(y+1)/n)
}

// Patch is a part of a picture, in fractions of its sides, and its colour.
type Patch struct {
	X0, Y0, X1, Y1 float64
	Colour         color.Color
}

// ColourPatches compares the mean colour of each patch with what it should be;
// each channel may differ by tolerance, on the scale from 0 to 255. It finds a
// wrong matrix, a wrong range and a lost profile, which move colours but no
// shapes.
func ColourPatches(picture image.Image, patches []Patch, tolerance float64) error {
	b := picture.Bounds()
	at := func(x, y float64) image.Point {
		return image.Pt(b.Min.X+int(x*float64(b.Dx())), b.Min.Y+int(y*float64(b.Dy())))
	}
	for i, p := range patches {
		r := image.Rectangle{Min: at(p.X0, p.Y0), Max: at(p.X1, p.Y1)}
		if r.Empty() {
			return fmt.Errorf("patch %d is empty", i)
		}
		want := mean(image.NewUniform(p.Colour), image.Rect(0, 0, 1, 1))
		if got := mean(picture, r); apart(got, want) > tolerance {
			return fmt.Errorf("patch %d is %.0f, want %.0f, by %.0f", i, got, want, tolerance)
		}
	}
	return nil
}

// Orientation returns the EXIF orientation that an image file asks for, from 1
// to 8; 1 if it says nothing. It is read by vipsheader.
func Orientation(data []byte) (orientation int, err error) {
	err = asFile(data, func(path string) error {
		fields, err := command.Output("vipsheader", "-a", path)
		if err != nil {
			return err
		}
		orientation = 1
		for line := range strings.Lines(string(fields)) {
			if value, ok := strings.CutPrefix(line, "orientation: "); ok {
				orientation, err = strconv.Atoi(strings.TrimSpace(value))
			}
		}
		return err
	})
	return orientation, err
}

// Profile returns the colour profile in an image file, nil if there is none. It
// is read by vipsheader.
func Profile(data []byte) (profile []byte, err error) {
	err = asFile(data, func(path string) error {
		fields, err := command.Output("vipsheader", "-a", path)
		if err != nil || !bytes.Contains(fields, []byte("\nicc-profile-data:")) {
			return err
		}
		text, err := command.Output("vipsheader", "-f", "icc-profile-data", path)
		if err != nil {
			return err
		}
		profile, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
		return err
	})
	return profile, err
}

// SameProfile compares the colour profiles of two image files.
func SameProfile(got, want []byte) error {
	g, err := Profile(got)
	if err != nil {
		return err
	}
	w, err := Profile(want)
	if err != nil {
		return err
	}
	if !bytes.Equal(g, w) {
		return fmt.Errorf("the colour profile has %d bytes, want another one of %d", len(g), len(w))
	}
	return nil
}
