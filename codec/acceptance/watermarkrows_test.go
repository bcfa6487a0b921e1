package acceptance_test

import (
	"github.com/spoolmedia/spool/codec"
)

// text is a watermark with a text on the wall.
func text(change func(w *codec.Watermark)) codec.Watermark {
	w := codec.Watermark{Text: "spool", Format: "png", Margin: new(8), Opacity: new(1.0)}
	change(&w)
	return w
}

var plainText = text(func(*codec.Watermark) {})

var watermarkRows = []fieldRow{
	{"watermark.text", wall, plainText, text(func(w *codec.Watermark) { w.Text = "spool spool" }),
		marks(func(a, b mark) bool { return b.box.Dx() > 3*a.box.Dx()/2 })},
	{"watermark.logo", wall, codec.Watermark{Logo: "red.png"}, codec.Watermark{Logo: "blue.png"},
		marks(func(a, b mark) bool {
			return a.colour.R > a.colour.B+50 && b.colour.B > b.colour.R+50
		})},
	{"watermark.position", wall,
		text(func(w *codec.Watermark) { w.Position = codec.PositionTopLeft }),
		text(func(w *codec.Watermark) { w.Position = codec.PositionBottomRight }),
		marks(func(a, b mark) bool {
			return a.box.Max.X < b.box.Min.X && a.box.Max.Y < b.box.Min.Y
		})},
	{"watermark.margin", wall,
		plainText, text(func(w *codec.Watermark) { w.Margin = new(28) }),
		marks(func(a, b mark) bool {
			return a.box.Max.X-b.box.Max.X == 20 && a.box.Max.Y-b.box.Max.Y == 20
		})},
	{"watermark.opacity", wall, plainText, text(func(w *codec.Watermark) { w.Opacity = new(0.5) }),
		marks(func(a, b mark) bool { return a.far > 150 && b.far > 70 && b.far < 95 })},
	{"watermark.watermarkWidth", wall, text(func(w *codec.Watermark) { w.WatermarkWidth = 40 }),
		text(func(w *codec.Watermark) { w.WatermarkWidth = 120 }),
		marks(func(a, b mark) bool { return near(a.box.Dx(), 40) && near(b.box.Dx(), 120) })},
	{"watermark.scale", wall, text(func(w *codec.Watermark) { w.Scale = 0.2 }),
		text(func(w *codec.Watermark) { w.Scale = 0.6 }),
		marks(func(a, b mark) bool { return near(a.box.Dx(), 40) && near(b.box.Dx(), 120) })},
	{"watermark.fontSize", wall, text(func(w *codec.Watermark) { w.FontSize = 12 }),
		text(func(w *codec.Watermark) { w.FontSize = 36 }),
		marks(func(a, b mark) bool { return near(3*a.box.Dy(), b.box.Dy()) })},
	{"watermark.font", wall, text(func(w *codec.Watermark) { w.Text = "iiii" }),
		text(func(w *codec.Watermark) { w.Text, w.Font = "iiii", codec.FontMono }),
		marks(func(a, b mark) bool { return b.box.Dx() > 3*a.box.Dx()/2 })},
	{"watermark.color", wall,
		text(func(w *codec.Watermark) { w.Color = "#dc1e1e" }),
		text(func(w *codec.Watermark) { w.Color = "#1e1edc" }),
		marks(func(a, b mark) bool {
			return a.colour.R > 180 && b.colour.B > 180 && b.colour.R < 80
		})},
	{"watermark.rotate", wall, plainText, text(func(w *codec.Watermark) { w.Rotate = 90 }),
		marks(func(a, b mark) bool { return a.box.Dx() > a.box.Dy() && b.box.Dx() < b.box.Dy() })},
	{"watermark.tile", wall, plainText, text(func(w *codec.Watermark) { w.Tile = true }),
		marks(func(a, b mark) bool { return b.pixels > 4*a.pixels })},
	{"watermark.format", wall, plainText, text(func(w *codec.Watermark) { w.Format = "jpg" }),
		types("image/png", "image/jpeg")},
	{"watermark.quality", wall, text(func(w *codec.Watermark) { w.Format, w.Quality = "jpg", 20 }),
		text(func(w *codec.Watermark) { w.Format, w.Quality = "jpg", 95 }), quality("20", "95")},
	{"watermark.effort", photo, text(func(w *codec.Watermark) { w.Format, w.Effort = "png", 9 }),
		text(func(w *codec.Watermark) { w.Format, w.Effort = "png", 1 }), larger},
}

// near allows for rounding and for the edges of letters.
func near(got, want int) bool { return max(got-want, want-got) <= 3+want/20 }
