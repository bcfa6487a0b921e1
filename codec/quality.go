package codec

// QualityOf returns the quality that op asks for, of a [Chain] that of its last step;
// 0 if it leaves that to the default. A format without a quality, such as png or flac,
// does not use it, and codecs note that.
func QualityOf(op Operation) int {
	switch op := op.(type) {
	case Compress:
		return op.Quality
	case PosterFrame:
		return op.Quality
	case PDFPreview:
		return op.Quality
	case GIF:
		return op.Quality
	case Storyboard:
		return op.Quality
	case Chain:
		if n := len(op.Steps); n > 0 {
			return QualityOf(op.Steps[n-1])
		}
	}
	return EncodingOf(op).Quality
}
