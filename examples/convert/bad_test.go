package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// photo writes a JPEG picture and returns its bytes.
func photo(t *testing.T, path string, width, height int) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{uint8(x * y), uint8(x), uint8(y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
	return b.String()
}

// sound is a WAV file of a tenth of a second of silence.
var sound = "RIFF\xc4\x22\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00" +
	"\x88\x58\x01\x00\x02\x00\x10\x00data\xa0\x22\x00\x00" + strings.Repeat("\x00", 8864)

// hollow is an MP4 film without streams: a type and an index with a header.
var hollow = "\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom" + "\x00\x00\x00\x74moov" +
	"\x00\x00\x00\x6cmvhd" + strings.Repeat("\x00", 12) + "\x00\x00\x03\xe8\x00\x00\x03\xe8" +
	"\x00\x01\x00\x00\x01\x00" + strings.Repeat("\x00", 70) + "\x00\x00\x00\x02"

func TestBadFilesFailWithAReasonAndTheOthersAreDone(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	good := picture(t, filepath.Join(dir, "good.png"), 64, 48)
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := photo(t, filepath.Join(dir, "whole.jpg"), 640, 480)
	inputs := map[string]string{
		write(t, filepath.Join(dir, "cut.jpg"), cut[:len(cut)/2]):                         "cut.jpg",
		write(t, filepath.Join(dir, "hollow.mp4"), hollow):                                "hollow.mp4",
		write(t, filepath.Join(dir, "empty.png"), ""):                                     "empty.png is empty",
		write(t, filepath.Join(dir, "truncated.png"), string(whole[:len(whole)/2])):       "truncated.png",
		write(t, filepath.Join(dir, "notes.mp4"), strings.Repeat("just some notes\n", 9)): "plain text",
		filepath.Join(dir, "missing.png"):                                                 "there is no such file",
		dir:                                                                               "is not a file",
		write(t, filepath.Join(dir, "good.txt"), "hello"):                                 "the same name, good.webp",
	}
	args := []string{"-to", "webp", "-out", out, good}
	for path := range inputs {
		args = append(args, path)
	}
	status, rows := runJSON(t, args...)
	if status != 1 {
		t.Errorf("status %d, want 1", status)
	}
	for path, says := range inputs {
		r := rows[path]
		if r.Status != "failed" || r.Error == nil || !strings.Contains(*r.Error, says) || len(r.Outputs) > 0 {
			t.Errorf("%s: %+v, want failed with %q", path, r, says)
		}
	}
	r := rows[good]
	if r.Status != "completed" || r.Error != nil || len(r.Outputs) != 1 || r.Seconds <= 0 {
		t.Fatalf("%s: %+v", good, r)
	}
	o := r.Outputs[0]
	if o.Path != filepath.Join(out, "good.webp") || o.MediaType != "image/webp" || o.Width != 64 || o.Height != 48 {
		t.Errorf("output: %+v", o)
	}
	if info, err := os.Stat(o.Path); err != nil || info.Size() != o.Bytes {
		t.Errorf("output: %v, %v, want %d bytes", info, err, o.Bytes)
	}
	if left := names(t, out); !slices.Equal(left, []string{"good.webp"}) {
		t.Errorf("in the output folder: %v", left)
	}
}

func TestContentThatTheFormatCannotHoldIsRefused(t *testing.T) {
	dir := t.TempDir()
	in := write(t, filepath.Join(dir, "silence.wav"), sound)
	still := picture(t, filepath.Join(dir, "still.png"), 16, 16)
	hollow := write(t, filepath.Join(dir, "hollow.mp4"), hollow)
	for _, tt := range []struct{ in, format, says string }{
		{in, "png", "silence.wav seems to be a WAV recording; convert to png takes pictures (jpg, png,"},
		{still, "mp3", "still.png seems to be a PNG image; convert to mp3 takes pictures (avif, gif), video (mp4,"},
		{hollow, "webm", "hollow.mp4 holds neither video nor sound"},
	} {
		out := t.TempDir()
		status, rows := runJSON(t, "-to", tt.format, "-out", out, tt.in)
		r := rows[tt.in]
		if status != 1 || r.Status != "failed" || r.Error == nil || !strings.Contains(*r.Error, tt.says) {
			t.Errorf("status %d, %+v, want 1 and %q", status, r, tt.says)
		}
		if r.Error != nil && len(*r.Error) > 200 {
			t.Errorf("nobody reads %d characters: %s", len(*r.Error), *r.Error)
		}
		if left := names(t, out); len(left) > 0 {
			t.Errorf("in the output folder: %v", left)
		}
	}
	if status, rows := runJSON(t, "-to", "avif", "-out", dir, still); status != 0 {
		t.Fatalf("%+v", rows)
	}
	for op, path := range map[string]string{"vectorize": filepath.Join(dir, "still.avif"),
		"image-to-pdf": filepath.Join(dir, "still.avif")} {
		_, rows := runJSON(t, "-op", op, "-out", t.TempDir(), path)
		r := rows[path]
		if r.Error == nil || !strings.HasSuffix(*r.Error, "; convert it to png first") {
			t.Errorf("%s: %+v", op, r)
		}
	}
	if status, rows := runJSON(t, "-to", "flac", "-out", t.TempDir(), in); status != 0 {
		t.Errorf("the sound itself: %+v", rows)
	}
}
