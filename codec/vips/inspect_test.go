package vips_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
)

func probe(t *testing.T, in input) codec.Media {
	t.Helper()
	m, _, err := vips.New().Probe(t.Context(), &codec.Work{In: []codec.Input{in}, Policy: trusting})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func inspect(t *testing.T, in input) codec.Report {
	t.Helper()
	out := mustConvert(t, in, codec.Inspect{})
	if out.spec.Type != "application/json" || out.result.Media.Type != out.spec.Type {
		t.Errorf("the output is %+v, %+v", out.spec, out.result.Media)
	}
	var r codec.Report
	if err := json.Unmarshal(out.data, &r); err != nil {
		t.Fatalf("%v in %s", err, out.data)
	}
	return r
}

func TestInspectTellsWhatTheHeaderSays(t *testing.T) {
	for file, want := range map[string]codec.Report{
		"govips-jpg-24bit-icc-adobe-rgb.jpg": {Format: "jpg", Width: 1900, Height: 1263,
			Image: &codec.ImageReport{ColourSpace: "srgb", Profile: "Adobe RGB (1998)", Depth: 8, Channels: 3,
				Orientation: 1}},
		"sharp-Landscape_6.jpg": {Format: "jpg", Width: 600, Height: 450,
			Image: &codec.ImageReport{ColourSpace: "srgb", Profile: "Generic RGB Profile", Depth: 8, Channels: 3,
				Orientation: 6}},
		"sharp-Flag_of_the_Netherlands-16bit.png": {Format: "png", Width: 900, Height: 600,
			Image: &codec.ImageReport{ColourSpace: "srgb", Depth: 16, Channels: 3}},
		"sharp-fogra-0-100-100-0.tif": {Format: "tiff", Width: 1000, Height: 1000,
			Image: &codec.ImageReport{ColourSpace: "cmyk", Profile: "Coated FOGRA39 (ISO 12647-2:2004)",
				Depth: 8, Channels: 4, Orientation: 1}},
		"govips-jpg-8bit-grey-icc-dot-gain.jpg": {Format: "jpg", Width: 715, Height: 483,
			Image: &codec.ImageReport{ColourSpace: "grey", Profile: "Dot Gain 20%", Depth: 8, Channels: 1,
				Orientation: 1}},
		"sharp-animated-loop-3.gif": {Format: "gif", Width: 370, Height: 285, Duration: 42,
			Image: &codec.ImageReport{ColourSpace: "srgb", Depth: 8, Channels: 4, Alpha: true, Frames: 10, Loop: 3}},
		"sharp-G31D_MULTI.TIF": {Format: "tiff", Width: 2464, Height: 3248,
			Image: &codec.ImageReport{ColourSpace: "grey", Depth: 8, Channels: 1, Orientation: 1, Pages: 2}},
		"pillow-iss634.apng": {Format: "apng", Width: 245, Height: 245, Duration: 2.73,
			Image: &codec.ImageReport{ColourSpace: "srgb", Depth: 8, Channels: 4, Alpha: true, Frames: 41}},
		"pillow-star.avifs": {Format: "avif", Width: 159, Height: 159, Duration: 0.2,
			Image: &codec.ImageReport{ColourSpace: "srgb", Depth: 8, Channels: 4, Alpha: true, Frames: 5,
				Loop: 0}},
		"govips-svg.svg": {Format: "svg", Width: 159, Height: 202,
			Image: &codec.ImageReport{ColourSpace: "srgb", Depth: 8, Channels: 4, Alpha: true}},
	} {
		t.Run(file, func(t *testing.T) {
			in := corpus(t, "image/"+file)
			got := inspect(t, in)
			want.Filename, want.SizeBytes, want.MimeType, want.Kind = file, in.Size(), in.mediaType, codec.Image
			if got.Cost.CPU <= 0 || got.Cost.Memory <= 0 || got.Cost.Threads != 1 {
				t.Errorf("cost %+v", got.Cost)
			}
			got.Cost, got.Image.EXIF = codec.Cost{}, nil
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("report (-want +got):\n%s", d)
			}
		})
	}
}

func TestInspectCountsThePagesOfADocument(t *testing.T) {
	got := inspect(t, newInput("three.pdf", "application/pdf", pdf(3)))
	want := codec.ImageReport{ColourSpace: "srgb", Depth: 8, Channels: 4, Alpha: true, Pages: 3}
	if d := cmp.Diff(&want, got.Image); d != "" || got.Kind != codec.Document || got.Format != "pdf" {
		t.Errorf("%+v (-want +got):\n%s", got, d)
	}
}

func TestInspectReadsEXIF(t *testing.T) {
	got := inspect(t, corpus(t, "image/exifsamples-gps-DSCN0010.jpg")).Image.EXIF
	for field, want := range map[string]string{
		"Make": "NIKON", "Model": "COOLPIX P6000", "Orientation": "1", "FNumber": "59/10",
		"ExposureTime": "4/300", "DateTimeOriginal": "2008:10:22 16:28:39", "GPSLatitudeRef": "N",
		"GPSLatitude": "43/1 28/1 281400000/100000000",
	} {
		if got[field] != want {
			t.Errorf("%s is %q, want %q", field, got[field], want)
		}
	}
	if _, there := got["MakerNote"]; there {
		t.Error("the maker's note is there")
	}
	adobe := inspect(t, corpus(t, "image/govips-jpg-24bit-icc-adobe-rgb.jpg")).Image.EXIF
	if got := adobe["Software"]; got != "Adobe Photoshop CS6 (Macintosh)" {
		t.Errorf("Software is %q", got)
	}
}
