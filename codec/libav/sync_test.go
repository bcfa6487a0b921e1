package libav_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// clapper makes a film that flashes and clicks at once, every second.
func clapper(t testing.TB, name string, args ...string) string {
	t.Helper()
	return ffmpeg(t, name, append([]string{
		"-f", "lavfi", "-i", "color=black:s=160x120:r=25:d=4,drawbox=c=white:t=fill:" +
			"enable='between(mod(t,1),0.48,0.58)'",
		"-f", "lavfi", "-i", "aevalsrc='if(between(mod(t,1),0.48,0.52),sin(6000*t),0)':s=48000:d=4",
	}, args...)...)
}

func TestSoundStaysWithThePicture(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, source string
		args         []string
		op           codec.Convert
	}{
		{"copied", "in.mp4", nil, codec.Convert{Format: "mov"}},
		{"encoded to mp4", "in.mkv", []string{"-c:v", "mpeg2video", "-c:a", "mp2"},
			codec.Convert{Format: "mp4", Quality: 60}},
		{"encoded to webm", "in.mp4", nil, codec.Convert{Format: "webm"}},
		{"webm to mp4", "in.webm", []string{"-c:v", "libvpx", "-c:a", "libopus"},
			codec.Convert{Format: "mp4", Quality: 70}},
		{"video copied, sound encoded", "in.mkv", []string{"-c:v", "libx264", "-c:a", "mp2"},
			codec.Convert{Format: "mp4"}},
		{"transport stream that starts late", "in.ts", []string{"-c:v", "libx264", "-c:a", "aac"},
			codec.Convert{Format: "mp4"}},
		{"sound that starts late", "in.mkv", []string{"-c:v", "libx264", "-c:a", "mp2", "-af",
			"atrim=start=0.3"}, codec.Convert{Format: "mp4", Quality: 80}},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := clapper(t, test.source, test.args...)
			o, err := convert(t.Context(), codectest.OpenInput(t, in), test.op)
			if err != nil {
				t.Fatal(err)
			}
			if err := codectest.InSync(save(t, o).path, 20*time.Millisecond); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestIndexComesFirst(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"mp4", "mov", "m4a"} {
		o, err := convert(t.Context(), codectest.OpenInput(t, clapper(t, "in.mp4")),
			codec.Convert{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		if err := codectest.IndexFirst(o.Data); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// described returns what ffprobe says about the file, as text.
func described(t testing.TB, path string) string {
	t.Helper()
	return string(printed(t, "ffprobe", "-v", "error", "-show_format", "-show_streams",
		"-show_chapters", "-of", "compact", path))
}

func TestWhatBelongsToTheFileIsCarriedOver(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, format string
		want         []string
	}{
		{"audio/mediabunny-sample.flac", "mp3", []string{"attached_pic=1", "tag:title=", "tag:artist="}},
		{"audio/mediabunny-sample.flac", "m4a", []string{"attached_pic=1", "tag:title="}},
		{"audio/mediabunny-sample.flac", "ogg", []string{"tag:TITLE=", "tag:ARTIST=", "attached_pic=1",
			"tag:title=Album cover", "tag:comment=Cover (front)"}},
		{"audio/androidx-bear-id3.mp3", "opus", []string{"attached_pic=1", "tag:comment=Other"}},
		{"audio/androidx-bear-id3.mp3", "mkv", []string{"attached_pic=1", "tag:filename=cover.jpg",
			"tag:mimetype=image/jpeg", "tag:title=Test description"}},
		{"audio/mutagen-has-tags.m4a", "mkv", []string{"tag:filename=cover.png", "attached_pic=1",
			"tag:filename=cover2.jpg", "tag:mimetype=image/png"}},
		{"audio/mutagen-has-tags.m4a", "mp3", []string{"tag:artist=", "attached_pic=1"}},
		{"audio/androidx-bear-id3.mp3", "flac", []string{"tag:title=", "attached_pic=1"}},
		{"video/astiav-video_with_chapters.mp4", "mkv", []string{"chapter|", "tag:title="}},
		{"video/astiav-video_with_chapters.mp4", "webm", []string{"chapter|"}},
		{"video/astiav-video_with_chapters.mp4", "ogg", []string{"chapter|", "tag:title="}},
		{"video/androidx-portrait_4k60.mp4", "mov", []string{"rotation="}},
		{"video/androidx-h265_bframes.mp4", "mov", []string{"codec_tag_string=hvc1"}},
		{"video/torchcodec-nasa_13013.mp4", "mp4", []string{"codec_name=mov_text"}},
		{"video/androidx-sample_with_srt.mkv", "mkv", []string{"codec_name=subrip"}},
	} {
		t.Run(test.file+" to "+test.format, func(t *testing.T) {
			o := mustConvert(t, test.file, codec.Convert{Format: test.format})
			got := described(t, o.path)
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s is missing in\n%s", want, got)
				}
			}
			if slices.Contains(test.want, "attached_pic=1") {
				sameCovers(t, o, codectest.Corpus(t, test.file))
			}
		})
	}
}

// sameCovers checks that o has all covers of the sound at path, which it says are copied.
func sameCovers(t *testing.T, o output, path string) {
	t.Helper()
	both, err := codectest.StreamHashes(o.path, path)
	if err != nil {
		t.Fatal(err)
	}
	for i, hashes := range both {
		both[i] = slices.DeleteFunc(hashes, func(h string) bool { return !strings.HasPrefix(h, "v,") })
	}
	if len(both[1]) == 0 || !slices.Equal(both[0], both[1]) {
		t.Errorf("the covers are %v, want %v", both[0], both[1])
	}
	for _, s := range o.Streams {
		if s.Kind == string(codec.Image) && s.Action != codec.Copied {
			t.Errorf("a cover that is there: %+v", s)
		}
	}
}

func TestHDRIsMappedForH264AndKeptForVP9(t *testing.T) {
	t.Parallel()
	small := codec.Convert{Format: "mp4", Width: 120}
	got := described(t, mustConvert(t, "video/androidx-hdr10-av1.mp4", small).path)
	if !strings.Contains(got, "color_transfer=bt709") || !strings.Contains(got, "pix_fmt=yuv420p|") {
		t.Errorf("h264 is tagged %s", got)
	}
	small.Format = "webm"
	got = described(t, mustConvert(t, "video/androidx-hdr10-av1.mp4", small).path)
	if !strings.Contains(got, "color_transfer=smpte2084") || !strings.Contains(got, "yuv420p10le") {
		t.Errorf("vp9 is tagged %s", got)
	}
}

func TestInputsWithoutWhatIsNeededAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, format string
		class        codec.Class
		says         string
	}{
		{"video/androidx-sample_video_only.mp4", "mp3", codec.Unsupported, "has no sound"},
		{"video/androidx-sample_vvc.mp4", "mp4", codec.Unsupported,
			"is an MP4 video whose video is VVC, which this FFmpeg cannot decode"},
		{"audio/mutagen-nero-chapters.m4b", "mp4", codec.Invalid, "is damaged"},
		{"video/androidx-typical.srt", "mp4", codec.Unsupported, "cannot be made into mp4"},
	} {
		in := codectest.OpenInput(t, codectest.Corpus(t, test.file))
		_, err := convert(t.Context(), in, codec.Convert{Format: test.format})
		if codec.ClassOf(err) != test.class || err == nil ||
			!strings.HasPrefix(err.Error(), in.Name()+" ") || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s to %s: %v, want class %s, %q", test.file, test.format, err, test.class, test.says)
		}
	}
}

func TestEveryStreamIsAccountedFor(t *testing.T) {
	t.Parallel()
	o := mustConvert(t, "video/torchcodec-nasa_13013.mp4", codec.Convert{Format: "webm", Width: 64})
	var actions []string
	for _, s := range o.Streams {
		actions = append(actions, s.Kind+" "+s.Action)
		if s.Action != codec.Copied && s.Reason == "" {
			t.Errorf("no reason for %+v", s)
		}
	}
	want := []string{"video dropped", "audio encoded", "subtitle encoded", "video encoded",
		"audio encoded", "subtitle encoded"}
	if !slices.Equal(actions, want) {
		t.Errorf("streams = %q, want %q", actions, want)
	}
}
