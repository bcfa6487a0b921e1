package apng_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec/vips/internal/apng"
)

var (
	red   = color.NRGBA{255, 0, 0, 255}
	green = color.NRGBA{0, 255, 0, 255}
	faint = color.NRGBA{0, 0, 255, 128}
)

// picture is a PNG of one colour. The encoder makes what is opaque RGB, so one pixel
// is not quite.
func picture(t testing.TB, w, h int, c color.NRGBA) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetNRGBA(i%w, i/w, c)
	}
	m.SetNRGBA(w-1, h-1, color.NRGBA{c.R, c.G, c.B, min(c.A, 254)})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// animation is 8 × 8 pixels of red, then a green square, then a faint blue one over
// all.
func animation(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := apng.NewWriter(&b, 3, 2)
	for _, err := range []error{
		w.Frame(picture(t, 8, 8, red), 0, 0, 40*time.Millisecond, apng.BlendSource),
		w.Frame(picture(t, 3, 3, green), 2, 4, 100*time.Second, apng.BlendSource),
		w.Frame(picture(t, 8, 8, faint), 0, 0, time.Hour, apng.BlendOver),
		w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func open(data []byte) (*apng.Animation, error) {
	return apng.Open(bytes.NewReader(data), int64(len(data)), 100)
}

// withDispose changes how the place of a frame is left.
func withDispose(data []byte, frame int, dispose byte) []byte {
	data = bytes.Clone(data)
	pos := 0
	for range frame + 1 {
		pos += bytes.Index(data[pos:], []byte("fcTL")) + 4
	}
	data[pos+24] = dispose
	return data
}

func TestAnimationKeepsWhatWasWritten(t *testing.T) {
	a, err := open(animation(t))
	if err != nil {
		t.Fatal(err)
	}
	if a.Width != 8 || a.Height != 8 || a.Count != 3 || a.Plays != 2 {
		t.Errorf("%d × %d, %d frames, %d times", a.Width, a.Height, a.Count, a.Plays)
	}
	for i, want := range []time.Duration{40 * time.Millisecond, 100 * time.Second, time.Hour} {
		if got := a.Frames[i].Delay; got != want {
			t.Errorf("frame %d is shown for %v, want %v", i, got, want)
		}
	}
	first, err := png.Decode(bytes.NewReader(animation(t)))
	if err != nil || first.At(0, 0) != red {
		t.Errorf("a decoder that knows no animation: %v, %v", first, err)
	}
}

func TestFramesAreDrawnAsTheyAskFor(t *testing.T) {
	plain := animation(t)
	for _, c := range []struct {
		name        string
		data        []byte
		square, all color.NRGBA // of the third frame, at 2,4 and at 0,0
	}{
		{"none", plain, color.NRGBA{0, 127, 128, 255}, color.NRGBA{127, 0, 128, 255}},
		{"background", withDispose(plain, 1, 1), faint, color.NRGBA{127, 0, 128, 255}},
		{"previous", withDispose(plain, 1, 2), color.NRGBA{127, 0, 128, 255},
			color.NRGBA{127, 0, 128, 255}},
		{"previous of the first", withDispose(plain, 0, 2), color.NRGBA{0, 127, 128, 255}, faint},
	} {
		a, err := open(c.data)
		if err != nil {
			t.Fatal(err)
		}
		p := a.Player()
		first, err := p.Next()
		if err != nil || first.NRGBAAt(0, 0) != red {
			t.Errorf("%s: first frame: %v", c.name, err)
		}
		second, err := p.Next()
		if err != nil || second.NRGBAAt(2, 4) != green {
			t.Errorf("%s: second frame: %v", c.name, err)
		}
		third, err := p.Next()
		if err != nil || !about(third.NRGBAAt(2, 4), c.square) || !about(third.NRGBAAt(0, 0), c.all) {
			t.Errorf("%s: %v at 2,4 and %v at 0,0, %v", c.name, third.NRGBAAt(2, 4), third.NRGBAAt(0, 0), err)
		}
		if _, err := p.Next(); err != io.EOF {
			t.Errorf("%s: behind the last frame: %v", c.name, err)
		}
	}
}

func about(a, b color.NRGBA) bool {
	near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 2 }
	return near(a.R, b.R) && near(a.G, b.G) && near(a.B, b.B) && near(a.A, b.A)
}

func TestBrokenFilesAreErrors(t *testing.T) {
	good := animation(t)
	field := func(name string, off int, value uint32) []byte {
		data := bytes.Clone(good)
		binary.BigEndian.PutUint32(data[bytes.LastIndex(data, []byte(name))+4+off:], value)
		return data
	}
	for name, data := range map[string][]byte{
		"empty": nil, "no png": []byte("GIF89a"), "cut off": good[:100],
		"no animation":       picture(t, 4, 4, red),
		"more than promised": field("acTL", 0, 1), "outside": field("fcTL", 12, 5),
		"no width": field("fcTL", 4, 0), "endless chunk": field("fcTL", -8, 1<<31),
	} {
		if _, err := open(data); !errors.Is(err, apng.ErrSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a, err := open(field("acTL", 0, 101)); err != nil || a.Count != 101 || a.Frames != nil {
		t.Errorf("more than the limit: %+v, %v", a, err)
	}
	damaged := bytes.Clone(good)
	damaged[bytes.LastIndex(damaged, []byte("fdAT"))+20] ^= 0xff
	a, err := open(damaged)
	for p := a.Player(); err == nil; {
		_, err = p.Next()
	}
	if !errors.Is(err, apng.ErrSyntax) && err == io.EOF {
		t.Errorf("damaged data: %v", err)
	}
}

func TestWhatIsCutOffHasItsWholeFrames(t *testing.T) {
	good := animation(t)
	found := map[int]bool{}
	for n := range good {
		a, err := open(good[:n])
		if err == nil {
			err = a.Trim()
		}
		if errors.Is(err, apng.ErrSyntax) {
			continue
		}
		if end := n >= len(good)-4; err != nil || a.Early == end {
			t.Fatalf("%d of %d bytes: %v, early %v", n, len(good), err, a.Early)
		}
		p := a.Player()
		for range a.Count {
			if _, err := p.Next(); err != nil {
				t.Fatalf("%d of %d bytes, %d frames: %v", n, len(good), a.Count, err)
			}
		}
		found[a.Count] = true
	}
	if !found[1] || !found[2] || !found[3] {
		t.Errorf("the numbers of whole frames were %v", found)
	}
}

func FuzzPlay(f *testing.F) {
	f.Add(animation(f))
	f.Add(withDispose(animation(f), 1, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := open(data)
		if err != nil || len(a.Frames) == 0 || a.Width*a.Height > 1<<16 {
			return
		}
		p := a.Player()
		n := 0
		for err == nil {
			if _, err = p.Next(); err == nil {
				n++
			}
		}
		if err == io.EOF && n != len(a.Frames) {
			t.Errorf("%d frames, want %d", n, len(a.Frames))
		}
	})
}
