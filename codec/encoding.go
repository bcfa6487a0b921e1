package codec

// Encoding is how the output of an operation is encoded: the fields that operations on
// pictures and films have in common.
type Encoding struct {
	Format  string // canonical; "" leaves it to the codec
	Quality int
	Effort  int
	Video   VideoEncoding
	// AutoQuality and MinSSIM are as in [Convert].
	AutoQuality bool
	MinSSIM     float64
}

// EncodingOf returns what op says of its encode, zero where it says nothing. The
// output of a [Chain] is encoded as its last step says; an operation without such
// fields, or with several outputs, has the zero Encoding.
func EncodingOf(op Operation) Encoding {
	switch op := op.(type) {
	case Adjust:
		return Encoding{Format: op.Target(), Quality: op.Quality, Effort: op.Effort, Video: op.Video}
	case BurnSubtitles:
		return Encoding{Format: op.Target(), Quality: op.Quality, Effort: op.Effort, Video: op.Video}
	case Chain:
		if n := len(op.Steps); n > 0 {
			return EncodingOf(op.Steps[n-1])
		}
	case Concat:
		return Encoding{Format: op.Target(), Quality: op.Quality, Effort: op.Effort, Video: op.Video}
	case Convert:
		return Encoding{op.Target(), op.Quality, op.Effort, op.Video, op.AutoQuality, op.MinSSIM}
	case Thumbnail:
		return Encoding{Format: op.Target(), Quality: op.Quality, AutoQuality: op.AutoQuality,
			MinSSIM: op.MinSSIM}
	case Transform:
		return Encoding{op.Target(), op.Quality, op.Effort, op.Video, op.AutoQuality, op.MinSSIM}
	case Trim:
		return Encoding{Format: op.Target(), Quality: op.Quality, Effort: op.Effort, Video: op.Video}
	case Watermark:
		return Encoding{Format: op.Target(), Quality: op.Quality, Effort: op.Effort, Video: op.Video}
	}
	return Encoding{}
}

// isZero reports whether nothing is said.
func (e Encoding) isZero() bool {
	return e.Format == "" && e.Quality == 0 && e.Effort == 0 && e.Video.IsZero() &&
		!e.AutoQuality && e.MinSSIM == 0
}

// encoding wants a quality or an automatic one, an effort, and a film that goes into the
// format.
func (f *faults) encoding(e Encoding) {
	f.between("quality", e.Quality, 1, 100)
	f.between("effort", e.Effort, 1, 9)
	f.video(e.Video, e.Format)
	f.autoQuality(e.AutoQuality, e.MinSSIM, e.Quality)
}
