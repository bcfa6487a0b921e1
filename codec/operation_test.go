package codec_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spoolmedia/spool/codec"
)

// everything returns each operation of this package with all its fields set.
func everything() []codec.Operation {
	return []codec.Operation{
		codec.AddSubtitles{Subtitles: "a/b", Language: "pt-BR", Title: "Português", Default: true,
			Forced: true, Format: "mkv"},
		codec.Adjust{Format: "png", Quality: 1, Brightness: new(0.5), Contrast: new(2.0),
			Saturation: new(0.0), Hue: -90, Grayscale: true, Invert: true, Sharpen: true,
			Volume: new(0.0), FadeIn: 1, FadeOut: 2.5},
		codec.Archive{Format: "tgz", Filename: "all"},
		codec.BurnSubtitles{Track: 2, Language: "en", Font: codec.FontMono, FontSize: 4,
			Color: "#abcdef", Position: codec.PositionTop, Format: "mp4", Quality: 1},
		codec.Chain{Steps: codec.Steps{
			codec.Trim{Start: 1}, codec.Transform{Width: 3}, codec.Adjust{Invert: true},
			codec.Watermark{Logo: "a/b"}, codec.Convert{Format: "webp", Quality: 3},
		}},
		codec.Compress{Mode: codec.CompressTargetSize, TargetBytes: 1, StripMetadata: new(false)},
		codec.Concat{Format: "mkv", Quality: 1, Chapters: true},
		codec.ConcatAudio{Format: "m4a", BitrateKbps: 32, Gap: 0.5, Chapters: true, Channels: 2},
		codec.Convert{Format: "jpg", Quality: 1, Resize: codec.PresetWidth, Width: 2, Height: 3,
			Fit: codec.FitFill, Enlarge: true, Background: "#123456", KeepProfile: true,
			AutoOrient: new(false), Effort: 9, Page: 4},
		codec.Extract{},
		codec.ExtractAudio{Format: "ogg", BitrateKbps: 32, Channels: 1},
		codec.ExtractSubtitles{Format: "ass", Track: 2, Language: "en"},
		codec.GIF{Start: 1, Duration: 2, Width: 3, FPS: 4, Format: "webp", Quality: 5},
		codec.ImageToPDF{PageSize: codec.PageA4, Filename: "all"},
		codec.Inspect{},
		codec.PDFPreview{Page: 2, Format: "png", Width: 3, Quality: 4},
		codec.PosterFrame{Format: "png", Width: 1, Height: 2, Quality: 3, Timestamp: new(0.0)},
		codec.Renditions{BlurHash: true, Outputs: []codec.Rendition{
			{Format: "avif", Width: 1, Height: 2, Fit: codec.FitInside, Quality: 3, Suffix: "s-S_1",
				Timestamp: new(1.5)},
			{Format: "auto", Accept: "image/avif", AutoQuality: true, MinSSIM: 0.5},
		}},
		codec.Storyboard{Frames: 1, Interval: 2, Columns: 3, Width: 16, Format: "webp", Quality: 4},
		codec.AdaptiveStream{Profile: codec.ProfileCustom, SegmentDuration: 2,
			Renditions:     []codec.StreamRendition{{Height: 144, Bitrate: 50_000, AudioBitrate: 32_000}},
			PackageFormats: []string{"dash"},
			Captions:       []codec.Caption{{Label: "x", Language: "pt-BR", Kind: "captions", Content: "WEBVTT"}}},
		codec.StripMetadata{},
		codec.Thumbnail{Format: "png", Width: 1, Height: 2, Fit: codec.FitContain,
			Gravity: codec.GravityEast, Background: "#abcdef", Quality: 3, Timestamp: new(1.5), Page: 9},
		codec.Transform{Format: "png", Preset: codec.PresetHeight, Width: 1, Height: 2, Enlarge: true,
			Fit: codec.FitInside, Gravity: codec.GravityEntropy, FocusX: new(0.0), FocusY: new(1.0),
			CropLeft: 3, CropTop: 4, CropWidth: 5, CropHeight: 6, Rotate: -7.5, Flip: true, Flop: true,
			Background: "#abcdef", FrameRate: 23.976, Quality: 8},
		codec.Trim{Format: "mp4", Start: 1, Duration: 2, Mode: codec.TrimFast, Quality: 3},
		codec.Vectorize{Mono: true, Detail: 1},
		codec.Watermark{Text: "né", Position: codec.PositionCenter, Margin: new(0), Opacity: new(0.0),
			Scale: 0.5, Font: codec.FontBold, Color: "#abcdef", Rotate: 45, Tile: true,
			Format: "png", Quality: 1},
		codec.Waveform{Points: 10, SplitChannels: true, Width: 16, Height: 16, Color: "#abcdef",
			Background: "#123456"},
	}
}

func TestEveryOperationComesBackFromItsRecord(t *testing.T) {
	registry := codec.NewRegistry()
	var names []string
	for _, op := range everything() {
		if err := op.Validate(); err != nil {
			t.Errorf("%s: %v", op.Name(), err)
		}
		name, params, err := codec.Encode(op)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
		got, err := registry.Decode(name, params)
		if err != nil || !reflect.DeepEqual(got, op) {
			t.Errorf("Decode(%s, %s) = %+v, %v, want %+v", name, params, got, err, op)
		}
	}
	if !slices.Equal(names, registry.Names()) {
		t.Errorf("tested %v, known are %v", names, registry.Names())
	}
}

// TestDefaultsChangeNothing holds each operation to its documented defaults: what
// they say is valid, and has the same defaults.
func TestDefaultsChangeNothing(t *testing.T) {
	for _, op := range everything() {
		for _, op := range []codec.Operation{op, reflect.Zero(reflect.TypeOf(op)).Interface().(codec.Operation)} {
			once, ok := withDefaults(op)
			if !ok {
				continue
			}
			if twice, _ := withDefaults(once); !reflect.DeepEqual(once, twice) {
				t.Errorf("%s: %+v, and then %+v", op.Name(), once, twice)
			}
			if err, was := once.Validate(), op.Validate(); err != nil && was == nil {
				t.Errorf("%s: the defaults of a valid operation: %v", op.Name(), err)
			}
			if codec.Target(once) != codec.Target(op) {
				t.Errorf("%s makes %q with defaults", op.Name(), codec.Target(once))
			}
		}
	}
}

func withDefaults(op codec.Operation) (codec.Operation, bool) {
	m := reflect.ValueOf(op).MethodByName("WithDefaults")
	if !m.IsValid() {
		return op, false
	}
	return m.Call(nil)[0].Interface().(codec.Operation), true
}

func TestOperationsNameTheFieldsAtFault(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		op     codec.Operation
		fields string // that are at fault, in order
	}{
		{codec.AddSubtitles{}, "subtitles"},
		{codec.AddSubtitles{Subtitles: "k", Language: "e", Title: "a\nb", Format: "srt"},
			"language title format"},
		{codec.BurnSubtitles{}, ""},
		{codec.BurnSubtitles{Subtitles: "k", Track: 1}, "subtitles"},
		{codec.BurnSubtitles{Track: -1, Language: "english!", Font: "x", FontSize: 3, Color: "red",
			Position: "left", Format: "mp3", Quality: 101},
			"track language font fontSize color position format quality"},
		{codec.ExtractSubtitles{Format: "mp4", Track: 1001, Language: "?"}, "format track language"},
		{codec.Adjust{}, ""},
		{codec.Adjust{Format: "pdf", Quality: 101, Brightness: new(-1.0), Contrast: new(10.1),
			Saturation: &nan, Hue: 361, Volume: &inf, FadeIn: -1, FadeOut: nan},
			"format quality brightness contrast saturation hue volume fadeIn fadeOut"},
		{codec.Adjust{Normalize: true, Volume: new(1.0)}, "volume"},
		{codec.Chain{}, "steps"},
		{codec.Chain{Steps: codec.Steps{codec.Convert{Format: "png"}, codec.Inspect{}, nil}},
			"steps[0].op steps[1].op steps[2].op"},
		{codec.Chain{Steps: codec.Steps{codec.Transform{Format: "png", Width: -1},
			codec.Thumbnail{Quality: 101}}}, "steps[0].format steps[0].width steps[1].quality"},
		{codec.Compress{}, ""},
		{codec.Compress{TargetBytes: 1000}, ""},
		{codec.Compress{Mode: codec.CompressTargetSize}, "targetBytes"},
		{codec.Compress{Mode: codec.CompressQuality, TargetBytes: 1}, "targetBytes"},
		{codec.Compress{Mode: "best", TargetBytes: -1, Quality: 101}, "mode quality targetBytes"},
		{codec.Compress{TargetBytes: 1, Quality: 1}, "quality"},
		{codec.Compress{Lossless: true, Quality: 1}, "lossless"},
		{codec.Compress{AutoQuality: true, Quality: 3}, "quality"},
		{codec.Compress{Lossless: true, Effort: 9}, ""},
		{codec.Compress{Effort: 10}, "effort"},
		{codec.Compress{AutoQuality: true, Lossless: true}, "autoQuality"},
		{codec.Compress{AutoQuality: true, TargetBytes: 3}, "autoQuality"},
		{codec.Concat{Format: "mp3", Quality: -1}, "format quality"},
		{codec.ConcatAudio{Format: "mp4", BitrateKbps: 31, Gap: 61}, "format bitrateKbps gap"},
		{codec.Convert{Format: "png", Resize: codec.PresetWidth}, "width"},
		{codec.Convert{Format: "auto", Accept: "text/html;"}, ""},
		{codec.Convert{Format: "auto", Accept: strings.Repeat("image/png,", 500)}, "accept"},
		{codec.Convert{Format: "png", Accept: "image/png"}, "accept"},
		{codec.Convert{Format: "jpg", AutoQuality: true, MinSSIM: 0.49}, "minSSIM"},
		{codec.Convert{Format: "jpg", AutoQuality: true, Quality: 80}, "quality"},
		{codec.Convert{Format: "jpg", MinSSIM: 0.9}, "minSSIM"},
		{codec.Thumbnail{Format: "auto", Accept: "image/webp", AutoQuality: true, MinSSIM: 0.9}, ""},
		{codec.Thumbnail{Accept: "image/webp", Quality: 3, AutoQuality: true}, "accept quality"},
		{codec.Thumbnail{Format: "gif", MinSSIM: 0.9}, "format minSSIM"},
		{codec.Transform{Format: "auto", Accept: "image/webp", AutoQuality: true}, ""},
		{codec.Transform{Accept: "image/webp", Quality: 3, AutoQuality: true}, "accept quality"},
		{codec.Transform{Format: "mp3", Accept: "image/webp", MinSSIM: 0.9}, "accept format minSSIM"},
		{codec.Chain{Steps: codec.Steps{codec.Transform{AutoQuality: true}, codec.Convert{Format: "jpg"}}},
			"steps[0].format"},
		{codec.Renditions{Outputs: []codec.Rendition{{Format: "jpg", Width: 3, Accept: "image/webp"},
			{Format: "auto", Width: 4}, {Format: "auto", Width: 3}, {Format: "png", Width: 4}}},
			"outputs[0].accept outputs[2].suffix outputs[3].suffix"},
		{codec.Convert{Format: "tiff", Pages: "all"}, ""},
		{codec.Convert{Format: "tiff", Pages: "2-2"}, ""},
		{codec.Convert{Format: "tiff", Pages: "3-2"}, "pages"},
		{codec.Convert{Format: "tiff", Pages: "0-2"}, "pages"},
		{codec.Convert{Format: "tiff", Pages: "odd"}, "pages"},
		{codec.Convert{Format: "tiff", Pages: "all", Page: 1}, "pages"},
		{codec.Convert{Format: "tiff", Page: -1}, "page"},
		{codec.Thumbnail{Page: 1_000_001}, "page"},
		{codec.Convert{Format: "png", Effort: 10}, "effort"},
		{codec.Convert{Format: "png", Effort: -1}, "effort"},
		{codec.Convert{Format: "png", Depth: 10}, "depth"},
		{codec.Convert{Format: "avif", Depth: 16}, "depth"},
		{codec.Convert{Format: "jpg", Depth: 8}, "depth"},
		{codec.Convert{Format: codec.FormatAuto, Depth: 8}, "depth"},
		{codec.Convert{Format: "png", Resize: codec.PresetHeight, Width: 3}, "height"},
		{codec.Convert{Format: "png", Resize: codec.PresetAvatar}, "resize"},
		{codec.GIF{Start: -1, Duration: 301, Width: 4097, FPS: 51, Format: "png", Quality: 101},
			"start duration width fps format quality"},
		{codec.PDFPreview{Page: -1, Format: "gif", Width: -1, Quality: 101}, "page format width quality"},
		{codec.PosterFrame{Format: "JPEG"}, ""},
		{codec.PosterFrame{Format: "tiff", Width: -1, Height: 65536, Quality: -1, Timestamp: new(-0.1)},
			"format width height quality timestamp"},
		{codec.Renditions{}, "outputs"},
		{codec.Renditions{Outputs: []codec.Rendition{{Format: "jpg", MinSSIM: 1}}}, "outputs[0].minSSIM outputs[0].minSSIM"},
		{codec.Renditions{Outputs: []codec.Rendition{{Format: "webp", Width: 3}, {Format: "webp", Width: 3}}},
			"outputs[1].suffix"},
		{codec.Renditions{Outputs: []codec.Rendition{
			{Format: "x", Width: -1, Height: 65536, Fit: "y", Quality: 101, Suffix: "../z"}}},
			"outputs[0].format outputs[0].width outputs[0].height outputs[0].fit " +
				"outputs[0].quality outputs[0].suffix"},
		{codec.Storyboard{Frames: 401, Interval: -1, Columns: 101, Width: 15, Format: "gif", Quality: 101},
			"frames interval columns width format quality"},
		{codec.AdaptiveStream{}, ""},
		{codec.AdaptiveStream{Profile: codec.ProfileCustom}, "renditions"},
		{codec.AdaptiveStream{SubtitleTracks: []string{"2", "en", "?"}}, "subtitleTracks"},
		{codec.AdaptiveStream{Clip: codec.Clip{Start: 5, End: 5.1, Mode: codec.TrimFast}}, ""},
		{codec.AdaptiveStream{Clip: codec.Clip{Start: 5, Duration: 0.1}}, ""},
		{codec.AdaptiveStream{Clip: codec.Clip{Start: 5, End: 7, Duration: 2}}, "clip.duration"},
		{codec.AdaptiveStream{Clip: codec.Clip{Start: 5, End: 5}}, "clip.end"},
		{codec.AdaptiveStream{Clip: codec.Clip{Start: -1, Duration: 0.05, Mode: "quick"}},
			"clip.start clip.duration clip.mode"},
		{codec.AdaptiveStream{Clip: codec.Clip{Start: math.NaN(), End: math.Inf(1)}},
			"clip.start clip.end"},
		{codec.AdaptiveStream{Profile: codec.ProfileHD, Renditions: []codec.StreamRendition{{Height: 360}}},
			"renditions"},
		{codec.AdaptiveStream{Profile: "huge", SegmentDuration: 1, PackageFormats: []string{"", "rtmp"}},
			"profile segmentDuration packageFormats packageFormats"},
		{codec.AdaptiveStream{
			Renditions: []codec.StreamRendition{{Height: 360}, {Height: 143, Bitrate: 1, AudioBitrate: 1}, {Height: 360}},
			Captions:   []codec.Caption{{Label: "a\"b", Language: "e", Kind: "signs", Content: "1"}}},
			"renditions[1].height renditions[1].bitrate renditions[1].audioBitrate renditions[2].height " +
				"captions[0].label captions[0].language captions[0].kind captions[0].content"},
		{codec.Thumbnail{}, ""},
		{codec.Thumbnail{Format: "gif", Width: -1, Height: -1, Fit: "x", Gravity: "y", Background: "red",
			Quality: 101, Timestamp: &nan}, "format width height fit gravity background quality timestamp"},
		{codec.Transform{Preset: codec.PresetAvatar, Gravity: codec.GravityNorth}, ""},
		{codec.Transform{Format: "mp3", Preset: "huge", Width: -1, Height: -1, Fit: "x", Gravity: "y",
			FocusX: new(1.1), FocusY: &nan, CropLeft: -1, CropTop: -1, CropWidth: -1, CropHeight: 65536,
			Rotate: 361, Background: "red", FrameRate: 0.5, Quality: 101},
			"format width height fit gravity preset focusX focusY cropLeft cropTop cropWidth " +
				"cropHeight rotate background frameRate quality"},
		{codec.Watermark{Text: "x", FontFile: "k"}, ""},
		{codec.Watermark{Text: "x", FontFile: "k", Font: codec.FontBold}, "fontFile"},
		{codec.Watermark{Logo: "x", FontFile: "k"}, "fontFile"},
		{codec.Watermark{}, "text"},
		{codec.Watermark{Text: "a", Logo: "b"}, "logo"},
		{codec.Watermark{Text: strings.Repeat("é", 1001)}, "text"},
		{codec.Watermark{Text: "\xff", Position: "x", Margin: new(-1), Opacity: new(1.1),
			WatermarkWidth: -1, Scale: 1.1, FontSize: 3, Font: "x", Color: "red", Rotate: nan,
			Format: "mp3", Quality: 101}, "text position margin opacity watermarkWidth scale fontSize " +
			"scale font color rotate format quality"},
		{codec.Watermark{Text: "a", FontSize: 9, Scale: 0.5}, "fontSize"},
		{codec.Waveform{Points: 9, Width: 15, Height: 4097, Color: "red", Background: "blue"},
			"points width height color background"},
		{codec.Chain{Steps: codec.Steps{codec.PosterFrame{}, codec.PosterFrame{}}}, "steps[0].op"},
	} {
		if got := faulty(t, test.op); got != test.fields {
			t.Errorf("%#v:\nfaults in %q, want %q", test.op, got, test.fields)
		}
	}
}

func TestPresetsStandForSizes(t *testing.T) {
	for _, test := range []struct {
		op   codec.Transform
		want codec.Transform
	}{
		{codec.Transform{Preset: codec.PresetOriginal, Width: 3},
			codec.Transform{Fit: codec.FitCover, Gravity: codec.GravityCenter}},
		{codec.Transform{Preset: codec.PresetSquare},
			codec.Transform{Width: 1080, Height: 1080, Fit: codec.FitCover, Gravity: codec.GravityCenter}},
		{codec.Transform{Preset: codec.PresetSquare, Width: 300, Fit: codec.FitContain},
			codec.Transform{Width: 300, Height: 300, Fit: codec.FitContain, Gravity: codec.GravityCenter}},
		{codec.Transform{Preset: codec.PresetWidth, Width: 300, Height: 200},
			codec.Transform{Width: 300, Fit: codec.FitCover, Gravity: codec.GravityCenter}},
		{codec.Transform{Preset: codec.PresetHeight, Width: 300, Height: 200},
			codec.Transform{Height: 200, Fit: codec.FitCover, Gravity: codec.GravityCenter}},
		{codec.Transform{Preset: codec.PresetAvatar},
			codec.Transform{Width: 512, Height: 512, Fit: codec.FitCover, Gravity: codec.GravityAttention}},
		{codec.Transform{Preset: codec.PresetSocialPreview, Gravity: codec.GravityNorth, Quality: 3},
			codec.Transform{Width: 1200, Height: 630, Fit: codec.FitCover, Gravity: codec.GravityNorth, Quality: 3}},
		{codec.Transform{Preset: codec.PresetEcommerce},
			codec.Transform{Width: 2048, Height: 2048, Fit: codec.FitContain, Gravity: codec.GravityCenter}},
	} {
		if test.want.Quality == 0 {
			test.want.Quality = 86
		}
		if got := test.op.WithDefaults(); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v: %+v, want %+v", test.op, got, test.want)
		}
	}
	got := codec.Convert{Format: "png", Resize: codec.PresetWebsite}.WithDefaults()
	if got.Width != 1920 || got.Height != 1920 || got.Fit != codec.FitInside || got.Resize != "" {
		t.Errorf("website: %+v", got)
	}
}

func TestRenditionsAreNamedAfterTheirSize(t *testing.T) {
	for want, o := range map[string]codec.Rendition{
		"a.b-640.webp":      {Format: "webp", Width: 640, Height: 3},
		"a.b-x480.jpg":      {Format: "JPEG", Height: 480},
		"a.b-original.avif": {Format: "avif"},
		"a.b-small.mp4":     {Format: "mp4", Width: 640, Suffix: "small"},
	} {
		if got := o.OutputName("dir/a.b.png"); got != want {
			t.Errorf("%+v: %q, want %q", o, got, want)
		}
	}
}

func TestChainsSayWhatIsWrongInWhichStep(t *testing.T) {
	for params, field := range map[string]string{
		`{"steps": 3}`:                                      "steps",
		`{"steps": [{"width": 3}]}`:                         "steps[0].op",
		`{"steps": [{"op": 3}]}`:                            "steps[0].op",
		`{"steps": [{"op": "trim"}, {"op": "inspect"}]}`:    "steps[1].op",
		`{"steps": [{"op": "trim", "starts": 1}]}`:          "steps[0].starts",
		`{"steps": [{"op": "transform", "width": "wide"}]}`: "steps[0].width",
		`{"steps": [{"op": "chain", "steps": []}]}`:         "steps[0].op",
		`{"steps": [], "more": 1}`:                          "more",
	} {
		_, err := codec.NewRegistry().Decode("chain", json.RawMessage(params))
		e, ok := errors.AsType[*codec.FieldError](err)
		if !ok || e.Op != "chain" || e.Field != field || e.Reason == "" {
			t.Errorf("%s: %#v, want a fault in %s", params, err, field)
		}
	}
	chain := codec.Chain{Steps: codec.Steps{codec.Watermark{Logo: "one"}, codec.Watermark{Logo: "two"}}}
	want := map[string]string{"steps[0].logo": "one", "steps[1].logo": "two"}
	if got := chain.Blobs(); !reflect.DeepEqual(got, want) {
		t.Errorf("blobs: %v, want %v", got, want)
	}
}

func TestProfilesAreLadders(t *testing.T) {
	for profile, want := range map[string]string{
		"": "360 480 720", codec.ProfileBasic: "360 480", codec.ProfileHD: "360 480 720 1080",
		codec.ProfileSourceMax: "360 480 720 1080 1440 2160",
	} {
		var heights []string
		last := 0
		for _, r := range (codec.AdaptiveStream{Profile: profile}).WithDefaults().Renditions {
			heights = append(heights, strconv.Itoa(r.Height))
			if r.Bitrate <= last || r.AudioBitrate != 128_000 {
				t.Errorf("%s: %+v", profile, r)
			}
			last = r.Bitrate
		}
		if got := strings.Join(heights, " "); got != want {
			t.Errorf("%q: %s, want %s", profile, got, want)
		}
	}
	custom := codec.AdaptiveStream{Renditions: []codec.StreamRendition{
		{Height: 540}, {Height: 240}, {Height: 1080, Bitrate: 1_000_000},
	}}.WithDefaults()
	want := []codec.StreamRendition{
		{Height: 240, Bitrate: 355_000, AudioBitrate: 128_000},
		{Height: 540, Bitrate: 1_771_000, AudioBitrate: 128_000},
		{Height: 1080, Bitrate: 1_000_000, AudioBitrate: 128_000},
	}
	if !slices.Equal(custom.Renditions, want) || custom.Profile != codec.ProfileCustom {
		t.Errorf("got %+v, want %+v", custom, want)
	}
}
