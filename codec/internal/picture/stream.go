package picture

import (
	"bufio"
	"image"
	"image/draw"
	"io"
)

// stream returns the input from its start, for a decoder. TIFF and WebP want to
// seek or read by range, the others read bytes.
func (r *reader) stream() io.Reader {
	section := io.NewSectionReader(r, 0, r.in.Size())
	if r.in.Type() == "image/tiff" {
		return section
	}
	return bufio.NewReaderSize(section, 64<<10)
}

// onCanvas returns the first frame of a GIF on the canvas that the header tells.
func onCanvas(frame image.Image, width, height int) image.Image {
	canvas := image.Rect(0, 0, width, height)
	if frame.Bounds() == canvas {
		return frame
	}
	whole := image.NewNRGBA(canvas)
	draw.Draw(whole, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return whole
}
