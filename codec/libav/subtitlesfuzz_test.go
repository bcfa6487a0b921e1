package libav_test

import (
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
)

// FuzzSubtitles converts any bytes as each kind of subtitles. What comes out can be read,
// and may have cues without a word.
func FuzzSubtitles(f *testing.F) {
	types := []string{"application/x-subrip", "text/vtt", "text/x-ssa"}
	for i := range types {
		f.Add(byte(i), []byte(english))
		f.Add(byte(i), []byte("WEBVTT\n\n00:01.000 --> 00:02.000\n<c.loud>a</c>\n"))
		f.Add(byte(i), []byte(styled))
		f.Add(byte(i), []byte("\xff\xfe1\x00\n\x00"))
	}
	f.Add(byte(2), []byte(styled[strings.Index(styled, "[V4"):])) // without its beginning
	f.Add(byte(2), []byte("[Script Info]\nDialogue:0,0:0:0A0,0:0:0A0,"))
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		in := codectest.NewInput("fuzz", types[int(which)%len(types)], data)
		o, err := convert(t.Context(), in, codec.Convert{Format: "ass"})
		if err != nil {
			if !codec.Permanent(err) {
				t.Errorf("class %s: %v", codec.ClassOf(err), err)
			}
			return
		}
		again := codectest.NewInput("again.ass", "", o.Data)
		_, err = convert(t.Context(), again, codec.Convert{Format: "vtt"})
		if err != nil && !strings.Contains(err.Error(), "there is no text") {
			t.Errorf("the output cannot be read: %v\n%q", err, o.Data)
		}
	})
}
