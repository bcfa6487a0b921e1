package libav_test

import (
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

func TestPicturesThatAnEditListHidesStayHidden(t *testing.T) {
	t.Parallel()
	const file = "video/androidx-dolbyVision-hdr.MOV" // the list cuts the last one off
	for _, format := range []string{"mov", "mkv"} {
		o := mustConvert(t, file, codec.Convert{Format: format})
		if o.Streams[0].Action != codec.Encoded {
			t.Errorf("%s: %+v", format, o.Streams[0])
		}
		if err := codectest.SameFrames(o.path, codectest.Corpus(t, file), tick); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// TestSoundWithoutGapsStaysSo: the file marks 1,105 samples at its start and 47 at
// its end as the encoder's.
func TestSoundWithoutGapsStaysSo(t *testing.T) {
	t.Parallel()
	const file = "audio/androidx-bear-vbr-xing-header.mp3"
	want := soundLength(t, codectest.Corpus(t, file))
	for format, action := range map[string]string{
		"mp3": codec.Copied, "mp4": codec.Copied, "mkv": codec.Encoded, "wav": codec.Encoded,
	} {
		o := mustConvert(t, file, codec.Convert{Format: format})
		if got := o.Streams[0].Action; got != action {
			t.Errorf("%s: the sound was %s, want %s", format, got, action)
		}
		// Readers of MP4 decode the last frame whole; AAC, which has frames of its
		// own, ends up to one later.
		frame := 1024 * time.Second / 48000
		if got := soundLength(t, o.path) - want; got < 0 || got >= 2*frame {
			t.Errorf("%s: the sound is %v longer", format, got)
		}
		if format == "mp4" {
			if err := lasts(o.path, want, time.Millisecond/10); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestASinglePictureStaysToTheEndOfItsFilm(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"mp4", "mov"} {
		o := mustConvert(t, "video/filetype-fixture.wmv.asf", codec.Convert{Format: format})
		p, err := codectest.ProbeFile(o.path)
		if err != nil {
			t.Fatal(err)
		}
		if v, _ := p.Stream("video"); v.Duration != "0.092000" {
			t.Errorf("%s: the picture stays for %s s", format, v.Duration)
		}
	}
}
