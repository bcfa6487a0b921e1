package codec

import "cmp"

// Adjust changes the look of pictures and video and the loudness of sound. The
// steps are taken in the order of the fields.
type Adjust struct {
	// Format is the target's name; "" keeps that of the input where it can be
	// made, and otherwise means png for images, mp4 for video and m4a for sound.
	Format string `json:"format,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 86.
	Quality int `json:"quality,omitempty"`
	// Effort and Video are as in [Convert]. A film of which only the sound changes
	// keeps its picture as it is unless one of them is given.
	Effort int           `json:"effort,omitempty"`
	Video  VideoEncoding `json:"video,omitzero"`
	// Brightness, Contrast and Saturation are factors from 0 to 10; nil and 1 change
	// nothing. Brightness multiplies, Contrast stretches around the middle, and a
	// Saturation of 0 is grey.
	Brightness *float64 `json:"brightness,omitempty"`
	Contrast   *float64 `json:"contrast,omitempty"`
	Saturation *float64 `json:"saturation,omitempty"`
	// Hue turns the colours, by degrees from -360 to 360.
	Hue       float64 `json:"hue,omitempty"`
	Grayscale bool    `json:"grayscale,omitempty"`
	Invert    bool    `json:"invert,omitempty"`
	Sharpen   bool    `json:"sharpen,omitempty"`
	// Volume is a factor from 0 to 10; nil and 1 change nothing.
	Volume *float64 `json:"volume,omitempty"`
	// Normalize brings sound to -16 LUFS with a true peak of -1.5 dB, measured
	// first, as EBU R128 has it. It goes with no Volume.
	Normalize bool `json:"normalize,omitempty"`
	// FadeIn and FadeOut are seconds of sound and picture at the start and the end.
	FadeIn  float64 `json:"fadeIn,omitempty"`
	FadeOut float64 `json:"fadeOut,omitempty"`
	// Speed of picture and sound, from 0.25 to 4: at 2 a film takes half the time.
	// The pitch of the sound stays. 0 and 1 change nothing. Fades come before it, so
	// they get shorter with the rest.
	Speed float64 `json:"speed,omitempty"`
}

// Name returns "adjust".
func (Adjust) Name() string { return "adjust" }

// Target returns the canonical name of the format, or "".
func (a Adjust) Target() string { return canonicalFormat(a.Format) }

// Validate implements [Operation].
func (a Adjust) Validate() error {
	f := faults{op: a.Name()}
	if a.Format != "" {
		f.format(a.Format, Image, Video, Audio)
	}
	f.encoding(EncodingOf(a))
	f.within("brightness", a.Brightness, 0, 10)
	f.within("contrast", a.Contrast, 0, 10)
	f.within("saturation", a.Saturation, 0, 10)
	f.within("hue", &a.Hue, -360, 360)
	f.within("volume", a.Volume, 0, 10)
	if a.Normalize && a.Volume != nil {
		f.add("volume", "does not go with normalize, which decides it")
	}
	f.seconds("fadeIn", a.FadeIn, 0)
	f.seconds("fadeOut", a.FadeOut, 0)
	if a.Speed != 0 {
		f.within("speed", &a.Speed, 0.25, 4)
	}
	return f.err()
}

// WithDefaults returns a with the documented defaults in place of zero fields,
// but for Format, and Format as its canonical name.
func (a Adjust) WithDefaults() Adjust {
	a.Format = a.Target()
	a.Quality = cmp.Or(a.Quality, 86)
	a.Brightness = orDefault(a.Brightness, 1)
	a.Contrast = orDefault(a.Contrast, 1)
	a.Saturation = orDefault(a.Saturation, 1)
	a.Volume = orDefault(a.Volume, 1)
	a.Speed = cmp.Or(a.Speed, 1)
	return a
}
