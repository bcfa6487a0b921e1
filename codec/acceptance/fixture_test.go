package acceptance_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// fixtures are inputs that we make, by name, each once.
var fixtures sync.Map

// fixture returns an input that make makes.
func fixture(name string, make func() ([]byte, error)) func(t *testing.T) codec.Input {
	return func(t *testing.T) codec.Input {
		t.Helper()
		data, ok := fixtures.Load(name)
		if !ok {
			made, err := make()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			fixtures.Store(name, made)
			data = made
		}
		return codectest.NewInput(name, "", data.([]byte))
	}
}

var (
	// photo is 64 × 48 pixels: red on the left and blue on the right, darker below,
	// with a green spot at the upper left, all rough.
	photo = fixture("photo.png", func() ([]byte, error) { return pngOf(scene(64, 48, false)) })
	// stored is the same, not compressed.
	stored = fixture("stored.png", func() ([]byte, error) {
		var b bytes.Buffer
		err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, scene(64, 48, false))
		return b.Bytes(), err
	})
	// glass is the same, with nothing on the right.
	glass = fixture("glass.png", func() ([]byte, error) { return pngOf(scene(64, 48, true)) })
	// turnedPhoto is shown 48 × 64 pixels large.
	turnedPhoto = fixture("turned.jpg", func() ([]byte, error) {
		return exifJPEG(scene(64, 48, false), 6)
	})
	// tagged has metadata, but stands upright.
	tagged = fixture("tagged.jpg", func() ([]byte, error) {
		return exifJPEG(scene(64, 48, false), 1)
	})
	// wall is 200 × 120 pixels of one grey.
	wall = fixture("wall.png", func() ([]byte, error) {
		return pngOf(filled(200, 120, color.NRGBA{90, 90, 90, 255}))
	})
	// wide is photo with a profile of Display P3.
	wide = fixture("wide.png", func() ([]byte, error) {
		data, err := pngOf(scene(64, 48, false))
		if err != nil {
			return nil, err
		}
		return withProfile(data)
	})
)

func scene(w, h int, open bool) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			light := 220 - 120*y/h + (x*7+y*13+x*y*3)%23
			c := color.NRGBA{uint8(light), 40, 40, 255}
			switch {
			case x < w/4 && y < h/4:
				c = color.NRGBA{30, uint8(light), 30, 255}
			case x >= w/2 && open:
				c = color.NRGBA{}
			case x >= w/2:
				c = color.NRGBA{40, 40, uint8(light), 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

func filled(w, h int, c color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetNRGBA(i%w, i/w, c)
	}
	return m
}

func pngOf(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

// exifJPEG is a JPEG with an orientation. (EXIF 2.3; 6 is a quarter turn)
func exifJPEG(m image.Image, orientation byte) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		return nil, err
	}
	exif := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01" +
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00")
	exif = append(exif, orientation, 0, 0, 0, 0, 0, 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	segment = append(segment, exif...)
	return append(append(b.Bytes()[:2:2], segment...), b.Bytes()[2:]...), nil
}

// withProfile turns the colours of a PNG to Display P3, by the vips command.
func withProfile(data []byte) ([]byte, error) {
	dir, err := os.MkdirTemp("", "acceptance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		return nil, err
	}
	_, err = command.Said("vips", "icc_transform", in, out, "p3", "--input-profile", "srgb")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// document has two pages: photo's, and one of turnedPhoto.
func document(t *testing.T) codec.Input {
	return made(t, codec.ImageToPDF{}, photo(t), turnedPhoto(t))
}

// made is what op makes of the inputs.
func made(t *testing.T, op codec.Operation, in ...codec.Input) codec.Input {
	t.Helper()
	outputs, err := do(t.Context(), op, nil, in...)
	if err != nil {
		t.Fatal(err)
	}
	return codectest.NewInput(outputs[0].Name, "", outputs[0].Data)
}
