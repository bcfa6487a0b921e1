package codec

import "cmp"

// Waveform shows the loudness of sound, or of the sound of a video, over time: as peaks
// in a JSON file, in the form that audiowaveform and peaks.js have
// (https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md, version 2), and
// as a png.
type Waveform struct {
	// Points is how many parts of the time the JSON has at most, from 10 to 100,000,
	// each with the lowest and the highest sample; 0 means 1800. They last a whole number
	// of samples, so that there may be up to a tenth less.
	Points int `json:"points,omitempty"`
	// SplitChannels keeps channels apart, one below the other in the picture. Otherwise
	// a point spans those of all.
	SplitChannels bool `json:"splitChannels,omitempty"`
	// Width and Height of the picture in pixels, up to 16,384 and 4,096; 0 means 1800
	// and 280.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Color and Background are colours, as "#rrggbb"; "" means "#3b82f6" and a
	// transparent background.
	Color      string `json:"color,omitempty"`
	Background string `json:"background,omitempty"`
}

// Name returns "waveform".
func (Waveform) Name() string { return "waveform" }

// Validate implements [Operation].
func (v Waveform) Validate() error {
	f := faults{op: v.Name()}
	f.between("points", v.Points, 10, 100_000)
	f.between("width", v.Width, 16, 16_384)
	f.between("height", v.Height, 16, 4_096)
	f.colour("color", v.Color)
	f.colour("background", v.Background)
	return f.err()
}

// WithDefaults returns v with the documented defaults in place of zero fields.
func (v Waveform) WithDefaults() Waveform {
	v.Points = cmp.Or(v.Points, 1800)
	v.Width = cmp.Or(v.Width, 1800)
	v.Height = cmp.Or(v.Height, 280)
	v.Color = cmp.Or(v.Color, "#3b82f6")
	return v
}
