package codectest

import (
	"fmt"
	"image"
)

// SSIM is how alike two pictures of the same size look, by the structural similarity
// of their luma: 1 for the same picture, about 0.95 where one begins to see a
// difference. It is the mean over windows of 8 × 8 pixels, four apart. (Wang, Bovik,
// Sheikh, Simoncelli: Image Quality Assessment, IEEE TIP 13, 2004.)
func SSIM(a, b image.Image) (float64, error) {
	z := a.Bounds().Size()
	if z != b.Bounds().Size() {
		return 0, fmt.Errorf("codectest: pictures of %v and %v have no SSIM", z, b.Bounds().Size())
	}
	if z.X == 0 || z.Y == 0 {
		return 1, nil
	}
	x, y := lumaOf(a), lumaOf(b)
	const side, step = 8, 4
	w, h := min(side, z.X), min(side, z.Y)
	var sum float64
	n := 0
	for top := 0; top+h <= z.Y; top += step {
		for left := 0; left+w <= z.X; left += step {
			sum += similarity(x, y, image.Rect(left, top, left+w, top+h), z.X)
			n++
		}
	}
	return sum / float64(n), nil
}

// similarity is that of one window of two pictures of the width.
func similarity(a, b []float64, r image.Rectangle, width int) float64 {
	var sumA, sumB, squareA, squareB, product float64
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for i := y*width + r.Min.X; i < y*width+r.Max.X; i++ {
			sumA += a[i]
			sumB += b[i]
			squareA += a[i] * a[i]
			squareB += b[i] * b[i]
			product += a[i] * b[i]
		}
	}
	n := float64(r.Dx() * r.Dy())
	meanA, meanB := sumA/n, sumB/n
	varA, varB := squareA/n-meanA*meanA, squareB/n-meanB*meanB
	common := product/n - meanA*meanB
	const c1, c2 = 0.01 * 255 * 0.01 * 255, 0.03 * 255 * 0.03 * 255
	return (2*meanA*meanB + c1) * (2*common + c2) /
		((meanA*meanA + meanB*meanB + c1) * (varA + varB + c2))
}

// lumaOf is the brightness of all pixels from 0 to 255, by Rec. 601.
func lumaOf(m image.Image) []float64 {
	b := m.Bounds()
	luma := make([]float64, 0, b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			red, green, blue, _ := m.At(x, y).RGBA()
			luma = append(luma,
				(0.299*float64(red)+0.587*float64(green)+0.114*float64(blue))/257)
		}
	}
	return luma
}
