package libav_test

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// join does op on the files at paths.
func join(t testing.TB, op codec.Operation, paths ...string) output {
	t.Helper()
	sink := new(codectest.Sink)
	w := &codec.Work{Op: op, Out: sink}
	for _, path := range paths {
		w.In = append(w.In, codectest.OpenInput(t, path))
	}
	if _, _, err := libav.New().Probe(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if err := libav.New().Process(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return save(t, sink.Outputs()[0])
}

func TestFilmsAreJoinedInOrder(t *testing.T) {
	t.Parallel()
	first := strip(t, "in.mp4", "-t", "2")
	second := ffmpeg(t, "in.webm", "-f", "lavfi", "-i", "color=white:s=100x40:r=10:d=1", "-f", "lavfi",
		"-i", "sine=r=44100:d=1", "-c:v", "libvpx", "-c:a", "libopus")
	mute := ffmpeg(t, "in.mkv", "-f", "lavfi", "-i", "color=gray:s=64x48:r=50:d=1", "-c:v", "libx264")
	for _, format := range []string{"mp4", "webm"} {
		o := join(t, codec.Concat{Format: format}, first, second, mute)
		if o.Media.Width != 64 || o.Media.Height != 48 {
			t.Errorf("media = %+v", o.Media)
		}
		all := luma(t, o.path)
		if n := len(all); n < 99 || n > 102 {
			t.Errorf("%d pictures, want 100", n)
			continue
		}
		// The second is wider, so there are bars above and below.
		for i, want := range map[int]int{0: 16, 40: 56, 60: 132, 90: 126} {
			if got := all[i]; got < want-12 || got > want+12 {
				t.Errorf("%s: picture %d is %d, want %d", format, i, got, want)
			}
		}
		if err := lasts(o.path, 4*time.Second, 130*time.Millisecond); err != nil {
			t.Error(err)
		}
		if got := soundLength(t, o.path); (got - 4*time.Second).Abs() > 130*time.Millisecond {
			t.Errorf("%s: the sound lasts %v", format, got)
		}
	}
	small, large := join(t, codec.Concat{Quality: 20}, first),
		join(t, codec.Concat{Quality: 95}, first)
	if a, b := packetBytes(t, small.path, "video"), packetBytes(t, large.path, "video"); a >= b {
		t.Errorf("quality 20 has %v bytes, 95 %v", a, b)
	}
}

func TestJoinedFilmsStayInSync(t *testing.T) {
	t.Parallel()
	late := clapper(t, "late.mkv", "-c:v", "libx264", "-c:a", "mp2", "-af", "atrim=start=0.3")
	mute := ffmpeg(t, "in.mkv", "-f", "lavfi", "-i", "color=black:s=160x120:r=30:d=1.3", "-c:v",
		"libx264")
	o := join(t, codec.Concat{}, clapper(t, "a.mp4"), late, mute,
		clapper(t, "in.webm", "-c:v", "libvpx", "-c:a", "libopus"))
	if err := codectest.InSync(o.path, 25*time.Millisecond); err != nil {
		t.Error(err)
	}
	late4, err := codectest.Sync(o.path)
	if err != nil || len(late4) != 12 {
		t.Errorf("%d claps, %v", len(late4), err)
	}
}

func TestSoundIsJoinedToTheSample(t *testing.T) {
	t.Parallel()
	tone := func(name, seconds string, args ...string) string {
		return ffmpeg(t, name, append([]string{"-f", "lavfi", "-i", "sine=r=44100:d=" + seconds},
			args...)...)
	}
	parts := []string{tone("a.wav", "1"), tone("b.flac", "0.5", "-ac", "2"),
		tone("c.wav", "0.25", "-ar", "48000")}
	for _, gap := range []float64{0, 0.4} {
		o := join(t, codec.ConcatAudio{Format: "wav", Gap: gap}, parts...)
		raw := printed(t, "ffmpeg", "-v", "error", "-i", o.path, "-ac", "1", "-f", "s16le", "-")
		want := int(math.Round((1.75 + 2*gap) * 44100))
		if got := len(raw) / 2; got < want-2 || got > want+2 {
			t.Errorf("gap %v: %d samples, want %d", gap, got, want)
		}
		loudest := func(from, to float64) (most int) {
			for i := int(from * 44100); i < int(to*44100); i++ {
				v := int(int16(binary.LittleEndian.Uint16(raw[2*i:])))
				most = max(most, v, -v)
			}
			return most
		}
		if inside := loudest(1.01, 1.39); (inside < 10) != (gap > 0) {
			t.Errorf("gap %v: it is as loud as %d", gap, inside)
		}
		if o.Media.Duration.Round(10*time.Millisecond) != seconds(1.75+2*gap) {
			t.Errorf("media = %+v", o.Media)
		}
	}
	last := 0.0
	for _, kbps := range []int{64, 256} {
		o := join(t, codec.ConcatAudio{BitrateKbps: kbps}, parts...)
		n := packetBytes(t, o.path, "audio")
		if n <= last*2 || o.Media.Type != "audio/mpeg" {
			t.Errorf("%d kbit/s give %v bytes of %s", kbps, n, o.Media.Type)
		}
		last = n
	}
}

func TestWhatCannotBeJoinedIsNamed(t *testing.T) {
	t.Parallel()
	sound := codectest.NewInput("tone.wav", "", wave(1))
	film := codectest.NewInput("walk.mp4", "", film(t))
	for _, test := range []struct {
		op   codec.Operation
		in   []codec.Input
		want string
	}{
		{codec.Concat{}, []codec.Input{film, sound}, "tone.wav has no video to join"},
		{codec.ConcatAudio{}, []codec.Input{sound, film}, "walk.mp4 has no sound to join"},
	} {
		err := libav.New().Process(t.Context(), &codec.Work{Op: test.op, In: test.in,
			Out: new(codectest.Sink)})
		if err == nil || err.Error() != test.want || codec.ClassOf(err) != codec.Invalid {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	policy := codec.Policy{Limits: codec.Limits{Duration: 1500 * time.Millisecond}}
	err := libav.New().Process(t.Context(), &codec.Work{Op: codec.ConcatAudio{}, Policy: policy,
		In: []codec.Input{sound, sound}, Out: new(codectest.Sink)})
	if codec.ClassOf(err) != codec.Limit {
		t.Errorf("two seconds of at most 1.5: %v", err)
	}
}
