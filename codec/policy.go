package codec

import (
	"cmp"
	"slices"
	"time"
)

// Policy is what a host allows codecs to do. The zero Policy is safe for input
// from strangers.
type Policy struct {
	// Untrusted names media types whose decoders are not meant for hostile input,
	// according to their own authors, and which are refused otherwise:
	// "image/svg+xml", "application/pdf", "image/jp2".
	Untrusted []string `json:"untrusted,omitempty"`
	Limits    Limits   `json:"limits,omitzero"`
	// Strict has files fail, with the class [Invalid], at the first damage that is met in
	// them. Otherwise what can be decoded of video and sound is, and so are the whole frames
	// of an animation, and the whole pages of a TIFF, that ends early; a note tells of the
	// rest. A single picture that ends early fails in any case.
	Strict bool `json:"strict,omitempty"`
}

// Allows reports whether inputs of the media type may be decoded.
func (p Policy) Allows(mediaType string) bool {
	return !untrusted[mediaType] || slices.Contains(p.Untrusted, mediaType)
}

var untrusted = map[string]bool{
	"image/svg+xml": true, "application/pdf": true, "image/jp2": true,
}

// Limits bound what one input may cost. What headers tell is checked before
// anything is decoded, and the rest while it is. Zero means the default, negative
// no limit.
type Limits struct {
	// Pixels is width × height of one picture; default 0x3FFF² = 268,402,689.
	Pixels int64 `json:"pixels,omitempty"`
	// Volume is pixels × frames of an animation; default 10⁹. Pages of a document
	// are decoded one at a time, and only those that are asked for.
	Volume int64 `json:"volume,omitempty"`
	// Frames of an animation; default 4,096.
	Frames int `json:"frames,omitempty"`
	// Pages of a document, such as a PDF or a TIFF; default 4,096.
	Pages int `json:"pages,omitempty"`
	// Duration of video and sound; default 24 h.
	Duration time.Duration `json:"duration,omitempty"`
	// Streams of a container; default 64.
	Streams int `json:"streams,omitempty"`
	// Entries of an archive, folders and links too; default 10,000.
	Entries int `json:"entries,omitempty"`
	// DecodedBytes is what all entries of an archive hold when they are unpacked;
	// default 16 GiB.
	DecodedBytes int64 `json:"decodedBytes,omitempty"`
	// Ratio is decoded bytes to the bytes of the archive, looked at from 16 MiB of
	// decoded bytes on; default 250. Text comes to 20, logs to 100; gzip cannot
	// pass 1,032, while bzip2 and xz reach a million.
	Ratio int `json:"ratio,omitempty"`
	// OutputBytes is what all outputs of one call hold; default 16 GiB.
	OutputBytes int64 `json:"outputBytes,omitempty"`
	// Time is how long one Process of a codec may take; default 24 h, for a film.
	// What exceeds it is of the class [Timeout]. An engine expects less of small
	// work: see its Config.Timeout.
	Time time.Duration `json:"time,omitempty"`
}

// WithDefaults returns l with zero fields replaced by their defaults.
func (l Limits) WithDefaults() Limits {
	return Limits{
		Pixels:   cmp.Or(l.Pixels, 0x3FFF*0x3FFF),
		Volume:   cmp.Or(l.Volume, 1_000_000_000),
		Frames:   cmp.Or(l.Frames, 4096),
		Pages:    cmp.Or(l.Pages, 4096),
		Duration: cmp.Or(l.Duration, 24*time.Hour),
		Streams:  cmp.Or(l.Streams, 64),

		Entries:      cmp.Or(l.Entries, 10_000),
		DecodedBytes: cmp.Or(l.DecodedBytes, 16<<30),
		Ratio:        cmp.Or(l.Ratio, 250),
		OutputBytes:  cmp.Or(l.OutputBytes, 16<<30),
		Time:         cmp.Or(l.Time, 24*time.Hour),
	}
}

// Check returns an error of class [Limit] that names name and the first limit
// that m exceeds, or nil.
func (l Limits) Check(name string, m Media) error {
	l = l.WithDefaults()
	pixels := int64(m.Width) * int64(m.Height)
	pages, frames := 0, m.Frames
	if paged[m.Type] {
		pages, frames = m.Frames, 1
	}
	volume := pixels * int64(max(frames, 1))
	switch {
	case l.Pixels > 0 && pixels > l.Pixels:
		return Errorf(Limit, "%s is %d × %d pixels; the limit is %d pixels",
			name, m.Width, m.Height, l.Pixels)
	case l.Pages > 0 && pages > l.Pages:
		return Errorf(Limit, "%s has %d pages; the limit is %d pages", name, pages, l.Pages)
	case l.Frames > 0 && frames > l.Frames:
		return Errorf(Limit, "%s has %d frames; the limit is %d frames", name, frames, l.Frames)
	case l.Volume > 0 && volume > l.Volume:
		return Errorf(Limit, "%s has %d frames of %d × %d pixels; the limit is %d pixels in all",
			name, m.Frames, m.Width, m.Height, l.Volume)
	case l.Duration > 0 && m.Duration > l.Duration:
		return Errorf(Limit, "%s lasts %v; the limit is %v", name, m.Duration, l.Duration)
	}
	return nil
}

// paged are the types whose Media.Frames are pages.
var paged = map[string]bool{"application/pdf": true, "image/tiff": true}
