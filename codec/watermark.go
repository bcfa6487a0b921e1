package codec

import (
	"cmp"
	"unicode/utf8"
)

// Watermark lays a text or a logo over pictures and video. Letters of a text are joined
// and in the order that their scripts ask for; what the font does not have, a note
// tells.
type Watermark struct {
	// Text is what to write, of one or more lines; at most 1,000 characters.
	Text string `json:"text,omitempty"`
	// Logo is the storage key of a picture. Either Text or Logo is given.
	Logo string `json:"logo,omitempty"`
	// Position is where the mark is: one of the Position constants; "" means
	// [PositionBottomRight].
	Position string `json:"position,omitempty"`
	// Margin in pixels between the mark and the edges, up to [MaxSide]; nil means
	// 32.
	Margin *int `json:"margin,omitempty"`
	// Opacity from 0 to 1; nil means 0.72.
	Opacity *float64 `json:"opacity,omitempty"`
	// WatermarkWidth of the mark in pixels; 0 goes by Scale.
	WatermarkWidth int `json:"watermarkWidth,omitempty"`
	// Scale is the width of the mark as a fraction of the picture's, from 0.01 to 1;
	// 0 means 0.18 for a logo, and for a text the width that FontSize makes.
	Scale float64 `json:"scale,omitempty"`
	// FontSize of a text in pixels; 0 means a twentieth of the picture's shorter
	// side, and at least 12. It goes with no WatermarkWidth and no Scale.
	FontSize int `json:"fontSize,omitempty"`
	// Font is one of the Font constants; "" means [FontSans].
	Font string `json:"font,omitempty"`
	// FontFile is the storage key of a TrueType or OpenType font, in the place of Font.
	FontFile string `json:"fontFile,omitempty"`
	// Color of a text, as "#rrggbb"; "" means white.
	Color string `json:"color,omitempty"`
	// Rotate turns the mark clockwise, by degrees from -360 to 360.
	Rotate float64 `json:"rotate,omitempty"`
	// Tile repeats the mark over the whole picture, Margin apart.
	Tile bool `json:"tile,omitempty"`
	// Format is the target's name; "" keeps that of the input where it can be
	// made, and otherwise means png for images and mp4 for video.
	Format string `json:"format,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 86.
	Quality int `json:"quality,omitempty"`
	// Effort and Video are as in [Convert].
	Effort int           `json:"effort,omitempty"`
	Video  VideoEncoding `json:"video,omitzero"`
}

// Positions of a [Watermark].
const (
	PositionTopLeft     = "top-left"
	PositionTopRight    = "top-right"
	PositionBottomLeft  = "bottom-left"
	PositionBottomRight = "bottom-right"
	PositionCenter      = "center"
)

// Fonts of a [Watermark]: the Go fonts, which are part of spool.
const (
	FontSans = "sans"
	FontBold = "bold"
	FontMono = "mono"
)

// Name returns "watermark".
func (Watermark) Name() string { return "watermark" }

// Target returns the canonical name of the format, or "".
func (w Watermark) Target() string { return canonicalFormat(w.Format) }

// Blobs returns the storage keys of the logo and of the font as "logo" and "fontFile".
func (w Watermark) Blobs() map[string]string {
	blobs := map[string]string{}
	if w.Logo != "" {
		blobs["logo"] = w.Logo
	}
	if w.FontFile != "" {
		blobs["fontFile"] = w.FontFile
	}
	return blobs
}

// Validate implements [Operation].
func (w Watermark) Validate() error {
	f := faults{op: w.Name()}
	switch {
	case w.Text == "" && w.Logo == "":
		f.add("text", "a text or a logo is needed")
	case w.Text != "" && w.Logo != "":
		f.add("logo", "does not go with text")
	case utf8.RuneCountInString(w.Text) > 1000:
		f.add("text", "is longer than 1000 characters")
	case !utf8.ValidString(w.Text):
		f.add("text", "is not valid UTF-8")
	}
	f.oneOf("position", w.Position, PositionTopLeft, PositionTopRight,
		PositionBottomLeft, PositionBottomRight, PositionCenter)
	if w.Margin != nil && (*w.Margin < 0 || *w.Margin > MaxSide) {
		f.refuse("margin", allowance{most: MaxSide},
			"%d is not between 0 and %d", *w.Margin, MaxSide)
	}
	f.within("opacity", w.Opacity, 0, 1)
	f.between("watermarkWidth", w.WatermarkWidth, 1, MaxSide)
	if w.Scale != 0 {
		f.within("scale", &w.Scale, 0.01, 1)
	}
	f.between("fontSize", w.FontSize, 4, 4096)
	switch {
	case w.WatermarkWidth != 0 && w.Scale != 0:
		f.add("scale", "does not go with watermarkWidth")
	case w.FontSize != 0 && (w.WatermarkWidth != 0 || w.Scale != 0):
		f.add("fontSize", "does not go with watermarkWidth and scale")
	}
	f.oneOf("font", w.Font, FontSans, FontBold, FontMono)
	switch {
	case w.FontFile != "" && w.Font != "":
		f.add("fontFile", "does not go with font")
	case w.FontFile != "" && w.Logo != "":
		f.add("fontFile", "goes with text only")
	}
	f.colour("color", w.Color)
	f.within("rotate", &w.Rotate, -360, 360)
	if w.Format != "" {
		f.format(w.Format, Image, Video)
	}
	f.encoding(EncodingOf(w))
	return f.err()
}

// WithDefaults returns w with the documented defaults in place of zero fields that
// do not depend on the picture, and Format as its canonical name.
func (w Watermark) WithDefaults() Watermark {
	w.Position = cmp.Or(w.Position, PositionBottomRight)
	w.Margin = orDefault(w.Margin, 32)
	w.Opacity = orDefault(w.Opacity, 0.72)
	if w.Logo != "" && w.WatermarkWidth == 0 {
		w.Scale = cmp.Or(w.Scale, 0.18)
	}
	if w.FontFile == "" {
		w.Font = cmp.Or(w.Font, FontSans)
	}
	w.Color = cmp.Or(w.Color, "#ffffff")
	w.Format = w.Target()
	w.Quality = cmp.Or(w.Quality, 86)
	return w
}
