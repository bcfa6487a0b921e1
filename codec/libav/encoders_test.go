package libav_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// moving is a film of one second with something in it.
func moving(t testing.TB) string {
	t.Helper()
	return ffmpeg(t, "moving.mp4", "-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=1.2", "-f", "lavfi",
		"-i", "sine=r=48000:d=1.2", "-c:v", "libx264", "-qp", "4", "-preset", "ultrafast", "-c:a", "aac")
}

// pictureStream is what ffprobe says of the picture.
func pictureStream(t testing.TB, path string) codectest.ProbeStream {
	t.Helper()
	p, err := codectest.ProbeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, ok := p.Stream("video")
	if !ok {
		t.Fatalf("%s has no picture", path)
	}
	return s
}

func TestEveryCodecIsMadeInEveryFormatThatHoldsIt(t *testing.T) {
	t.Parallel()
	in := moving(t)
	for _, test := range []struct{ format, name, codec, tag string }{
		{"mp4", codec.VideoH264, "h264", "avc1"}, {"mp4", codec.VideoH265, "hevc", "hvc1"},
		{"mp4", codec.VideoVP9, "vp9", "vp09"}, {"mp4", codec.VideoAV1, "av1", "av01"},
		{"mov", codec.VideoH265, "hevc", "hvc1"}, {"webm", codec.VideoAV1, "av1", ""},
		{"mkv", codec.VideoH265, "hevc", ""}, {"mkv", codec.VideoAV1, "av1", ""},
	} {
		t.Run(test.name+" in "+test.format, func(t *testing.T) {
			o := do(t, in, codec.Convert{Format: test.format,
				Video: codec.VideoEncoding{Codec: test.name}})
			s := pictureStream(t, o.path)
			if s.Codec != test.codec || test.tag != "" && s.Tag != test.tag || s.Pixels != "yuv420p" {
				t.Errorf("it is %s, %s, %s", s.Codec, s.Tag, s.Pixels)
			}
			if o.Streams[0].Action != codec.Encoded || o.Streams[0].Options["crf"] == "" {
				t.Errorf("streams = %+v", o.Streams)
			}
			if err := codectest.SameFrames(o.path, in, tick); err != nil {
				t.Error(err)
			}
			if got := similarity(t, o.path, in); got < 0.93 {
				t.Errorf("the pictures have a similarity of %.3f", got)
			}
		})
	}
}

// similarity is the SSIM of two films.
func similarity(t testing.TB, path, reference string) float64 {
	t.Helper()
	out := said(t, "-i", path, "-i", reference, "-lavfi", "[0:v][1:v]ssim", "-f", "null", "-")
	_, after, found := strings.Cut(out, "All:")
	var v float64
	if _, err := fmt.Sscanf(after, "%g", &v); !found || err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return v
}

func TestFieldsOfTheEncoderDoWhatTheySay(t *testing.T) {
	t.Parallel()
	in := moving(t)
	film := codectest.OpenInput(t, in)
	size := func(quality, effort int, v codec.VideoEncoding) float64 {
		t.Helper()
		o, err := process(t.Context(), film, codec.Convert{Format: "mkv", Quality: quality,
			Effort: effort, Video: v, Mute: true})
		if err != nil {
			t.Fatal(err)
		}
		return float64(len(o.Data))
	}
	for _, name := range []string{codec.VideoH264, codec.VideoH265, codec.VideoVP9, codec.VideoAV1} {
		v := codec.VideoEncoding{Codec: name}
		if low, high := size(20, 1, v), size(90, 1, v); low*2 > high {
			t.Errorf("%s: %v bytes at quality 20, %v at 90", name, low, high)
		}
		if fast, slow := size(0, 1, v), size(0, 7, v); fast == slow {
			t.Errorf("%s: %v bytes whatever the effort", name, fast)
		}
		v.Bitrate = 100_000
		low := size(0, 2, v)
		v.Bitrate = 400_000
		high := size(0, 2, v)
		if bits := high * 8 / 1.2; low*2 > high || bits > 800_000 || bits < 200_000 {
			t.Errorf("%s: %v and %v bytes at 100 and 400 kbit/s", name, low, high)
		}
		for _, interval := range []float64{0.2, 0.6} {
			v := codec.VideoEncoding{Codec: name, KeyInterval: interval}
			o := do(t, in, codec.Convert{Format: "mp4", Effort: 2, Video: v})
			keys, _ := keyTimes(t, o.path)
			if want := int(1.2/interval + 0.5); len(keys) != want {
				t.Errorf("%s: %d key frames every %v s, want %d", name, len(keys), interval, want)
			}
		}
	}
}

func TestProfileLevelAndPixelsAreAsAskedFor(t *testing.T) {
	t.Parallel()
	in := moving(t)
	for _, test := range []struct {
		video                  codec.VideoEncoding
		profile, pixels, level string
	}{
		{codec.VideoEncoding{Profile: "baseline", Level: "3.1"}, "Constrained Baseline", "yuv420p", "31"},
		{codec.VideoEncoding{Profile: "main", Level: "4"}, "Main", "yuv420p", "40"},
		{codec.VideoEncoding{PixelFormat: codec.PixelYUV444}, "High 4:4:4 Predictive", "yuv444p", ""},
		{codec.VideoEncoding{PixelFormat: codec.PixelYUV420P10}, "High 10", "yuv420p10le", ""},
		{codec.VideoEncoding{Codec: "h265", Level: "4.1"}, "Main", "yuv420p", "123"},
		{codec.VideoEncoding{Codec: "h265", PixelFormat: codec.PixelYUV420P10, Profile: "main10"},
			"Main 10", "yuv420p10le", ""},
		{codec.VideoEncoding{Codec: "h265", PixelFormat: codec.PixelYUV422P10},
			"Rext", "yuv422p10le", ""},
		{codec.VideoEncoding{Codec: "vp9", PixelFormat: codec.PixelYUV444}, "Profile 1", "yuv444p", ""},
		{codec.VideoEncoding{Codec: "av1", PixelFormat: codec.PixelYUV420P10, Level: "4.1"}, "Main",
			"yuv420p10le", "9"},
	} {
		o := do(t, in, codec.Convert{Format: "mp4", Effort: 2, Video: test.video})
		s := pictureStream(t, o.path)
		if s.Profile != test.profile || s.Pixels != test.pixels ||
			test.level != "" && fmt.Sprint(s.Level) != test.level {
			t.Errorf("%+v: profile %s, level %d, %s", test.video, s.Profile, s.Level, s.Pixels)
		}
		if got := similarity(t, o.path, in); got < 0.9 {
			t.Errorf("%+v: the pictures have a similarity of %.3f", test.video, got)
		}
	}
}

func TestTheFrameRateIsCapped(t *testing.T) {
	t.Parallel()
	in := moving(t)
	for most, want := range map[float64]int{10: 12, 60: 30} {
		o := do(t, in, codec.Convert{Format: "mp4", Video: codec.VideoEncoding{MaxFrameRate: most}})
		if n := len(luma(t, o.path)); n != want {
			t.Errorf("%d pictures with at most %v a second, want %d", n, most, want)
		}
		if err := lasts(o.path, seconds(1.2), seconds(0.05)); err != nil {
			t.Error(err)
		}
	}
}

func TestOptionsReachTheEncoderOrAreNamed(t *testing.T) {
	t.Parallel()
	in := moving(t)
	convert := func(name string, options map[string]string) (codectest.Output, error) {
		return process(t.Context(), codectest.OpenInput(t, in), codec.Convert{Format: "mkv", Effort: 2,
			Video: codec.VideoEncoding{Codec: name, Options: options}})
	}
	for _, test := range []struct{ name, key, value, other string }{
		{"h264", "qp", "40", "10"}, {"h264", "x264-params", "keyint=250", "keyint=1"},
		{"h265", "x265-params", "crf=45", "crf=10"}, {"vp9", "crf", "60", "10"},
		{"av1", "svtav1-params", "qp=60", "qp=10"}, {"h265", "crf", "45", "10"},
	} {
		less, err := convert(test.name, map[string]string{test.key: test.value})
		if err != nil {
			t.Fatal(err)
		}
		more, err := convert(test.name, map[string]string{test.key: test.other})
		if err != nil {
			t.Fatal(err)
		}
		if len(less.Data) >= len(more.Data) {
			t.Errorf("%s, %s: %d bytes with %s, %d with %s", test.name, test.key, len(less.Data), test.value,
				len(more.Data), test.other)
		}
	}
	for _, test := range []struct{ name, key, value, says string }{
		{"h264", "nonsense", "1", "nonsense"}, {"h264", "x264-params", "nonsense=1", "nonsense"},
		{"h265", "x265-params", "nonsense=1", "nonsense"}, {"h265", "cpu-used", "1", "cpu-used"},
		{"vp9", "tune-film", "1", "tune-film"}, {"av1", "svtav1-params", "nonsense=1", "nonsense"},
		{"h264", "qp", "many", "qp"},
	} {
		_, err := convert(test.name, map[string]string{test.key: test.value})
		if err == nil || codec.ClassOf(err) != codec.Invalid ||
			!strings.Contains(err.Error(), test.says) {
			t.Errorf("%s, %s=%s: %v", test.name, test.key, test.value, err)
		}
	}
}

func TestH265AndAV1MeetASize(t *testing.T) {
	t.Parallel()
	long := busy(t, "in.mp4", "-c:v", "libx264", "-crf", "10", "-preset", "ultrafast", "-t", "2")
	short := ffmpeg(t, "short.mp4", "-f", "lavfi", "-i",
		"testsrc2=s=128x96:r=25:d=1,noise=alls=20:allf=t", "-f", "lavfi", "-i", "sine=r=48000:d=1",
		"-c:v", "libx264", "-crf", "10", "-preset", "ultrafast")
	for _, test := range []struct {
		in         string
		size       int64
		op         codec.Compress
		codec, tag string
	}{
		{long, 60_000, codec.Compress{Video: codec.VideoEncoding{Codec: "h265"}},
			"hevc", "hvc1"},
		{short, 75_000, codec.Compress{Effort: 1, Video: codec.VideoEncoding{Codec: "av1"}},
			"av1", "av01"},
	} {
		test.op.TargetBytes = test.size
		o := do(t, test.in, test.op)
		info, err := os.Stat(o.path)
		if err != nil {
			t.Fatal(err)
		}
		least := 97 * test.size / 100
		if strings.Contains(strings.Join(o.Notes, " "), "came no nearer") { // AV1 may vary
			least = 90 * test.size / 100
		}
		if n := info.Size(); n > test.size || n < least {
			t.Errorf("%s: %d bytes, want %d", test.codec, n, test.size)
		}
		if s := pictureStream(t, o.path); s.Codec != test.codec || s.Tag != test.tag {
			t.Errorf("it is %s, %s", s.Codec, s.Tag)
		}
		if err := codectest.SameFrames(o.path, test.in, tick); err != nil {
			t.Error(err)
		}
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), "x265") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestAPictureThatAnEncoderDoesNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := process(t.Context(), codectest.OpenInput(t, moving(t)), codec.Convert{Format: "mp4",
		Width: 60, Video: codec.VideoEncoding{Codec: "av1"}})
	if codec.ClassOf(err) != codec.Invalid || !strings.Contains(err.Error(), "no less than 64 × 64") {
		t.Error(err)
	}
}

// TestAnEncoderThatGotNothingEnds cancels before the first picture: SVT-AV1 would wait
// for it.
func TestAnEncoderThatGotNothingEnds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"h264", "h265", "vp9", "av1"} {
		ctx, cancel := context.WithCancel(t.Context())
		sink := new(codectest.Sink)
		sink.OnWrite = cancel // the header
		err := libav.New().Process(ctx, &codec.Work{Out: sink,
			In: []codec.Input{codectest.OpenInput(t, moving(t))},
			Op: codec.Convert{Format: "mkv", Video: codec.VideoEncoding{Codec: name}}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// SVT-AV1 makes threads real-time threads, if it is let: see open.c. Only root, and who has
// CAP_SYS_NICE, would see it.
func TestNoEncoderMakesRealTimeThreads(t *testing.T) {
	tasks := "/proc/self/task"
	if _, err := os.Stat(tasks); err != nil {
		t.Skip("no /proc")
	}
	for _, name := range []string{"h264", "h265", "vp9", "av1"} {
		var once sync.Once
		sink := new(codectest.Sink)
		seen := 0
		sink.OnWrite = func() { once.Do(func() { seen = ordinaryThreads(t, name, tasks) }) }
		err := libav.New().Process(t.Context(), &codec.Work{Out: sink,
			In: []codec.Input{codectest.OpenInput(t, moving(t))},
			Op: codec.Convert{Format: "mkv", Video: codec.VideoEncoding{Codec: name}}})
		if err != nil || seen == 0 {
			t.Errorf("%s: %d threads seen, %v", name, seen, err)
		}
	}
}

// ordinaryThreads counts the threads of this process, none of which has a priority of its
// own.
func ordinaryThreads(t *testing.T, encoder, tasks string) (n int) {
	t.Helper()
	threads, err := os.ReadDir(tasks)
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		b, err := os.ReadFile(filepath.Join(tasks, thread.Name(), "stat"))
		if err != nil {
			continue // it has ended
		}
		_, fields, _ := strings.Cut(string(b), ") ")
		// Field 40 of proc_pid_stat(5), of which the first two are cut off.
		if f := strings.Fields(fields); f[40-3] != "0" {
			t.Errorf("%s: a thread has the real-time priority %s", encoder, f[40-3])
		}
		n++
	}
	return n
}

func TestHDRIsKeptInTenBitsAndMappedInEight(t *testing.T) {
	t.Parallel()
	hdr := ffmpeg(t, "hdr.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=10:d=0.5", "-pix_fmt",
		"yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none",
		"-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc")
	for _, test := range []struct {
		video            codec.VideoEncoding
		transfer, pixels string
	}{
		{codec.VideoEncoding{Codec: "h265"}, "smpte2084", "yuv420p10le"},
		{codec.VideoEncoding{Codec: "av1"}, "smpte2084", "yuv420p10le"},
		{codec.VideoEncoding{Codec: "h265", PixelFormat: "yuv420p"}, "bt709", "yuv420p"},
		{codec.VideoEncoding{Codec: "h264"}, "bt709", "yuv420p"},
	} {
		s := pictureStream(t, do(t, hdr, codec.Convert{Format: "mp4", Video: test.video}).path)
		if s.Transfer != test.transfer || s.Pixels != test.pixels {
			t.Errorf("%+v: %s, %s", test.video, s.Transfer, s.Pixels)
		}
	}
}

// interlaced is a film in fields: a bar moves from field to field.
func interlaced(t testing.TB) string {
	t.Helper()
	return ffmpeg(t, "fields.ts", "-f", "lavfi", "-i", "color=black:s=96x64:r=50:d=1[b];"+
		"color=white:s=16x64:r=50:d=1[w];[b][w]overlay=x='mod(n*6,80)',interlace=scan=tff:lowpass=0",
		"-c:v", "mpeg2video", "-q:v", "2",
		"-flags", "+ilme+ildct", "-top", "1")
}

// combs says how different neighbouring lines are, on average.
func combs(t testing.TB, path string) float64 {
	t.Helper()
	m := shown(t, path)
	b, sum := m.Bounds(), 0.0
	for y := b.Min.Y + 1; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			_, above, _, _ := m.At(x, y-1).RGBA()
			_, here, _, _ := m.At(x, y).RGBA()
			sum += math.Abs(float64(above)-float64(here)) / 257
		}
	}
	return sum / float64(b.Dx()*b.Dy())
}

func TestFieldsBecomeWholePictures(t *testing.T) {
	t.Parallel()
	in := interlaced(t)
	before := combs(t, in)
	for name, test := range map[string]struct {
		op    codec.Convert
		whole bool
	}{
		"by itself": {codec.Convert{Format: "mp4"}, true},
		"asked for": {codec.Convert{Format: "mkv", Deinterlace: new(true)}, true},
		"refused":   {codec.Convert{Format: "mp4", Deinterlace: new(false)}, false},
		"copied":    {codec.Convert{Format: "mkv"}, false},
	} {
		o := do(t, in, test.op)
		if got := combs(t, o.path); (got < before/3) != test.whole {
			t.Errorf("%s: lines differ by %.1f, before by %.1f", name, got, before)
		}
		if err := codectest.SameFrames(o.path, in, tick); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := lasts(o.path, seconds(1), seconds(0.045)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		order := strings.TrimSpace(string(printed(t, "ffprobe", "-v", "error", "-select_streams", "v",
			"-show_entries", "stream=field_order", "-of", "csv=p=0", o.path)))
		if (order == "progressive") != test.whole {
			t.Errorf("%s: players take its fields for %s", name, order)
		}
	}
}
