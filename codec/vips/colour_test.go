package vips_test

import (
	"bytes"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

func TestColoursBecomeSRGB(t *testing.T) {
	tests := []struct {
		file string
		want color.Color // as littlecms gives it, by vips icc_transform
	}{
		{"sharp-fogra-0-100-100-0.tif", color.NRGBA{227, 6, 19, 255}}, // the well-known value of Fogra39
	}
	for _, tt := range tests {
		for _, format := range []string{"png", "jpg", "webp", "avif", "tiff", "jxl"} {
			op := codec.Convert{Format: format, Width: 120}
			got := decode(t, mustConvert(t, corpus(t, "image/"+tt.file), op))
			if d := near(got, 12, 12, tt.want, 12); d != "" {
				t.Errorf("%s as %s: %s", tt.file, format, d)
			}
		}
	}
}

// TestColoursAreThoseOfLittleCMS compares with the vips command, which this
// package does not use.
func TestColoursAreThoseOfLittleCMS(t *testing.T) {
	codectest.NeedCommands(t, "vips")
	for _, file := range []string{"govips-jpg-24bit-icc-adobe-rgb.jpg", "sharp-p3.png",
		"sharp-Channel_digital_image_CMYK_color.jpg", "govips-jpg-8bit-grey-icc-dot-gain.jpg",
		"sharp-cielab-dagams.tiff", "sharp-Channel_digital_image_CMYK_color_no_profile.jpg"} {
		t.Run(file, func(t *testing.T) {
			in, path := corpus(t, "image/"+file), filepath.Join(corpusDir, "image", file)
			if file == "govips-jpg-24bit-icc-adobe-rgb.jpg" { // a part of it has all its colours
				whole := path
				path = filepath.Join(t.TempDir(), file)
				runVips(t, "crop", whole, path+"[Q=100]", "600", "400", "400", "300")
				in = newInput(file, "image/jpeg", readFile(t, path))
			}
			want := filepath.Join(t.TempDir(), "want.png")
			if file == "sharp-cielab-dagams.tiff" {
				runVips(t, "colourspace", path, want+"[strip]", "srgb")
			} else {
				runVips(t, "icc_transform", path, want+"[strip]", "srgb", "--embedded",
					"--input-profile", "cmyk", "--black-point-compensation")
			}
			data := readFile(t, want)
			reference := &output{data: data, spec: codec.OutSpec{Type: "image/png"}}
			got := mustConvert(t, in, codec.Convert{Format: "png"})
			if d := differ(decode(t, got), decode(t, reference), 1); d != "" {
				t.Error(d)
			}
			if bytes.Contains(got.data, []byte("iCCP")) {
				t.Error("the profile is still there")
			}
		})
	}
}

// TestCompressedCMYKLooksTheSame compares what is shown of CMYK before and after a
// compression: with a profile, which stays, and without one.
func TestCompressedCMYKLooksTheSame(t *testing.T) {
	for file, space := range map[string]string{
		"sharp-Channel_digital_image_CMYK_color.jpg":            "cmyk",
		"sharp-Channel_digital_image_CMYK_color_no_profile.jpg": "srgb",
	} {
		in := corpus(t, "image/"+file)
		out := mustConvert(t, in, codec.Compress{Quality: 60})
		if int64(len(out.data)) >= in.Size() || out.result.Streams[0].Action != codec.Encoded {
			t.Fatalf("%s: %d bytes became %d: %+v", file, in.Size(), len(out.data), out.result)
		}
		had := inspect(t, in).Image
		got := inspect(t, newInput(file, "image/jpeg", out.data)).Image
		if got.ColourSpace != space || space == "cmyk" && got.Profile != had.Profile {
			t.Errorf("%s: %s with the profile %q, want %s", file, got.ColourSpace, got.Profile, space)
		}
		before := mustConvert(t, in, codec.Convert{Format: "png"}) // as LittleCMS makes it
		after := mustConvert(t, newInput(file, "image/jpeg", out.data), codec.Convert{Format: "png"})
		if d := differ(decode(t, after), decode(t, before), 9); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

func runVips(t *testing.T, args ...string) {
	t.Helper()
	if _, err := command.Said("vips", args...); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestKeepProfileKeepsSamplesAndProfile(t *testing.T) {
	in := corpus(t, "image/govips-jpg-8bit-grey-icc-dot-gain.jpg")
	kept := mustConvert(t, in, codec.Convert{Format: "png", KeepProfile: true})
	raw := &output{data: in2bytes(in), spec: codec.OutSpec{Type: "image/jpeg"}}
	if d := differ(decode(t, kept), decode(t, raw), 1.5); d != "" {
		t.Errorf("the samples changed: %s", d)
	}
	if !bytes.Contains(kept.data, []byte("iCCP")) {
		t.Error("the profile is lost")
	}
	turned := mustConvert(t, in, codec.Convert{Format: "png"})
	if d := differ(decode(t, turned), decode(t, raw), 1.5); d == "" {
		t.Error("without KeepProfile the samples are the same")
	}
}

func TestKeepProfileIsNotedWhereItCannotBe(t *testing.T) {
	for file, format := range map[string]string{
		"sharp-Channel_digital_image_CMYK_color.jpg": "png",
		"sharp-p3.png": "gif",
	} {
		out := mustConvert(t, corpus(t, "image/"+file), codec.Convert{Format: format, KeepProfile: true})
		if len(out.result.Notes) == 0 {
			t.Errorf("%s as %s: no note", file, format)
		}
	}
	out := mustConvert(t, corpus(t, "image/sharp-Channel_digital_image_CMYK_color.jpg"),
		codec.Convert{Format: "jpg", KeepProfile: true})
	if !bytes.Contains(out.data, []byte("ICC_PROFILE")) || len(out.result.Notes) != 0 {
		t.Errorf("CMYK to JPEG: the profile is lost, or noted: %q", out.result.Notes)
	}
}
