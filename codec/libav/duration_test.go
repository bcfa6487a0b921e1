package libav_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"strconv"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// slideshow returns an animated GIF whose pictures stay for delays, in hundredths
// of a second.
func slideshow(t testing.TB, delays ...int) []byte {
	t.Helper()
	var g gif.GIF
	for i := range delays {
		p := image.NewPaletted(image.Rect(0, 0, 64, 48),
			color.Palette{color.Gray{Y: 30}, color.RGBA{200, 60, 20, 255}})
		for j := range p.Pix {
			p.Pix[j] = uint8(j >> (i % 6) & 1)
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, delays[i])
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// lasts checks the duration of the container and, where it keeps one, of the
// video stream.
func lasts(path string, want, tolerance time.Duration) error {
	p, err := codectest.ProbeFile(path)
	if err != nil {
		return err
	}
	v, _ := p.Stream("video")
	for name, text := range map[string]string{"container": p.Format.Duration, "stream": v.Duration} {
		if name == "stream" && text == "" {
			continue
		}
		seconds, err := strconv.ParseFloat(text, 64)
		got := time.Duration(seconds * float64(time.Second))
		if err != nil || (got-want).Abs() > tolerance {
			return fmt.Errorf("the %s lasts %q, want %v", name, text, want)
		}
	}
	return nil
}

func TestTheLastPictureStaysAsLongAsItShould(t *testing.T) {
	t.Parallel()
	const film = "testsrc=d=4:s=64x48:r=25,settb=1/1000,setpts="
	slowEnd := film + "'if(lt(N,50),N/25,2+(N-50)*0.5)/TB'"
	slowStart := film + "'if(lt(N,20),N*0.5,10+(N-20)*0.04)/TB'"
	made := func(name, source, encoder string) codec.Input {
		return codectest.OpenInput(t, ffmpeg(t, name, "-f", "lavfi", "-i", source, "-fps_mode",
			"passthrough", "-enc_time_base", "1/1000", "-c:v", encoder))
	}
	// The last picture of a Matroska file has the duration of the shortest.
	const frame = 40 * time.Millisecond
	slow, quick := 26500*time.Millisecond+frame, 13160*time.Millisecond+frame
	long := codectest.NewInput("long.gif", "", slideshow(t, 300, 300, 300, 300, 300, 300, 300, 1500))
	small := codectest.NewInput("small.gif", "", slideshow(t, 1500, 3, 3, 3, 3, 3, 3, 3))
	for _, test := range []struct {
		name string
		in   codec.Input
		want time.Duration
	}{
		{"gif with long pictures", long, 36 * time.Second},
		{"gif that starts slowly", small, 15210 * time.Millisecond},
		{"one picture", codectest.NewInput("one.gif", "", slideshow(t, 70)), 700 * time.Millisecond},
		{"reordered, slow end", made("a.mkv", slowEnd, "libx264"), slow},
		{"reordered, slow start", made("b.mkv", slowStart, "libx264"), quick},
		{"in order, slow end", made("c.webm", slowEnd, "libvpx"), slow},
		{"in order, slow start", made("d.webm", slowStart, "libvpx"), quick},
	} {
		for name, op := range map[string]codec.Convert{
			"mp4 encoded": {Format: "mp4", Quality: 80}, "mov": {Format: "mov"},
			"webm encoded": {Format: "webm", Quality: 80},
		} {
			t.Run(test.name+" to "+name, func(t *testing.T) {
				o, err := convert(t.Context(), test.in, op)
				if err != nil {
					t.Fatal(err)
				}
				path := save(t, o).path
				if err := lasts(path, test.want, frame); err != nil {
					t.Error(err)
				}
				if lasts(path, test.want+2*frame, frame) == nil {
					t.Error("a film that is two frames too short passes")
				}
				if got := o.Result.Media.Duration; (got - test.want).Abs() > frame {
					t.Errorf("the result says %v, want %v", got, test.want)
				}
			})
		}
	}
}
