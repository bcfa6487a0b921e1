package codec

import "cmp"

// Concat joins videos, in the order of the job's inputs. The first decides about
// size and frame rate; the others are fitted into it.
type Concat struct {
	// Format is the target's name: a video format; "" means mp4.
	Format string `json:"format,omitempty"`
	// Quality from 1 to 100; 0 means 82.
	Quality int `json:"quality,omitempty"`
	// Effort and Video are as in [Convert]. Without a PixelFormat the pictures have 8
	// bits and standard dynamic range; with MaxFrameRate the first film's rate is no
	// higher.
	Effort int           `json:"effort,omitempty"`
	Video  VideoEncoding `json:"video,omitzero"`
	// Chapters makes a chapter of each input, called like its file. If an input has
	// chapters, they are kept, and the others get one in any case.
	Chapters bool `json:"chapters,omitempty"`
}

// Name returns "concat".
func (Concat) Name() string { return "concat" }

// Target returns the canonical name of the format.
func (c Concat) Target() string { return canonicalFormat(cmp.Or(c.Format, "mp4")) }

// Combines returns true: all inputs of a job are joined.
func (Concat) Combines() bool { return true }

// Validate implements [Operation].
func (c Concat) Validate() error {
	f := faults{op: c.Name()}
	f.format(c.Target(), Video)
	f.encoding(EncodingOf(c))
	return f.err()
}

// WithDefaults returns c with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (c Concat) WithDefaults() Concat {
	c.Format = c.Target()
	c.Quality = cmp.Or(c.Quality, 82)
	return c
}

// ConcatAudio joins sound files, in the order of the job's inputs.
type ConcatAudio struct {
	// Format is the target's name: a sound format; "" means mp3.
	Format string `json:"format,omitempty"`
	// BitrateKbps is in thousands of bits a second for all channels, from 32 to
	// 512; 0 means 192.
	BitrateKbps int `json:"bitrateKbps,omitempty"`
	// Gap is silence between two files, in seconds up to 60.
	Gap float64 `json:"gap,omitempty"`
	// Chapters makes a chapter of each input, called like its file. If an input has
	// chapters, they are kept, and the others get one in any case. wav and flac hold
	// none, ogg and opus 1,000 at most.
	Chapters bool `json:"chapters,omitempty"`
	// Channels are as in [Convert], but that 0 means those of the first file.
	Channels int `json:"channels,omitempty"`
}

// Name returns "concat-audio".
func (ConcatAudio) Name() string { return "concat-audio" }

// Target returns the canonical name of the format.
func (c ConcatAudio) Target() string { return canonicalFormat(cmp.Or(c.Format, "mp3")) }

// Combines returns true: all inputs of a job are joined.
func (ConcatAudio) Combines() bool { return true }

// Validate implements [Operation].
func (c ConcatAudio) Validate() error {
	f := faults{op: c.Name()}
	f.format(c.Target(), Audio)
	f.between("bitrateKbps", c.BitrateKbps, 32, 512)
	f.channels(c.Channels)
	f.within("gap", &c.Gap, 0, 60)
	return f.err()
}

// WithDefaults returns c with the documented defaults in place of zero fields,
// and Format as its canonical name.
func (c ConcatAudio) WithDefaults() ConcatAudio {
	c.Format = c.Target()
	c.BitrateKbps = cmp.Or(c.BitrateKbps, 192)
	return c
}
