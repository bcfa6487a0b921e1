package deflate_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips/internal/deflate"
)

// slope is a picture of many colours, some of them transparent.
func slope(m draw.Image) image.Image {
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			m.Set(x, y, color.NRGBA64{uint16(300 * x), uint16(500 * y), uint16(x * y), uint16(65535 - 200*x)})
		}
	}
	return m
}

// storedPNG is m as a PNG of stored pixels, with a text.
func storedPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	const header = 8 + 25
	text := binary.BigEndian.AppendUint32(nil, 10)
	text = append(text, "tEXtTitle\x00hill"...)
	text = binary.BigEndian.AppendUint32(text, crc32.ChecksumIEEE(text[4:]))
	return slices.Insert(b.Bytes(), header, text...)
}

func exactly(m image.Image, x, y int) color.Color { return color.NRGBA64Model.Convert(m.At(x, y)) }

// chunks are the names of the chunks of a PNG.
func chunks(data []byte) (names []string) {
	for data = data[8:]; len(data) > 0; data = data[12+binary.BigEndian.Uint32(data):] {
		names = append(names, string(data[4:8]))
	}
	return names
}

// packed passes file through a PNG in pieces of some bytes.
func packed(file []byte, level, size, part, piece int) ([]byte, error) {
	var b bytes.Buffer
	p := deflate.NewPNG(&b, level, size, part)
	for piece := range slices.Chunk(file, piece) {
		if _, err := p.Write(piece); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return b.Bytes(), p.Close()
}

func TestPixelsAndChunksStay(t *testing.T) {
	area := image.Rect(0, 0, 150, 90)
	palette := color.Palette{color.Black, color.White, color.NRGBA{255, 0, 0, 40}}
	for name, m := range map[string]draw.Image{
		"grey": image.NewGray(area), "grey of 16 bits": image.NewGray16(area),
		"transparent": image.NewNRGBA(area), "of 16 bits": image.NewNRGBA64(area),
		"palette": image.NewPaletted(area, palette),
	} {
		file := storedPNG(t, slope(m))
		for i, piece := range []int{1, 7, 4096, len(file), len(file)} {
			part := []int{0, 0, 1000, 0, 2000}[i]
			got, err := packed(file, 1+2*i, []int{0, 1 << 20}[i%2], part, piece)
			if err != nil {
				t.Fatalf("%s in pieces of %d, parts of %d: %v", name, piece, part, err)
			}
			picture, err := png.Decode(bytes.NewReader(got))
			if err != nil {
				t.Fatalf("%s in pieces of %d, parts of %d: %v", name, piece, part, err)
			}
			for y := range area.Dy() {
				for x := range area.Dx() {
					if got, want := exactly(picture, x, y), exactly(m, x, y); got != want {
						t.Fatalf("%s: pixel %d,%d is %v, want %v", name, x, y, got, want)
					}
				}
			}
			names := slices.Compact(chunks(got))
			if want := slices.Compact(chunks(file)); !slices.Equal(names, want) {
				t.Errorf("%s has the chunks %v, want %v", name, names, want)
			}
			if several := len(names) < len(chunks(got)); several != (part > 0) {
				t.Errorf("%s in parts of %d: several chunks of pixels: %t", name, part, several)
			}
			if len(got) >= len(file) {
				t.Errorf("%s has %d bytes, and %d stored", name, len(got), len(file))
			}
		}
	}
}

func TestHigherLevelsAreSmaller(t *testing.T) {
	file := storedPNG(t, slope(image.NewNRGBA(image.Rect(0, 0, 300, 200))))
	last := len(file)
	for _, level := range []int{1, 6, 12} {
		got, err := packed(file, level, 0, 0, len(file))
		if err != nil || len(got) >= last {
			t.Fatalf("level %d makes %d bytes, %v, that before %d", level, len(got), err, last)
		}
		last = len(got)
	}
}

func TestWhatIsNoStoredPNGIsAnError(t *testing.T) {
	m := slope(image.NewGray(image.Rect(0, 0, 50, 50)))
	file := storedPNG(t, m)
	var squeezed bytes.Buffer
	if err := png.Encode(&squeezed, m); err != nil {
		t.Fatal(err)
	}
	for n := range len(file) {
		if _, err := packed(file[:n], 6, 0, 4000*(n%2), 1000); codec.ClassOf(err) != codec.Internal {
			t.Fatalf("of %d bytes, %d: error %v", len(file), n, err)
		}
	}
	pixels := bytes.Index(file, []byte("IDAT"))
	for name, wrong := range map[string][]byte{
		"a JPEG":                []byte("\xff\xd8\xff\xe0 and so on"),
		"compressed pixels":     squeezed.Bytes(),
		"bytes behind the end":  append(slices.Clone(file), 0),
		"a block that is short": slices.Concat(file[:pixels+7], []byte{0xff}, file[pixels+8:]),
		"pixels again": slices.Concat(file[:len(file)-12], file[pixels-4:len(file)-12],
			file[len(file)-12:]),
	} {
		if _, err := packed(wrong, 6, 0, 0, 1000); codec.ClassOf(err) != codec.Internal {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// full fails from the n-th byte on.
type full struct{ n int }

var errFull = errors.New("full")

func (f *full) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// TestMemoryIsFreed leaves many files at different places.
func TestMemoryIsFreed(t *testing.T) {
	noise := image.NewGray(image.Rect(0, 0, 2000, 1000))
	if _, err := rand.NewChaCha8([32]byte{}).Read(noise.Pix); err != nil {
		t.Fatal(err)
	}
	file := storedPNG(t, noise)
	held := func() int {
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Skip("only Linux tells how much memory is held: ", err)
		}
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		n, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		return n >> 10
	}
	round := func() {
		for _, n := range []int{20, 1000, 1 << 30} {
			p := deflate.NewPNG(&full{n}, 1, 2_000_000, 0)
			if _, err := p.Write(file); (n < 1<<30) != errors.Is(err, errFull) {
				t.Fatalf("room for %d bytes: error %v", n, err)
			}
			p.Close()
		}
		p := deflate.NewPNG(io.Discard, 1, 2_000_000, 300_000)
		if _, err := p.Write(file[:len(file)-100]); err != nil || p.Close() == nil {
			t.Fatalf("a file that is cut off: error %v", err)
		}
	}
	round()
	before := held()
	for range 20 {
		round()
	}
	if grown := held() - before; grown > 25 { // of 160 MiB that went through
		t.Errorf("%d MiB more are held than before", grown)
	}
}
