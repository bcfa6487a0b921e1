package libav_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// busy is a film that takes many bits.
func busy(t testing.TB, name string, args ...string) string {
	t.Helper()
	return ffmpeg(t, name, append([]string{"-f", "lavfi", "-i",
		"testsrc2=s=160x120:r=25:d=3,noise=alls=20:allf=t", "-f", "lavfi", "-i", "sine=r=48000:d=3"},
		args...)...)
}

func TestATargetSizeIsMetAndNeverExceeded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		args  []string
		size  int64
		least float64 // of size
	}{
		{"in.mp4", []string{"-c:v", "libx264", "-crf", "10"}, 100_000, 0.97},
		{"in.mp4", []string{"-c:v", "libx264", "-crf", "10"}, 60_000, 0.97},
		{"in.webm", []string{"-c:v", "libvpx", "-b:v", "4M", "-deadline", "realtime", "-t", "1.5"},
			45_000, 0.85},
		{"in.m4a", []string{"-map", "1", "-b:a", "192k"}, 20_000, 0.8},
		{"in.mp3", []string{"-f", "lavfi", "-i", "anoisesrc=r=48000:d=3:a=0.3:seed=1", "-map", "2",
			"-b:a", "192k"}, 27_000, 0.97},
	} {
		in := busy(t, test.name, test.args...)
		o := do(t, in, codec.Compress{TargetBytes: test.size})
		info, err := os.Stat(o.path)
		if err != nil {
			t.Fatal(err)
		}
		if n := info.Size(); n > test.size || float64(n) < test.least*float64(test.size) {
			t.Errorf("%s: %d bytes, want %d", test.name, n, test.size)
		}
		if o.Media.Width > 0 {
			if err := codectest.SameFrames(o.path, in, tick); err != nil {
				t.Error(err)
			}
		}
		if got, want := soundLength(t, o.path), soundLength(t, in); (got - want).Abs() > 80e6 {
			t.Errorf("%s: the sound lasts %v, want %v", test.name, got, want)
		}
	}
}

// TestASizeThatCannotBeMetIsRefusedWithTheLeast: a retry with what the error names is
// taken, and with 3 % less refused, in the same words whatever was asked for.
func TestASizeThatCannotBeMetIsRefusedWithTheLeast(t *testing.T) {
	t.Parallel()
	h265 := codec.VideoEncoding{Codec: codec.VideoH265}
	av1 := codec.VideoEncoding{Codec: codec.VideoAV1}
	film := busy(t, "in.mp4", "-c:v", "libx264", "-t", "0.5", "-an")
	for name, test := range map[string]struct {
		in    string
		video codec.VideoEncoding
	}{
		"H.264": {in: film}, "H.265": {film, h265}, "AV1": {film, av1},
		"VP9": {in: busy(t, "in.webm", "-c:v", "libvpx", "-b:v", "4M", "-deadline", "realtime", "-t",
			"0.5", "-an")},
		"AAC": {in: busy(t, "in.m4a", "-map", "1", "-t", "0.5", "-b:a", "192k")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try := func(size int64) (codectest.Output, error) {
				return process(t.Context(), codectest.OpenInput(t, test.in),
					codec.Compress{TargetBytes: size, Video: test.video})
			}
			refused := func(size int64) (least int64) {
				t.Helper()
				_, err := try(size)
				if codec.ClassOf(err) != codec.Limit {
					t.Fatalf("%d bytes: %v", size, err)
				}
				_, told, _ := strings.Cut(err.Error(), "bytes: ")
				if _, err := fmt.Sscanf(told, "%d is the least", &least); err != nil || least <= size {
					t.Fatalf("%q: %v", told, err)
				}
				return least
			}
			least := refused(500)
			if again := refused(least * 97 / 100); again != least {
				t.Errorf("%d is the least now, %d before", again, least)
			}
			for _, size := range []int64{least, least * 103 / 100} {
				if o, err := try(size); err != nil || int64(len(o.Data)) > size {
					t.Errorf("%d bytes, want %d: %v", len(o.Data), size, err)
				}
			}
		})
	}
	_, err := process(t.Context(), codectest.NewInput("tone.wav", "", wave(1)),
		codec.Compress{TargetBytes: 1000})
	if codec.ClassOf(err) != codec.Unsupported {
		t.Error(err)
	}
}

func TestCompressingMakesSmallerAndNeverLarger(t *testing.T) {
	t.Parallel()
	in := busy(t, "in.mp4", "-c:v", "libx264", "-crf", "10", "-metadata", "title=Secret")
	size := map[int]int{}
	for _, quality := range []int{0, 40} {
		o := pictureOf(t, in, codec.Compress{Quality: quality})
		size[quality] = len(o.Data)
		if bytes.Contains(o.Data, []byte("Secret")) {
			t.Error("the title is still there")
		}
	}
	before, err := os.ReadFile(in)
	if err != nil {
		t.Fatal(err)
	}
	if size[40] >= size[0] || size[0] >= len(before) {
		t.Errorf("%d bytes at 40, %d at 82, of %d", size[40], size[0], len(before))
	}
	for _, effort := range []int{1, 9} {
		o := pictureOf(t, in, codec.Compress{Quality: 40, Effort: effort})
		size[effort] = len(o.Data)
	}
	if size[9] >= size[1] {
		t.Errorf("%d bytes with an effort of 9, %d with 1", size[9], size[1])
	}
	o := pictureOf(t, in, codec.Compress{Quality: 40, StripMetadata: new(false)})
	if !bytes.Contains(o.Data, []byte("Secret")) {
		t.Error("the title is gone")
	}
	small := busy(t, "in.mp4", "-c:v", "libx264", "-crf", "45", "-b:a", "32k")
	for _, op := range []codec.Compress{{Quality: 95}, {Lossless: true, Effort: 3},
		{TargetBytes: 1 << 30}} {
		for _, strip := range []bool{true, false} {
			op.StripMetadata = &strip
			o := pictureOf(t, small, op)
			before, err := os.ReadFile(small)
			if err != nil {
				t.Fatal(err)
			}
			if strip == bytes.Equal(o.Data, before) || len(o.Data) > len(before) {
				t.Errorf("%+v: %d bytes of %d", op, len(o.Data), len(before))
			}
			if err := codectest.SameStreams(save(t, o).path, small); err != nil {
				t.Error(err)
			}
			if !strings.Contains(strings.Join(o.Result.Notes, " "), "left as they are") {
				t.Errorf("notes = %q", o.Result.Notes)
			}
			said := strings.Contains(strings.Join(o.Result.Notes, " "), "effort was not used")
			if said != (op.Effort != 0) {
				t.Errorf("%+v: notes = %q", op, o.Result.Notes)
			}
		}
	}
}
