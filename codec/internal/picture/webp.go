package picture

import "image"

// fromVideo returns a picture of lossy WebP in its colours. VP8 stores luma from 16
// to 235 (RFC 6386, 9.2), while the pixels of the decoder claim to be those of a
// JPEG, from 0 to 255: taken so, they look pale.
func fromVideo(m image.Image) image.Image {
	var alpha *image.NYCbCrA
	colours, ok := m.(*image.YCbCr)
	if !ok {
		if alpha, ok = m.(*image.NYCbCrA); !ok {
			return m // lossless
		}
		colours = &alpha.YCbCr
	}
	b := m.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		row := out.Pix[y*out.Stride:]
		for x := range b.Dx() {
			at := colours.COffset(b.Min.X+x, b.Min.Y+y)
			p := row[x*4 : x*4+4 : x*4+4]
			p[0], p[1], p[2] = studioRGB(
				colours.Y[colours.YOffset(b.Min.X+x, b.Min.Y+y)], colours.Cb[at], colours.Cr[at])
			p[3] = 255
			if alpha != nil {
				p[3] = alpha.A[alpha.AOffset(b.Min.X+x, b.Min.Y+y)]
			}
		}
	}
	return out
}

// studioRGB is ITU-R BT.601 with 219 steps of luma and 224 of chroma, in 16 bits of
// fraction.
func studioRGB(y, cb, cr uint8) (red, green, blue uint8) {
	l, u, v := 76309*(int32(y)-16), int32(cb)-128, int32(cr)-128
	return clamp(l + 104597*v), clamp(l - 25675*u - 53279*v), clamp(l + 132201*u)
}

func clamp(v int32) uint8 { return uint8(min(max((v+1<<15)>>16, 0), 255)) }
