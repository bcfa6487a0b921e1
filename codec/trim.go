package codec

import "cmp"

// Trim cuts a clip out of a video or a sound file.
type Trim struct {
	// Format is the target's name; "" keeps that of the input where it can be
	// made, and otherwise means mp4 for video and m4a for sound.
	Format string `json:"format,omitempty"`
	// Start is where the clip begins, in seconds after the start of the input.
	Start float64 `json:"start,omitempty"`
	// Duration of the clip in seconds, at least 0.1; 0 means 10. The clip ends
	// where the input ends, if that is sooner.
	Duration float64 `json:"duration,omitempty"`
	// Mode is one of the Trim constants, "" means [TrimAccurate].
	Mode string `json:"mode,omitempty"`
	// Quality from 1 to 100 of what is encoded; 0 means 82.
	Quality int `json:"quality,omitempty"`
	// Effort and Video are as in [Convert], and have the picture encoded anew with
	// [TrimFast], too.
	Effort int           `json:"effort,omitempty"`
	Video  VideoEncoding `json:"video,omitzero"`
}

// Modes of a [Trim].
const (
	// TrimAccurate cuts between any two pictures and samples. Sound is encoded anew. From
	// mp4, mov, mkv and webm to formats that take them pictures are copied, if the clip begins
	// with a key frame, to a millisecond, and ends where no picture of it needs one behind.
	// Otherwise, of H.264, H.265 and VP9, those before its first key frame and the few behind
	// the last place where it could end are encoded, and all between are copied; of other
	// codecs, and of what cannot be joined, all are encoded.
	TrimAccurate = "accurate"
	// TrimFast copies: the clip begins at the last key frame before Start, and
	// ends within a few pictures of where it should. Streams that the format does
	// not take are encoded.
	TrimFast = "fast"
)

// Name returns "trim".
func (Trim) Name() string { return "trim" }

// Target returns the canonical name of the format, or "".
func (t Trim) Target() string { return canonicalFormat(t.Format) }

// Validate implements [Operation].
func (t Trim) Validate() error {
	f := faults{op: t.Name()}
	if t.Format != "" {
		f.format(t.Format, Video, Audio)
	}
	f.seconds("start", t.Start, 0)
	f.seconds("duration", cmp.Or(t.Duration, 10), 0.1)
	f.oneOf("mode", t.Mode, TrimAccurate, TrimFast)
	f.encoding(EncodingOf(t))
	return f.err()
}

// WithDefaults returns t with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (t Trim) WithDefaults() Trim {
	t.Format = t.Target()
	t.Duration = cmp.Or(t.Duration, 10)
	t.Mode = cmp.Or(t.Mode, TrimAccurate)
	t.Quality = cmp.Or(t.Quality, 82)
	return t
}
