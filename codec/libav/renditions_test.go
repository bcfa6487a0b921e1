package libav_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bbrks/go-blurhash"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// rendered makes renditions of the film at path, by name.
func rendered(t testing.TB, in codec.Input, op codec.Renditions) map[string]output {
	t.Helper()
	sink := new(codectest.Sink)
	err := libav.New().Process(t.Context(), &codec.Work{Op: op, In: []codec.Input{in}, Out: sink})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]output{}
	for _, o := range sink.Outputs() {
		all[o.Name] = save(t, o)
	}
	return all
}

func TestRenditionsOfAFilmAreThatFilm(t *testing.T) {
	t.Parallel()
	in := strip(t, "in.mp4", "-t", "2")
	all := rendered(t, codectest.OpenInput(t, in), codec.Renditions{BlurHash: true,
		Outputs: []codec.Rendition{
			{Format: "mp4", Width: 32}, {Format: "mp4"}, {Format: "webm", Width: 32}, {Format: "mp3"},
			{Format: "png", Width: 32, Timestamp: new(1.0)}, {Format: "jpg", Width: 16},
		}})
	if len(all) != 7 {
		t.Fatalf("outputs: %v", all)
	}
	for name, width := range map[string]int{"in-32.mp4": 32, "in-original.mp4": 64, "in-32.webm": 32} {
		o := all[name]
		if m := probe(t, o.path); m.Width != width || m.Height != width*3/4 || o.Media.Width != width {
			t.Errorf("%s: %+v, %+v", name, m, o.Media)
		}
		if err := codectest.SameFrames(o.path, in, tick); err != nil {
			t.Error(err)
		}
		for n, is := range luma(t, o.path) {
			if math.Abs(float64(is-16-n)) > 2 {
				t.Errorf("%s: picture %d has the brightness %d", name, n, is)
				break
			}
		}
		if (o.Media.Duration - 2*time.Second).Abs() > 60*time.Millisecond {
			t.Errorf("%s lasts %v", name, o.Media.Duration)
		}
	}
	for _, name := range []string{"in-32.mp4", "in-32.webm", "in-original.mp3"} {
		if d := soundLength(t, all[name].path); (d - 2*time.Second).Abs() > 60*time.Millisecond {
			t.Errorf("the sound of %s lasts %v", name, d)
		}
	}
	m, err := codectest.Frame(all["in-32.png"].path, 0)
	if err != nil || pictureNumber(m) != 25 || m.Bounds().Dx() != 32 {
		t.Errorf("picture %d of %v: %v", pictureNumber(m), m.Bounds(), err)
	}
	if m := all["in-16.jpg"].Media; m.Width != 16 || m.Height != 12 {
		t.Errorf("the jpg: %+v", m)
	}
	hash := string(printed(t, "cat", all["in-blurhash.txt"].path))
	if x, y, err := blurhash.Components(hash); err != nil || x != 4 || y != 3 {
		t.Errorf("blurhash %q: %d × %d, %v", hash, x, y, err)
	}
}

func TestRenditionsStayInSync(t *testing.T) {
	t.Parallel()
	in := clapper(t, "in.mkv", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "mp2", "-t", "3",
		"-af", "atrim=start=0.3")
	all := rendered(t, codectest.OpenInput(t, in), codec.Renditions{Outputs: []codec.Rendition{
		{Format: "mp4", Width: 80}, {Format: "webm", Width: 80}}})
	for _, o := range all {
		if err := codectest.InSync(o.path, 20*time.Millisecond); err != nil {
			t.Errorf("%s: %v", filepath.Base(o.path), err)
		}
	}
}

func TestRenditionsDecodeTheirSourceOnce(t *testing.T) {
	t.Parallel()
	in := codectest.Count(codectest.OpenInput(t, busy(t, "in.mp4", "-c:v", "libx264", "-preset",
		"ultrafast", "-crf", "5", "-t", "1")))
	rendered(t, in, codec.Renditions{Outputs: []codec.Rendition{
		{Format: "mp4", Width: 32}, {Format: "mp4", Width: 48}, {Format: "mkv", Width: 64}}})
	// The headers are read twice.
	if read := in.Bytes(); read < in.Size() || read > in.Size()*3/2 {
		t.Errorf("%d bytes of %d were read", read, in.Size())
	}
}

func TestRenditionsThatCannotBeMadeAreRefused(t *testing.T) {
	t.Parallel()
	sound := codectest.NewInput("tone.wav", "", wave(0.2))
	all := rendered(t, sound, codec.Renditions{Outputs: []codec.Rendition{{Format: "mp3"},
		{Format: "flac"}}})
	if len(all) != 2 {
		t.Errorf("of sound: %v", all)
	}
	for _, format := range []string{"jpg", "tiff"} {
		sink := new(codectest.Sink)
		err := libav.New().Process(t.Context(), &codec.Work{In: []codec.Input{sound}, Out: sink,
			Op: codec.Renditions{Outputs: []codec.Rendition{{Format: "mp3"}, {Format: format}}}})
		if codec.ClassOf(err) != codec.Unsupported || len(sink.Outputs()) > 0 ||
			format == "jpg" && !strings.Contains(err.Error(), "has no video to make") {
			t.Errorf("%s of sound: %v, and %d outputs", format, err, len(sink.Outputs()))
		}
	}
}

func TestAChainEndsInAPicture(t *testing.T) {
	t.Parallel()
	in := strip(t, "in.mp4", "-t", "4")
	chain := func(last codec.Operation, steps ...codec.Operation) codec.Chain {
		return codec.Chain{Steps: append(codec.Steps(steps), last)}
	}
	part := codec.Trim{Start: 1, Duration: 2}
	for name, test := range map[string]struct {
		op    codec.Chain
		least int // number of the picture
		most  int
		width int
	}{
		"at a time":   {chain(codec.PosterFrame{Format: "png", Timestamp: new(1.0)}, part), 50, 50, 64},
		"of the part": {chain(codec.Thumbnail{Format: "png", Width: 32}, part), 25, 74, 32},
		"without a cut": {chain(codec.PosterFrame{Format: "png", Timestamp: new(1.0)},
			codec.Transform{Rotate: 90}), 25, 25, 48},
		// A second from the start the fade of two seconds has reached the half.
		"in a fade": {chain(codec.PosterFrame{Format: "png", Timestamp: new(1.0)}, part,
			codec.Adjust{FadeIn: 2}), 24, 26, 64},
	} {
		o := do(t, in, test.op)
		m, err := codectest.Frame(o.path, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n := pictureNumber(m); n < test.least || n > test.most || m.Bounds().Dx() != test.width {
			t.Errorf("%s: picture %d, %v", name, n, m.Bounds())
		}
	}
	_, err := process(t.Context(), codectest.OpenInput(t, in),
		chain(codec.PosterFrame{Timestamp: new(2.0)}, part))
	if err == nil || codec.ClassOf(err) != codec.Invalid {
		t.Errorf("behind the part: %v", err)
	}
}
