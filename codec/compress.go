package codec

import "cmp"

// Compress makes a file smaller and keeps its format. The result is never larger
// than the input: where nothing is gained, the input's bytes come back, without
// their metadata if those were to go and can be cut out, and a note says so. A
// picture that has no quality of its own, such as a png, loses colours. A colour
// profile stays, also that of a CMYK jpg or tiff; CMYK without one becomes sRGB.
type Compress struct {
	// Mode is one of the Compress constants; "" means [CompressQuality], or
	// [CompressTargetSize] if TargetBytes is set.
	Mode string `json:"mode,omitempty"`
	// Quality from 1 to 100 for lossy encoders, of sound as in [Convert]; 0 means 82.
	Quality int `json:"quality,omitempty"`
	// AutoQuality finds the quality of an image: see [AutoMinSSIM]. It goes with no
	// Quality, TargetBytes and Lossless.
	AutoQuality bool `json:"autoQuality,omitempty"`
	// MinSSIM from 0.5 to 0.9999 is the bound of AutoQuality; 0 means [AutoMinSSIM].
	MinSSIM float64 `json:"minSSIM,omitempty"`
	// TargetBytes is the size that the result must not exceed. Film and sound are encoded
	// up to five times to come within 3 % of it; a note says so where they come no nearer.
	// Films mostly need one encode after a first pass; AV1, which has none, two to four.
	// Where no bit rate makes it small enough, films are encoded up to four times more at
	// the lowest quality, and sound once. The error, if that is too large still, names the
	// size that can be met.
	TargetBytes int64 `json:"targetBytes,omitempty"`
	// Lossless changes no pixel and no sample. It goes with no other field but
	// StripMetadata and Effort.
	Lossless bool `json:"lossless,omitempty"`
	// Effort is as in [Convert]. A film with Lossless is not encoded, which a note says.
	Effort int `json:"effort,omitempty"`
	// StripMetadata removes what strip-metadata removes; nil means true.
	StripMetadata *bool `json:"stripMetadata,omitempty"`
	// Video says how the picture of a film is encoded. It has no Bitrate and no
	// Hardware here.
	Video VideoEncoding `json:"video,omitzero"`
}

// Modes of a [Compress].
const (
	CompressQuality    = "quality"     // encode with Quality
	CompressTargetSize = "target-size" // the best quality whose result fits TargetBytes
)

// Name returns "compress".
func (Compress) Name() string { return "compress" }

// Validate implements [Operation].
func (c Compress) Validate() error {
	f := faults{op: c.Name()}
	f.oneOf("mode", c.Mode, CompressQuality, CompressTargetSize)
	f.between("quality", c.Quality, 1, 100)
	f.autoQuality(c.AutoQuality, c.MinSSIM, c.Quality)
	if c.AutoQuality && (c.Lossless || c.TargetBytes > 0 || c.Mode == CompressTargetSize) {
		f.add("autoQuality", "does not go with lossless and targetBytes")
	}
	switch {
	case c.TargetBytes < 0:
		f.add("targetBytes", "%d is less than 1", c.TargetBytes)
	case c.Mode == CompressTargetSize && c.TargetBytes == 0:
		f.add("targetBytes", "is needed with mode %s", c.Mode)
	case c.Mode == CompressQuality && c.TargetBytes > 0:
		f.add("targetBytes", "does not go with mode %s", c.Mode)
	case c.TargetBytes > 0 && c.Quality > 0:
		f.add("quality", "does not go with targetBytes, which decides it")
	}
	if c.Lossless && (c.TargetBytes > 0 || c.Quality > 0 || c.Mode == CompressTargetSize) {
		f.add("lossless", "does not go with quality and targetBytes")
	}
	f.between("effort", c.Effort, 1, 9)
	f.video(c.Video, "")
	if c.Video.Bitrate != 0 {
		f.add("video.bitrate", "does not go with compress, which decides it")
	}
	if c.Video.Hardware {
		f.add("video.hardware", "does not go with compress")
	}
	if c.Lossless && !c.Video.IsZero() {
		f.add("video", "does not go with lossless")
	}
	return f.err()
}

// WithDefaults returns c with the documented defaults in place of zero fields.
func (c Compress) WithDefaults() Compress {
	if c.Mode == "" && c.TargetBytes > 0 {
		c.Mode = CompressTargetSize
	}
	c.Mode = cmp.Or(c.Mode, CompressQuality)
	if c.Mode == CompressQuality && !c.Lossless {
		c.Quality, c.MinSSIM = autoDefaults(c.AutoQuality, c.Quality, 82, c.MinSSIM)
	}
	c.StripMetadata = orDefault(c.StripMetadata, true)
	return c
}

// orDefault returns p, or a pointer to v if p is nil.
func orDefault[T any](p *T, v T) *T {
	if p == nil {
		return &v
	}
	return p
}
