package codec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// Renditions makes several outputs from one decode of a picture, a video or sound. They
// come without metadata, pictures in sRGB, videos with their main picture and sound.
//
//	codec.Renditions{Outputs: []codec.Rendition{
//		{Format: "avif", Width: 640}, {Format: "avif", Width: 1280},
//		{Format: "webp", Width: 640}, {Format: "webp", Width: 1280},
//	}, BlurHash: true}
type Renditions struct {
	// Outputs are what to make, at most 64.
	Outputs []Rendition `json:"outputs"`
	// BlurHash adds a text file with the BlurHash of the picture, or of the one that
	// stands for the video, 4 × 3 components:
	// what a page shows until the picture is there (https://blurha.sh).
	BlurHash bool `json:"blurHash,omitempty"`
}

// Rendition is one output of [Renditions]. Its file is called like the input, with
// "-" and Suffix before the extension.
type Rendition struct {
	// Format is the target's name: an image format or [FormatAuto] for images; a video
	// format or a sound format for video, or jpg, png, webp or avif for one of its
	// pictures.
	Format string `json:"format"`
	// Accept is as in [Convert].
	Accept string `json:"accept,omitempty"`
	// Width, Height and Fit are as in [Convert]. A rendition larger than the input
	// has the input's size.
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	Fit    string `json:"fit,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 82.
	Quality int `json:"quality,omitempty"`
	// Effort, Video and Channels are as in [Convert].
	Effort   int           `json:"effort,omitempty"`
	Video    VideoEncoding `json:"video,omitzero"`
	Channels int           `json:"channels,omitempty"`
	// AutoQuality finds the quality of an image: see [AutoMinSSIM]. It goes with no
	// Quality.
	AutoQuality bool `json:"autoQuality,omitempty"`
	// MinSSIM from 0.5 to 0.9999 is the bound of AutoQuality; 0 means [AutoMinSSIM].
	MinSSIM float64 `json:"minSSIM,omitempty"`
	// Timestamp is the moment of a picture of a video, in seconds, as in new(2.5). nil
	// lets the codec choose the picture that stands for the video.
	Timestamp *float64 `json:"timestamp,omitempty"`
	// Suffix is of letters, digits, - and _; "" means the width, or "x" and the
	// height, or "original".
	Suffix string `json:"suffix,omitempty"`
}

// Name returns "renditions".
func (Renditions) Name() string { return "renditions" }

var suffix = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// Validate implements [Operation].
func (r Renditions) Validate() error {
	f := faults{op: r.Name()}
	if len(r.Outputs) == 0 || len(r.Outputs) > 64 {
		f.add("outputs", "%d are not between 1 and 64", len(r.Outputs))
	}
	for i, o := range r.Outputs {
		g := faults{op: r.Name(), prefix: fmt.Sprintf("outputs[%d].", i)}
		g.formatOrAuto(o.Format, o.Accept, Image, Video, Audio)
		g.resize(resize{o.Width, o.Height, o.Fit, ""})
		g.encoding(Encoding{o.Format, o.Quality, o.Effort, o.Video, o.AutoQuality, o.MinSSIM})
		g.channels(o.Channels)
		if known, ok := LookupFormat(o.Format); o.Channels != 0 && (!ok || known.Kind == Image) {
			g.add("channels", "%s holds no sound", o.Format)
		}
		g.within("timestamp", o.Timestamp, 0, mostSeconds)
		if o.Suffix != "" && !suffix.MatchString(o.Suffix) {
			g.add("suffix", "%q is not of letters, digits, - and _", o.Suffix)
		}
		if first := slices.IndexFunc(r.Outputs[:i], o.clashes); first >= 0 {
			g.add("suffix", "outputs[%d] has the same name", first)
		}
		f.errs = append(f.errs, g.errs...)
	}
	return f.err()
}

// WithDefaults returns r with the documented defaults in place of zero fields.
func (r Renditions) WithDefaults() Renditions {
	r.Outputs = slices.Clone(r.Outputs)
	for i := range r.Outputs {
		r.Outputs[i] = r.Outputs[i].WithDefaults()
	}
	return r
}

// WithDefaults returns o with the documented defaults in place of zero fields, and
// Format as its canonical name.
func (o Rendition) WithDefaults() Rendition {
	o.Format = canonicalFormat(o.Format)
	o.Fit = cmp.Or(o.Fit, FitCover)
	o.Quality, o.MinSSIM = autoDefaults(o.AutoQuality, o.Quality, 82, o.MinSSIM)
	switch {
	case o.Suffix != "":
	case o.Width > 0:
		o.Suffix = fmt.Sprint(o.Width)
	case o.Height > 0:
		o.Suffix = fmt.Sprintf("x%d", o.Height)
	default:
		o.Suffix = "original"
	}
	return o
}

// clashes reports whether the outputs can have the same name: one of [FormatAuto] has
// any extension.
func (o Rendition) clashes(p Rendition) bool {
	o, p = o.WithDefaults(), p.WithDefaults()
	return o.Suffix == p.Suffix &&
		(o.Format == p.Format || o.Format == FormatAuto || p.Format == FormatAuto)
}

// OutputName returns the name of the output made from the input called name. With
// [FormatAuto] it has no extension: that comes with the choice.
func (o Rendition) OutputName(name string) string {
	o = o.WithDefaults()
	f, _ := LookupFormat(o.Format)
	f.Extension = "-" + o.Suffix + f.Extension
	return f.OutputName(name)
}
