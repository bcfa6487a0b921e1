package codec

import "io"

// Unknown is the media type of bytes that [Sniff] cannot place.
const Unknown = "application/octet-stream"

// Sniff returns the media type of an input of size bytes, from the bytes alone.
func Sniff(r io.ReaderAt, size int64) (string, error) { return Unknown, nil }
