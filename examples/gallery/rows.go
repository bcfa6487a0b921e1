package main

import "github.com/spoolmedia/spool/codec"

// row is one operation of the sheet.
type row struct {
	label string
	op    codec.Operation
}

// rows are what the sheet shows, from top to bottom.
var rows = []row{
	{"thumbnail\ncontain", codec.Thumbnail{Width: 240, Height: 180, Fit: codec.FitContain, Background: "#dde6ee"}},
	{"thumbnail\ncover", codec.Thumbnail{Width: 240, Height: 180}},
	{"thumbnail\nattention", codec.Thumbnail{Width: 180, Height: 180, Gravity: codec.GravityAttention}},
	{"thumbnail\nentropy", codec.Thumbnail{Width: 180, Height: 180, Gravity: codec.GravityEntropy}},
	{"convert\njpg, quality 20", codec.Convert{Format: "jpg", Quality: 20, Width: 240}},
	{"convert\navif", codec.Convert{Format: "avif", Width: 240}},
	{"convert\ngif", codec.Convert{Format: "gif", Width: 240}},
	{"transform\nrotate 30", codec.Transform{Width: 240, Rotate: 30, Background: "#334455"}},
	{"transform\nflip, flop", codec.Transform{Width: 240, Flip: true, Flop: true}},
	{"transform\nsocial-preview", codec.Transform{Preset: codec.PresetSocialPreview}},
	{"transform\nfocus 0, 0", codec.Transform{Width: 120, Height: 180, FocusX: new(0.0), FocusY: new(0.0)}},
	{"adjust\nbright, saturated", codec.Adjust{Brightness: new(1.3), Saturation: new(1.8)}},
	{"adjust\nhue 120", codec.Adjust{Hue: 120}},
	{"adjust\ngrey, contrast", codec.Adjust{Grayscale: true, Contrast: new(1.6)}},
	{"adjust\ninvert", codec.Adjust{Invert: true}},
	{"watermark\ntext", codec.Watermark{Text: "© spool", Scale: 0.5}},
	{"watermark\ntiles", codec.Watermark{Text: "draft", Tile: true, Rotate: -30, Opacity: new(0.4)}},
	{"compress\nquality 40", codec.Compress{Quality: 40}},
	{"compress\n8,000 bytes", codec.Compress{TargetBytes: 8000}},
	{"strip-metadata", codec.StripMetadata{}},
	{"chain", codec.Chain{Steps: codec.Steps{
		codec.Transform{CropWidth: 400, CropHeight: 300}, codec.Adjust{Saturation: new(0.3)},
		codec.Watermark{Text: "chain", Position: codec.PositionTopLeft}, codec.Convert{Format: "webp"},
	}}},
	{"vectorize", codec.Vectorize{}},
	{"vectorize\nmono", codec.Vectorize{Mono: true}},
	{"poster-frame", codec.PosterFrame{Width: 240}},
	{"storyboard", codec.Storyboard{Frames: 6, Columns: 3, Width: 120}},
	{"inspect", codec.Inspect{}},
}
