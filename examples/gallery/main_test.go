package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

func TestTheSheetHasACellForEachOperationAndFile(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.png")
	m := image.NewRGBA(image.Rect(0, 0, 120, 80))
	for i := range m.Pix {
		m.Pix[i] = 0xff
	}
	for y := range 80 {
		for x := range 60 {
			m.SetRGBA(x, y, color.RGBA{0, 0x80, 0xff, 0xff})
		}
	}
	if err := write(in, m); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte("no picture at all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "made", "sheet.png")
	if err := run(t.Context(), out, []string{in, text}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if want := image.Pt(labelWidth+2*cellWidth, headHeight+len(rows)*cellHeight); sheet.Bounds().Size() != want {
		t.Errorf("the sheet is %v, want %v", sheet.Bounds().Size(), want)
	}
	// The first cell has the picture, the one beside it only text, in red.
	blue, reds := 0, 0
	for y := headHeight; y < headHeight+cellHeight; y++ {
		for x := labelWidth; x < labelWidth+2*cellWidth; x++ {
			r, g, b, _ := sheet.At(x, y).RGBA()
			switch {
			case x < labelWidth+cellWidth && b>>8 > 0xf0 && r>>8 < 0x20:
				blue++
			case x >= labelWidth+cellWidth && r>>8 > 0x90 && g>>8 < 0x50 && b>>8 < 0x50:
				reds++
			}
		}
	}
	if blue < 1000 || reds < 20 {
		t.Errorf("%d blue pixels in the picture's cell, %d red ones in the text's", blue, reds)
	}
}
