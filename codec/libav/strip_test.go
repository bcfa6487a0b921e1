package libav_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// technical are tags that no muxer can do without, or that say how to read a file.
var technical = []string{"major_brand", "minor_version", "compatible_brands", "language",
	"handler_name", "vendor_id", "duration", "filename", "mimetype"}

// personal returns the tags of a file that tell something.
func personal(t testing.TB, path string) []string {
	t.Helper()
	f, err := codectest.ProbeFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sets := []map[string]string{f.Format.Tags}
	for _, s := range f.Streams {
		sets = append(sets, s.Tags)
	}
	for _, c := range f.Chapters {
		sets = append(sets, c.Tags)
	}
	var all []string
	for _, set := range sets {
		for key, value := range set {
			generated := value == "" || value == "Lavf" || value == "ch0" || value == "ch1"
			if !slices.Contains(technical, strings.ToLower(key)) && !generated {
				all = append(all, key+"="+value)
			}
		}
	}
	return all
}

func TestStrippedFilesTellNothing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, secret string }{
		{"video/androidx-dolbyVision-hdr.MOV", "iPhone 14 Pro"},
		{"video/androidx-sample.mp4", "Lavf"},
		{"video/astiav-video_with_chapters.mp4", "First Half"},
		{"video/androidx-sample_with_srt.mkv", ""},
		{"video/androidx-bbb_642x642_768kbps_30fps_vp9.webm", ""},
		{"audio/mutagen-has-tags.m4a", "Test Artist"}, {"audio/androidx-bear-id3.mp3", ""},
		{"audio/androidx-bear_with_picture.flac", "JFIF"}, {"audio/androidx-bear.opus", "Lavf54"},
		{"audio/androidx-bear_vorbis.ogg", "Lavf"}, {"audio/androidx-sample.wav", ""},
	} {
		in := codectest.Corpus(t, test.file)
		o := do(t, in, codec.StripMetadata{})
		if tags := personal(t, o.path); len(tags) > 0 {
			t.Errorf("%s tells %q", test.file, tags)
		}
		data, err := os.ReadFile(o.path)
		if err != nil {
			t.Fatal(err)
		}
		if test.secret != "" && bytes.Contains(data, []byte(test.secret)) {
			t.Errorf("%s: %q is still in it", test.file, test.secret)
		}
		for _, s := range o.Streams {
			if s.Action == codec.Encoded && !strings.Contains(test.file, "MOV") {
				t.Errorf("%s: %+v", test.file, s) // an edit list cuts the MOV
			}
		}
		before, after := report(t, in), report(t, o.path)
		for i, s := range after.Streams {
			if s.Cover {
				t.Errorf("%s has a cover", test.file)
			}
			if s.Kind == "video" && s.Rotation != before.Streams[i].Rotation && o.Streams[i].Action ==
				codec.Copied {
				t.Errorf("%s is turned by %d, was by %d", test.file, s.Rotation, before.Streams[i].Rotation)
			}
		}
		if before.MimeType != after.MimeType || len(before.Chapters) != len(after.Chapters) {
			t.Errorf("%s became %s with %d chapters, was %s with %d", test.file, after.MimeType,
				len(after.Chapters), before.MimeType, len(before.Chapters))
		}
		if err := samePackets(o.path, in); err != nil && !strings.Contains(test.file, "MOV") {
			t.Errorf("%s: %v", test.file, err)
		}
	}
	if len(personal(t, codectest.Corpus(t, "audio/mutagen-has-tags.m4a"))) == 0 {
		t.Error("a file with tags passes")
	}
}

// samePackets compares the packets of the sound and the pictures of two files,
// but for covers.
func samePackets(got, want string) error {
	both, err := codectest.StreamHashes(got, want)
	if err != nil {
		return err
	}
	for i, all := range both {
		both[i] = slices.DeleteFunc(all, func(h string) bool {
			return !strings.HasPrefix(h, "a,") && !strings.HasPrefix(h, "v,")
		})
	}
	g, w := both[0], both[1]
	if len(g) == 0 || !slices.Equal(g, w[:min(len(g), len(w))]) {
		return fmt.Errorf("the streams are %v, want %v", g, w)
	}
	return nil
}
