package libav_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// corpusMedia are the sound files and films of the corpus that this package reads.
func corpusMedia(t testing.TB) []string {
	t.Helper()
	var all []string
	for _, dir := range []string{"video", "audio"} {
		entries, err := os.ReadDir(filepath.Dir(codectest.Corpus(t, map[string]string{
			"video": "video/androidx-sample.mp4", "audio": "audio/androidx-sample.wav"}[dir])))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			switch filepath.Ext(e.Name()) {
			case ".srt", ".ssa", ".vtt", "":
			default:
				all = append(all, dir+"/"+e.Name())
			}
		}
	}
	return all
}

// report inspects the file at path.
func report(t testing.TB, path string) codec.Report {
	t.Helper()
	o := pictureOf(t, path, codec.Inspect{})
	if o.Type != "application/json" || filepath.Ext(o.Name) != ".json" {
		t.Errorf("the output is %s, %s", o.Name, o.Type)
	}
	var r codec.Report
	if err := json.Unmarshal(o.Data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func number64(text string) float64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return n
}

// TestAReportSaysWhatFFprobeSays compares the two over the corpus.
func TestAReportSaysWhatFFprobeSays(t *testing.T) {
	t.Parallel()
	for _, file := range corpusMedia(t) {
		path := codectest.Corpus(t, file)
		var want struct {
			Format struct {
				Duration, Size string
				BitRate        string `json:"bit_rate"`
			}
			Chapters []struct{ Tags map[string]string }
			Streams  []struct {
				Codec      string `json:"codec_name"`
				Type       string `json:"codec_type"`
				Width      int
				Height     int
				SampleRate string `json:"sample_rate"`
				Channels   int
				Layout     string                   `json:"channel_layout"`
				PixFmt     string                   `json:"pix_fmt"`
				Transfer   string                   `json:"color_transfer"`
				SideData   []struct{ Rotation int } `json:"side_data_list"`
			}
		}
		if err := json.Unmarshal(printed(t, "ffprobe", "-v", "error", "-of", "json", "-show_format",
			"-show_streams", "-show_chapters", path), &want); err != nil {
			t.Fatal(err)
		}
		r := report(t, path)
		if strconv.FormatInt(r.SizeBytes, 10) != want.Format.Size || r.Filename != filepath.Base(path) {
			t.Errorf("%s: %s of %d bytes", file, r.Filename, r.SizeBytes)
		}
		// Two headers say days where there are seconds.
		if d := number64(want.Format.Duration); d < 1e5 && math.Abs(r.Duration-d) > 0.001 ||
			d > 1e5 && r.Duration != 0 {
			t.Errorf("%s lasts %v, want %s", file, r.Duration, want.Format.Duration)
		}
		if math.Abs(float64(r.BitrateKbps)-number64(want.Format.BitRate)/1000) > 1 {
			t.Errorf("%s has %d kbit/s, want %s", file, r.BitrateKbps, want.Format.BitRate)
		}
		if len(r.Chapters) != len(want.Chapters) || len(r.Streams) != len(want.Streams) {
			t.Errorf("%s: %d chapters and %d streams, want %d and %d", file, len(r.Chapters),
				len(r.Streams), len(want.Chapters), len(want.Streams))
			continue
		}
		for i, c := range want.Chapters {
			if c.Tags["title"] != r.Chapters[i].Title {
				t.Errorf("%s: chapter %+v, want %+v", file, r.Chapters[i], c)
			}
		}
		for i, w := range want.Streams {
			got := r.Streams[i]
			if w.Type == "subtitle" {
				w.Width, w.Height = 0, 0 // of a canvas
			}
			if got.Codec != w.Codec || got.Width != w.Width || got.Height != w.Height ||
				got.Channels != w.Channels || float64(got.SampleRate) != number64(w.SampleRate) ||
				got.PixelFormat != w.PixFmt || got.ColourTransfer != w.Transfer {
				t.Errorf("%s: stream %+v, want %+v", file, got, w)
			}
			rotation := 0
			for _, d := range w.SideData {
				rotation += d.Rotation
			}
			if (rotation+got.Rotation)%360 != 0 { // FFmpeg counts the other way
				t.Errorf("%s: rotation %d, want %d", file, got.Rotation, rotation)
			}
		}
	}
}

func TestAReportOfAFilmForPeople(t *testing.T) {
	t.Parallel()
	r := report(t, codectest.Corpus(t, "video/androidx-dolbyVision-hdr.MOV"))
	v := r.Streams[0]
	if r.MimeType != "video/quicktime" || r.Kind != codec.Video || r.Format != "mov" ||
		r.Width != 720 || r.Height != 1280 || v.Rotation != 90 || v.FrameRate != 30 ||
		v.Profile != "Main 10" || v.ColourPrimaries != "bt2020" {
		t.Errorf("report = %+v", r)
	}
	if place := r.Tags["com.apple.quicktime.location.ISO6709"]; !strings.HasPrefix(place, "+51.53") {
		t.Errorf("tags = %v", r.Tags)
	}
	r = report(t, codectest.Corpus(t, "video/mediabunny-sar_2x1.mp4"))
	if got := r.Streams[0].PixelAspect; got != "2:1" {
		t.Errorf("pixel aspect = %q", got)
	}
	r = report(t, codectest.Corpus(t, "audio/mutagen-has-tags.m4a"))
	if r.MimeType != "audio/mp4" || r.Kind != codec.Audio || r.Format != "m4a" ||
		r.Tags["artist"] != "Test Artist" || !r.Streams[1].Cover || r.Streams[0].Language != "eng" {
		t.Errorf("report = %+v", r)
	}
	r = report(t, codectest.Corpus(t, "audio/androidx-bear.opus"))
	if r.Tags["encoder"] != "Lavf54.20.4" { // Ogg keeps tags with the stream
		t.Errorf("tags = %v", r.Tags)
	}
}
