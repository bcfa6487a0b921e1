package codec

// StripMetadata removes what a file tells besides its content: EXIF, GPS, XMP,
// IPTC, comments, previews, tags, titles of chapters and cover art. Colour profile
// and orientation stay true. jpg, png and webp, video and sound are not encoded
// again, unless the orientation must be applied to the pixels. Other images are, at
// a high quality. A note says what was done.
type StripMetadata struct{}

// Name returns "strip-metadata".
func (StripMetadata) Name() string { return "strip-metadata" }

// Validate implements [Operation].
func (StripMetadata) Validate() error { return nil }
