package codec

import "cmp"

// Transform changes the geometry of a picture or a video: first a part is cut
// out, then it is mirrored and turned, then resized.
type Transform struct {
	// Format is the target's name: an image format or [FormatAuto] for images, a video
	// format for video. "" means webp for images and the input's own for video.
	Format string `json:"format,omitempty"`
	// Accept is as in [Convert].
	Accept string `json:"accept,omitempty"`
	// Preset is one of the Preset constants and stands for Width, Height, Fit and
	// Gravity; "" is none. Fit and Gravity may be given besides.
	Preset string `json:"preset,omitempty"`
	// Width and Height in pixels of the result; 0 leaves that side to the aspect
	// ratio, and both 0 keep the size. Nothing is made larger, unless Enlarge is
	// set.
	Width   int  `json:"width,omitempty"`
	Height  int  `json:"height,omitempty"`
	Enlarge bool `json:"enlarge,omitempty"`
	// AspectRatio of the result, such as "16:9" or "2.39:1", from 1:10 to 10:1, with at
	// most one of Width and Height, from which the other side follows. Without them,
	// [FitContain] adds to the picture, as letterboxes do, and [FitCover] and [FitFill]
	// keep the side that they can keep. "" is none.
	AspectRatio string `json:"aspectRatio,omitempty"`
	// Fit is one of the Fit constants; "" means [FitCover].
	Fit string `json:"fit,omitempty"`
	// Gravity is what stays when Fit cuts, one of the Gravity constants; "" means
	// [GravityCenter]. Video knows no [GravityAttention] and [GravityEntropy].
	Gravity string `json:"gravity,omitempty"`
	// FocusX and FocusY name the point that stays when Fit cuts, as fractions of
	// the width and the height, from 0 to 1. They take the place of Gravity.
	FocusX *float64 `json:"focusX,omitempty"`
	FocusY *float64 `json:"focusY,omitempty"`
	// CropLeft, CropTop, CropWidth and CropHeight name the part to cut out, in
	// pixels of the picture as it is shown. A width or height of 0 reaches to the
	// edge.
	CropLeft   int `json:"cropLeft,omitempty"`
	CropTop    int `json:"cropTop,omitempty"`
	CropWidth  int `json:"cropWidth,omitempty"`
	CropHeight int `json:"cropHeight,omitempty"`
	// Rotate turns clockwise by degrees, from -360 to 360. Corners that appear are
	// filled with Background. Video turns by quarters only.
	Rotate float64 `json:"rotate,omitempty"`
	// Flip mirrors top and bottom, Flop left and right.
	Flip bool `json:"flip,omitempty"`
	Flop bool `json:"flop,omitempty"`
	// Background is a colour as "#rrggbb"; "" is transparent where the format has
	// transparency, and white or, in video, black where not.
	Background string `json:"background,omitempty"`
	// FrameRate of a video, from 1 to 240 frames a second; 0 keeps its own.
	FrameRate float64 `json:"frameRate,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 86.
	Quality int `json:"quality,omitempty"`
	// AutoQuality and MinSSIM are as in [Convert].
	AutoQuality bool    `json:"autoQuality,omitempty"`
	MinSSIM     float64 `json:"minSSIM,omitempty"`
	// Effort and Video are as in [Convert].
	Effort int           `json:"effort,omitempty"`
	Video  VideoEncoding `json:"video,omitzero"`
}

// Name returns "transform".
func (Transform) Name() string { return "transform" }

// Target returns the canonical name of the format, or "".
func (t Transform) Target() string { return canonicalFormat(t.Format) }

// Validate implements [Operation].
func (t Transform) Validate() error {
	f := faults{op: t.Name()}
	if t.Format == "" {
		f.accept("", t.Accept)
	} else {
		f.formatOrAuto(t.Format, t.Accept, Image, Video)
	}
	size := resize{t.Width, t.Height, t.Fit, t.Gravity}
	f.resize(size)
	f.preset("preset", t.Preset, size, allPresets)
	f.aspect(t)
	f.within("focusX", t.FocusX, 0, 1)
	f.within("focusY", t.FocusY, 0, 1)
	f.between("cropLeft", t.CropLeft, 1, MaxSide)
	f.between("cropTop", t.CropTop, 1, MaxSide)
	f.between("cropWidth", t.CropWidth, 1, MaxSide)
	f.between("cropHeight", t.CropHeight, 1, MaxSide)
	f.within("rotate", &t.Rotate, -360, 360)
	f.colour("background", t.Background)
	if t.FrameRate != 0 {
		f.within("frameRate", &t.FrameRate, 1, 240)
	}
	f.encoding(EncodingOf(t))
	return f.err()
}

// WithDefaults returns t with the preset and the documented defaults in place of
// zero fields, but for Format, and Format as its canonical name.
func (t Transform) WithDefaults() Transform {
	t.Format = t.Target()
	size := presetSize(t.Preset, resize{t.Width, t.Height, t.Fit, t.Gravity})
	t.Preset = ""
	t.Width, t.Height = size.width, size.height
	t.Fit = cmp.Or(size.fit, FitCover)
	t.Gravity = cmp.Or(size.gravity, GravityCenter)
	t.Quality, t.MinSSIM = autoDefaults(t.AutoQuality, t.Quality, 86, t.MinSSIM)
	return t
}
