package codec

import (
	"cmp"
	"slices"
)

// Thumbnail makes a small picture of an image or of one moment of a video, without
// metadata.
type Thumbnail struct {
	// Format is jpg, png, webp or avif; "" means jpg. For an image it may be
	// [FormatAuto], which makes an animation of one, gif and apng among them.
	Format string `json:"format,omitempty"`
	// Accept is as in [Convert].
	Accept string `json:"accept,omitempty"`
	// Width and Height in pixels. If one is 0, it follows from the aspect ratio;
	// if both are, they are 512 each.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Fit is one of the Fit constants; "" means [FitCover].
	Fit string `json:"fit,omitempty"`
	// Gravity is what stays of an image when Fit cuts, one of the Gravity
	// constants; "" means [GravityCenter].
	Gravity string `json:"gravity,omitempty"`
	// Background is the colour, as "#rrggbb", behind transparent parts where the
	// format has no transparency, and around a picture with [FitContain]; ""
	// means white.
	Background string `json:"background,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 82.
	Quality int `json:"quality,omitempty"`
	// AutoQuality and MinSSIM are as in [Convert].
	AutoQuality bool    `json:"autoQuality,omitempty"`
	MinSSIM     float64 `json:"minSSIM,omitempty"`
	// Timestamp is the moment of a video in seconds, as in new(2.5). nil lets the
	// codec choose a picture that stands for the video, and never an empty one.
	Timestamp *float64 `json:"timestamp,omitempty"`
	// Page of a document of images, from 1; 0 means 1.
	Page int `json:"page,omitempty"`
}

// Name returns "thumbnail".
func (Thumbnail) Name() string { return "thumbnail" }

// Target returns the canonical name of the format.
func (t Thumbnail) Target() string { return canonicalFormat(cmp.Or(t.Format, "jpg")) }

// Validate implements [Operation].
func (t Thumbnail) Validate() error {
	f := faults{op: t.Name()}
	f.accept(t.Format, t.Accept)
	f.picture(t.Format, append(slices.Clone(pictureFormats), FormatAuto)...)
	f.resize(resize{t.Width, t.Height, t.Fit, t.Gravity})
	f.colour("background", t.Background)
	f.encoding(EncodingOf(t))
	f.within("timestamp", t.Timestamp, 0, mostSeconds)
	f.between("page", t.Page, 1, mostPage)
	return f.err()
}

// WithDefaults returns t with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (t Thumbnail) WithDefaults() Thumbnail {
	t.Format = t.Target()
	if t.Width == 0 && t.Height == 0 {
		t.Width, t.Height = 512, 512
	}
	t.Fit = cmp.Or(t.Fit, FitCover)
	t.Gravity = cmp.Or(t.Gravity, GravityCenter)
	t.Background = cmp.Or(t.Background, "#ffffff")
	t.Quality, t.MinSSIM = autoDefaults(t.AutoQuality, t.Quality, 82, t.MinSSIM)
	return t
}

// PosterFrame makes a large picture of one moment of a video.
type PosterFrame struct {
	// Format is jpg, png, webp or avif; "" means jpg.
	Format string `json:"format,omitempty"`
	// Width and Height in pixels: the picture is made no larger than this and
	// than the video. 0 leaves that side to the aspect ratio; if both are 0, the
	// width is 1280.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 86.
	Quality int `json:"quality,omitempty"`
	// Timestamp is the moment in seconds, as in new(2.5). nil lets the codec
	// choose a picture that stands for the video, and never an empty one.
	Timestamp *float64 `json:"timestamp,omitempty"`
}

// Name returns "poster-frame".
func (PosterFrame) Name() string { return "poster-frame" }

// Target returns the canonical name of the format.
func (p PosterFrame) Target() string { return canonicalFormat(cmp.Or(p.Format, "jpg")) }

// Validate implements [Operation].
func (p PosterFrame) Validate() error {
	f := faults{op: p.Name()}
	f.picture(p.Format, pictureFormats...)
	f.between("width", p.Width, 1, MaxSide)
	f.between("height", p.Height, 1, MaxSide)
	f.between("quality", p.Quality, 1, 100)
	f.within("timestamp", p.Timestamp, 0, mostSeconds)
	return f.err()
}

// WithDefaults returns p with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (p PosterFrame) WithDefaults() PosterFrame {
	p.Format = p.Target()
	if p.Width == 0 && p.Height == 0 {
		p.Width = 1280
	}
	p.Quality = cmp.Or(p.Quality, 86)
	return p
}

// PDFPreview makes a picture of one page of a PDF document.
type PDFPreview struct {
	// Page counts from 1; 0 means 1.
	Page int `json:"page,omitempty"`
	// Format is jpg, png, webp or avif; "" means jpg.
	Format string `json:"format,omitempty"`
	// Width in pixels; 0 means 1600. The page is drawn at this size.
	Width int `json:"width,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 86.
	Quality int `json:"quality,omitempty"`
}

// Name returns "pdf-preview".
func (PDFPreview) Name() string { return "pdf-preview" }

// Target returns the canonical name of the format.
func (p PDFPreview) Target() string { return canonicalFormat(cmp.Or(p.Format, "jpg")) }

// Validate implements [Operation].
func (p PDFPreview) Validate() error {
	f := faults{op: p.Name()}
	f.between("page", p.Page, 1, mostPage)
	f.picture(p.Format, pictureFormats...)
	f.between("width", p.Width, 1, MaxSide)
	f.between("quality", p.Quality, 1, 100)
	return f.err()
}

// WithDefaults returns p with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (p PDFPreview) WithDefaults() PDFPreview {
	p.Page = cmp.Or(p.Page, 1)
	p.Format = p.Target()
	p.Width = cmp.Or(p.Width, 1600)
	p.Quality = cmp.Or(p.Quality, 86)
	return p
}
