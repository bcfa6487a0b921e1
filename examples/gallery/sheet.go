package main

import (
	"image"
	"image/color"
	"image/draw"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// Sizes in pixels.
const (
	cellWidth  = 200
	cellHeight = 170
	labelWidth = 130
	headHeight = 30
	textHeight = 16
	gap        = 6
)

var (
	paper = color.RGBA{0xfa, 0xfa, 0xf8, 0xff}
	ink   = color.RGBA{0x22, 0x22, 0x22, 0xff}
	faint = color.RGBA{0x77, 0x77, 0x77, 0xff}
	red   = color.RGBA{0xb0, 0x20, 0x20, 0xff}
)

// sheet is a picture of cells in rows and columns.
type sheet struct {
	mu      sync.Mutex // guards what follows
	picture *image.RGBA
	face    font.Face
}

// newSheet returns a sheet with its labels and without its cells.
func newSheet(files []string) (*sheet, error) {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 11, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, err
	}
	s := &sheet{
		face: face,
		picture: image.NewRGBA(image.Rect(0, 0,
			labelWidth+len(files)*cellWidth, headHeight+len(rows)*cellHeight)),
	}
	draw.Draw(s.picture, s.picture.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for i, file := range files {
		s.write(filepath.Base(file), image.Rect(0, 0, cellWidth-gap, headHeight).
			Add(image.Pt(labelWidth+i*cellWidth, gap)), ink)
	}
	for i, r := range rows {
		s.write(r.label, image.Rect(gap, 0, labelWidth, cellHeight).
			Add(image.Pt(0, headHeight+i*cellHeight)), ink)
	}
	return s, nil
}

// cell fills a cell: with a picture and a line of text under it, with text alone, or
// with why there is neither.
func (s *sheet) cell(row, column int, picture image.Image, text string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := image.Pt(labelWidth+column*cellWidth, headHeight+row*cellHeight)
	cell := image.Rect(0, 0, cellWidth-gap, cellHeight-gap).Add(at)
	switch {
	case err != nil:
		s.write(err.Error(), cell, red)
	case picture == nil:
		s.write(text, cell, ink)
	default:
		checks(s.picture, picture.Bounds().Sub(picture.Bounds().Min).Add(at))
		draw.Draw(s.picture, picture.Bounds().Sub(picture.Bounds().Min).Add(at),
			picture, picture.Bounds().Min, draw.Over)
		cell.Min.Y = cell.Max.Y - textHeight
		s.write(text, cell, faint)
	}
}

// checks is what is seen through transparent parts.
func checks(m *image.RGBA, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := color.RGBA{0xee, 0xee, 0xee, 0xff}
			if (x/8+y/8)%2 == 0 {
				c = color.RGBA{0xcc, 0xcc, 0xcc, 0xff}
			}
			m.SetRGBA(x, y, c)
		}
	}
}

// write writes text into r, with as many lines and words as fit.
func (s *sheet) write(text string, r image.Rectangle, c color.Color) {
	d := font.Drawer{Dst: s.picture.SubImage(r).(*image.RGBA), Src: image.NewUniform(c), Face: s.face}
	y := r.Min.Y + s.face.Metrics().Ascent.Ceil()
	for line := range strings.Lines(text) {
		for _, part := range s.wrap(strings.TrimRight(line, "\n"), r.Dx()) {
			if y > r.Max.Y {
				return
			}
			d.Dot = fixed.P(r.Min.X, y)
			d.DrawString(part)
			y += s.face.Metrics().Height.Ceil()
		}
	}
}

// wrap breaks a line between words.
func (s *sheet) wrap(line string, width int) (lines []string) {
	now := ""
	for word := range strings.SplitSeq(line, " ") {
		longer := now + " " + word
		if now == "" {
			longer = word
		}
		if now != "" && font.MeasureString(s.face, longer).Ceil() > width {
			lines = append(lines, now)
			longer = word
		}
		now = longer
	}
	return append(lines, now)
}
