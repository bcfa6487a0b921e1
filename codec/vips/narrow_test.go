package vips

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestNarrowIsWhatLibvipsDoes compares what is done here with the operation of libvips, for
// whole rows and for a part of them.
func TestNarrowIsWhatLibvipsDoes(t *testing.T) {
	exact := runtime.GOARCH == "amd64" && knowsNoSIMD()
	err := run(t.Context(), blank{}, nil, func(s *session) error {
		for _, width := range []int{1, 2, 5, 8, 31, 100, 777} {
			p := &pixels{size{width, 3}, make([]byte, 4*width*3)}
			if _, err := rand.NewChaCha8([32]byte{byte(width)}).Read(p.rgba); err != nil {
				return err
			}
			full, err := s.fromPixels(p)
			if err != nil {
				return err
			}
			for _, factor := range []float64{1, 1.01, 25. / 18, 2, 2.5, 3.99, 4, 50. / 9, 31} {
				for bands := 1; bands <= 4 && factor <= float64(width); bands++ {
					if err := sameNarrow(t, s, full, factor, bands, exact); err != nil {
						return fmt.Errorf("%d pixels, %d bands, by %v: %w: %s", width, bands, factor, err, s.said())
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sameNarrow(t *testing.T, s *session, full image, factor float64, bands int, exact bool) error {
	im, err := s.call("extract_band", args{"in": full, "band": 0, "n": bands})
	if err != nil {
		return err
	}
	want, err := s.call("reduceh", args{"in": im, "hshrink": factor, "gap": gap})
	if err != nil {
		return err
	}
	for _, portable := range []bool{false, true} {
		got, err := s.narrow(im, factor, portable)
		if err != nil {
			return err
		}
		for _, left := range []int{0, want.width() / 3} {
			var both [2][]byte
			for i, im := range []image{want, got} {
				if im, err = s.extract(im, part{spot{left, 1}, size{want.width() - left, 2}}); err != nil {
					return err
				}
				if both[i], err = s.toBytes(im); err != nil {
					return err
				}
			}
			if off := furthest(both[0], both[1]); off > 0 && exact || off > 1 {
				t.Errorf("%d pixels of %d bands by %v from %d on, portable %t: %d apart",
					im.width(), bands, factor, left, portable, off)
			}
		}
	}
	return nil
}

// furthest is how far apart two samples are at most.
func furthest(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	most := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		most = max(most, d, -d)
	}
	return most
}
