// Package ssim tells how alike two pictures are: Z. Wang, A. C. Bovik, H. R. Sheikh,
// E. P. Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
// Similarity", 2004.
//
//	index := ssim.Index(before, after, width) // 1 for equal pictures
package ssim

// Windows are squares of side pixels, step apart, all of whose pixels weigh the same.
const (
	side = 8
	step = 4
)

// c1 and c2 keep flat windows from a division by zero: (0.01 × 255)² and
// (0.03 × 255)², as in the paper.
const (
	c1 = 6.5025
	c2 = 58.5225
)

// Index returns the mean similarity of all windows of two pictures of grey, a byte
// for each pixel, row by row: from -1 over 0 for pictures that have nothing in common
// to 1 for equal ones. Both have the same size.
func Index(a, b []byte, width int) float64 {
	if width <= 0 || len(a) < width || len(a) != len(b) {
		return 0
	}
	height := len(a) / width
	w, h := min(side, width), min(side, height)
	sum, n := 0.0, 0
	for y := 0; y+h <= height; y += step {
		for x := 0; x+w <= width; x += step {
			sum += window(a[y*width+x:], b[y*width+x:], width, w, h)
			n++
		}
	}
	return sum / float64(n)
}

// window compares w × h pixels of pictures with the stride.
func window(a, b []byte, stride, w, h int) float64 {
	var sumA, sumB, squares, product int
	for y := range h {
		rowA, rowB := a[y*stride:][:w], b[y*stride:][:w]
		for x, p := range rowA {
			p, q := int(p), int(rowB[x])
			sumA += p
			sumB += q
			squares += p*p + q*q
			product += p * q
		}
	}
	n := float64(w * h)
	meanA, meanB := float64(sumA)/n, float64(sumB)/n
	variances := float64(squares)/n - meanA*meanA - meanB*meanB
	covariance := float64(product)/n - meanA*meanB
	return (2*meanA*meanB + c1) * (2*covariance + c2) /
		((meanA*meanA + meanB*meanB + c1) * (variances + c2))
}
