package avif_test

import (
	"bytes"
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec/vips/internal/av1"
	"github.com/spoolmedia/spool/codec/vips/internal/avif"
)

// sequence is a file of three frames, each of one colour.
func sequence(t *testing.T, plays int) []byte {
	t.Helper()
	const w, h = 17, 9
	file := avif.File{Width: w, Height: h, Depth: 8, Plays: plays, Profile: []byte("profile"),
		Delays: []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, time.Minute}}
	settings := av1.Settings{Width: w, Height: h, Depth: 8, Quality: 90, Speed: 9, Frames: 3}
	for _, to := range []*[]avif.Sample{&file.Colours, &file.Alpha} {
		e, err := av1.NewEncoder(settings)
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for i := range 3 {
			pixels := av1.Pixels{Bytes: bytes.Repeat([]byte{byte(100 * i), 50, 200, 250}, w*h),
				Transparency: settings.Grey}
			packets, err := e.Encode(pixels, file.Delays[i])
			for ; err == nil && (len(packets) > 0 || i == 2 && len(*to) < 3); packets, err = e.Flush() {
				for _, p := range packets {
					*to = append(*to, avif.Sample(p))
				}
				if i < 2 {
					break
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		settings.Grey = true
	}
	var b bytes.Buffer
	if n, err := file.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("%d of %d bytes, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// play decodes all frames.
func play(file []byte) (*avif.Sequence, []*image.NRGBA, error) {
	s, err := avif.Open(bytes.NewReader(file), int64(len(file)), 10)
	if err != nil || s.Count > 10 || s.Width*s.Height > 1<<16 {
		return s, nil, err
	}
	colours, err := av1.NewDecoder()
	if err != nil {
		return s, nil, err
	}
	defer colours.Close()
	alpha, err := av1.NewDecoder()
	if err != nil {
		return s, nil, err
	}
	defer alpha.Close()
	var frames []*image.NRGBA
	for i := range s.Count {
		canvas := av1.NewCanvas(s.Width, s.Height, false)
		im := &image.NRGBA{Pix: canvas.Bytes, Stride: 4 * s.Width,
			Rect: image.Rect(0, 0, s.Width, s.Height)}
		data, err := s.Colours(i)
		if err == nil {
			err = colours.Colours(data, canvas)
		}
		if err == nil && s.Alpha() {
			if data, err = s.Transparency(i); err == nil {
				err = alpha.Transparency(data, canvas)
			}
		}
		if err != nil {
			return s, frames, err
		}
		frames = append(frames, im)
	}
	return s, frames, nil
}

func TestSequencesAreReadAsTheyWereWritten(t *testing.T) {
	for _, plays := range []int{0, 1, 7} {
		s, frames, err := play(sequence(t, plays))
		if err != nil {
			t.Fatal(err)
		}
		if s.Plays != plays || len(frames) != 3 || s.Delays[1] != 20*time.Millisecond ||
			s.Delays[2] != time.Minute || string(s.Profile) != "profile" || s.Depth != 8 {
			t.Errorf("%d plays: %+v", plays, s)
		}
		for i, im := range frames {
			c := im.NRGBAAt(16, 8)
			if d := int(c.R) - 100*i; d < -6 || d > 6 || c.G < 44 || c.G > 56 || c.A < 247 || c.A > 253 {
				t.Errorf("frame %d: %v", i, c)
			}
		}
	}
}

// TestBrokenSequencesAreErrors cuts a file in many places, and changes some of its bytes.
// Frames that are whole stay.
func TestBrokenSequencesAreErrors(t *testing.T) {
	file := sequence(t, 0)
	found := map[int]bool{}
	for n := range file {
		s, frames, err := play(file[:n])
		if err == nil && s.Early && len(frames) == len(s.Delays) {
			found[len(frames)] = true
		} else if !errors.Is(err, avif.ErrStill) && !errors.Is(err, avif.ErrSyntax) {
			t.Fatalf("cut after %d of %d bytes: %d frames, %v", n, len(file), len(frames), err)
		}
	}
	if len(found) != 2 || !found[1] || !found[2] {
		t.Errorf("the numbers of whole frames were %v", found)
	}
	random := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for range 600 {
		broken := bytes.Clone(file)
		for range 1 + random.IntN(3) {
			broken[random.IntN(len(broken))] = byte(random.Uint32())
		}
		_, _, err := play(broken)
		switch {
		case errors.Is(err, avif.ErrStill), errors.Is(err, avif.ErrSyntax), errors.Is(err, av1.ErrFrame):
			refused++
		case err != nil:
			t.Fatal(err)
		}
	}
	if refused < 100 {
		t.Errorf("only %d of 600 broken files were refused", refused)
	}
}
