package pdf_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/pdf"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

var (
	red    = color.NRGBA{220, 30, 30, 255}
	green  = color.NRGBA{30, 160, 60, 255}
	blue   = color.NRGBA{40, 60, 200, 255}
	yellow = color.NRGBA{240, 210, 40, 255}
)

// quarters paints the quarters of m: no two orientations of it look alike.
func quarters[T draw.Image](m T) T {
	b := m.Bounds()
	for i, c := range []color.Color{red, green, blue, yellow} {
		x, y := b.Dx()/2*(i%2), b.Dy()/2*(i/2)
		draw.Draw(m, image.Rect(x, y, x+b.Dx()/2, y+b.Dy()/2), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return m
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tiffOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tiff.Encode(&b, m, &tiff.Options{Compression: tiff.Deflate}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func bmpOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := bmp.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// segment puts a segment behind the start of a JPEG.
func segment(data []byte, marker byte, body string) []byte {
	head := []byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}
	return bytes.Join([][]byte{data[:2], head, []byte(body), data[2:]}, nil)
}

// turned is a JPEG that asks for an orientation.
func turned(data []byte, orientation int) []byte {
	return segment(data, 0xe1, "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"+
		string(rune(orientation))+"\x00\x00\x00\x00\x00\x00")
}

func input(name string, data []byte) codec.Input { return codectest.NewInput(name, "", data) }

// bind makes a document of the inputs.
func bind(t testing.TB, op codec.ImageToPDF, in ...codec.Input) codectest.Output {
	t.Helper()
	sink := new(codectest.Sink)
	err := pdf.New().Process(t.Context(), &codec.Work{Op: op, In: in, Out: sink})
	if err != nil {
		t.Fatal(err)
	}
	if outputs := sink.Outputs(); len(outputs) == 1 {
		return outputs[0]
	}
	t.Fatal("there is not one output")
	panic("unreachable")
}

// poppler runs one of its commands on the document, or skips the test.
func poppler(t testing.TB, data []byte, name string, args ...string) string {
	t.Helper()
	codectest.NeedCommands(t, name)
	path := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "IN", path)
	}
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v: %s", name, err, stderr.String())
	}
	return string(out)
}

// render draws a page at the density with another program.
func render(t testing.TB, data []byte, page, dpi int) image.Image {
	t.Helper()
	return draws(t, data, "-r", fmt.Sprint(dpi), "-f", fmt.Sprint(page), "-l", fmt.Sprint(page))
}

// renderAs draws the first page in as many pixels.
func renderAs(t testing.TB, data []byte, size image.Point) image.Image {
	t.Helper()
	return draws(t, data, "-scale-to-x", fmt.Sprint(size.X), "-scale-to-y", fmt.Sprint(size.Y))
}

func draws(t testing.TB, data []byte, args ...string) image.Image {
	t.Helper()
	out := filepath.Join(t.TempDir(), "page")
	poppler(t, data, "pdftocairo", append(args, "-png", "-singlefile", "IN", out)...)
	f, err := os.Open(out + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
