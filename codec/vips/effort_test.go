package vips

import (
	"bytes"
	"context"
	"errors"
	stdimage "image"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func TestEffortFallsWithPixels(t *testing.T) {
	const mega = 1_000_000
	for _, tt := range []struct {
		format string
		pixels int64
		want   int
	}{
		{"avif", 6 * mega, 4}, {"avif", 12 * mega, 4}, {"avif", 13 * mega, 2}, {"avif", 72 * mega, 1},
		{"avif", 268 * mega, 0}, {"jxl", 100 * mega, 5}, {"jxl", 101 * mega, 4},
		{"jxl", 500 * mega, 3}, {"gif", 33 * mega, 7}, {"gif", 34 * mega, 4}, {"gif", 38 * mega, 2},
		{"webp", 250 * mega, 4}, {"webp", 268 * mega, 2}, {"heif", mega, noEffort},
		{"jpg", 268 * mega, noEffort},
	} {
		if got := savers[tt.format].effort(tt.pixels).level; got != tt.want {
			t.Errorf("%s of %d pixels: effort %d, want %d", tt.format, tt.pixels, got, tt.want)
		}
	}
}

// TestTimeAfterACancelIsBounded holds every encoder to what the package comment
// publishes.
func TestTimeAfterACancelIsBounded(t *testing.T) {
	for name, f := range savers {
		for side := 1; side <= 16383; side += 61 {
			z := size{side, side}
			time := f.effort(z.pixels()).time(z.pixels())
			refused := f.tooSlow("photo", name, z, 0)
			switch {
			case refused == nil && time > longestTime:
				t.Fatalf("%s of %d × %d takes %v and is not refused", name, side, side, time)
			case refused != nil && codec.ClassOf(refused) != codec.Limit:
				t.Fatalf("%s: %v is of class %s", name, refused, codec.ClassOf(refused))
			case name != "heif" && name != "gif" && time > chosenTime:
				t.Fatalf("%s of %d × %d takes %v", name, side, side, time)
			case refused != nil && (name != "heif" || side < 7000):
				t.Fatalf("%s of %d × %d is refused: %v", name, side, side, refused)
			}
		}
	}
	if savers["heif"].tooSlow("photo", "heif", size{8000, 8000}, 0) == nil {
		t.Error("64 megapixels of heif are not refused")
	}
}

func TestLevelsOfDeflateFallWithBytes(t *testing.T) {
	const mebi = 1 << 20
	for _, tt := range []struct {
		wanted int
		size   int64
		want   int
	}{
		{1, mebi, 1}, {6, mebi, 6}, {6, 64 * mebi, 6}, {8, 64 * mebi, 8}, {12, 31 * mebi, 12},
		{12, 32 * mebi, 10}, {12, 64 * mebi, 8}, {6, 65 * mebi, 6}, {12, 65 * mebi, 9},
	} {
		got := deflateLevel(tt.wanted, tt.size)
		if got != tt.want {
			t.Errorf("level %d of %d bytes: %d, want %d", tt.wanted, tt.size, got, tt.want)
		}
	}
}

func TestEffortIsAmongTheOptions(t *testing.T) {
	if got := savers["avif"].encoderOptions(size{9000, 9000}, 50, 0)["effort"]; got != "1" {
		t.Errorf("81 megapixels of avif have effort %q, want 1", got)
	}
	if got, ok := savers["heif"].encoderOptions(size{10, 10}, 50, 0)["effort"]; ok {
		t.Errorf("heif has effort %q, which its encoder ignores", got)
	}
}

// lastRead ends something when the end of an input is read: then most pixels are
// made, and an encoder that cannot be interrupted is about to begin.
type lastRead struct {
	codec.Input
	end func()
}

func (l lastRead) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) >= l.Size() {
		l.end()
	}
	return l.Input.ReadAt(p, off)
}

func TestCancelBeforeTheEncoderEndsTheWork(t *testing.T) {
	noise := stdimage.NewGray(stdimage.Rect(0, 0, 800, 800))
	if _, err := rand.NewChaCha8([32]byte{}).Read(noise.Pix); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, noise); err != nil {
		t.Fatal(err)
	}
	offered := New().Offers()[0].To
	for name, f := range savers {
		if f.efforts == nil && f.operation != "pngsave_target" || !slices.Contains(offered, name) {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		out := new(codectest.Sink)
		in := lastRead{codectest.NewInput("noise.png", "", b.Bytes()), cancel}
		err := New().Process(ctx, &codec.Work{
			Op: codec.Convert{Format: name}, Out: out, In: []codec.Input{in}})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want that of the context", name, err)
		}
		if n := len(out.Outputs()) + len(out.Open()); n > 0 {
			t.Errorf("%s: %d outputs are there", name, n)
		}
	}
}
