package vips

import (
	"bytes"
	stdimage "image"
	"image/png"
	"testing"

	"github.com/spoolmedia/spool/codec/vips/internal/apng"
)

func TestFramesAreDrawnInAnyOrder(t *testing.T) {
	var file bytes.Buffer
	const frames = 5
	w := apng.NewWriter(&file, frames, 0)
	for i := range frames {
		m := stdimage.NewNRGBA(stdimage.Rect(0, 0, 2, 2))
		for x := range m.Pix {
			m.Pix[x] = byte(10 * (i + 1))
		}
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		if err := w.Frame(b.Bytes(), 0, 0, 0, apng.BlendSource); err != nil {
			t.Fatal(err)
		}
	}
	a, err := apng.Open(bytes.NewReader(file.Bytes()), int64(file.Len()), frames)
	if err != nil {
		t.Fatal(err)
	}
	d := &drawer{motion: &motion{width: 2, height: 2,
		play: func() (player, error) { return apngPlayer{a.Player()}, nil }}}
	for _, y := range []int{0, 3, 9, 7, 1, 4, 2, 8} {
		line := make([]byte, 4)
		if err := d.draw(line, 1, y); err != nil || line[0] != byte(10*(y/2+1)) {
			t.Errorf("row %d is %v, %v", y, line, err)
		}
	}
}
