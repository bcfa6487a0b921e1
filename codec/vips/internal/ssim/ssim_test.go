package ssim_test

import (
	"math"
	"testing"

	"github.com/spoolmedia/spool/codec/vips/internal/ssim"
)

func TestIndex(t *testing.T) {
	const side = 32
	waves, shifted, flat := make([]byte, side*side), make([]byte, side*side), make([]byte, side*side)
	for i := range waves {
		waves[i] = byte(128 + 100*math.Sin(float64(i%side)))
		shifted[i] = byte(128 - 100*math.Sin(float64(i%side)))
		flat[i] = 128
	}
	noisy := append([]byte(nil), waves...)
	for i := range noisy {
		noisy[i] += byte(i * 7919 % 23)
	}
	for _, c := range []struct {
		name     string
		a, b     []byte
		from, to float64
	}{
		{"equal", waves, waves, 1, 1},
		{"a little noise", waves, noisy, 0.9, 0.999},
		{"no structure left", waves, flat, 0, 0.1},
		{"the opposite", waves, shifted, -1, -0.5},
		{"of other sizes", waves, flat[1:], 0, 0},
		// One window of known moments: means 0 and 255, no variance.
		{"black and white", make([]byte, 4), []byte{255, 255, 255, 255}, 0.0000999, 0.0001},
	} {
		if got := ssim.Index(c.a, c.b, min(side, len(c.a))); got < c.from || got > c.to {
			t.Errorf("%s: %v, want %v to %v", c.name, got, c.from, c.to)
		}
	}
}
