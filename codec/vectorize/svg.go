package vectorize

import (
	"bufio"
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"
)

// unitsPerPixel is how many units of the drawing a pixel has: coordinates are whole numbers.
const unitsPerPixel = 5

// drawing writes an SVG (SVG 1.1, 8.3).
type drawing struct {
	w *bufio.Writer
}

// begin starts a drawing of the size that shows w × h traced pixels.
func (d drawing) begin(width, height, w, h int) {
	fmt.Fprintf(d.w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"`, width, height)
	fmt.Fprintf(d.w, ` viewBox="0 0 %d %d"`, w*unitsPerPixel, h*unitsPerPixel)
	if width*h != height*w {
		d.w.WriteString(` preserveAspectRatio="none"`)
	}
	d.w.WriteString(">\n")
}

func (d drawing) end() error {
	d.w.WriteString("</svg>\n")
	return d.w.Flush()
}

// path writes a filled shape.
func (d drawing) path(c color.NRGBA, contours [][]curve) {
	fmt.Fprintf(d.w, `<path fill="%s"`, hex(c))
	if c.A < 255 {
		fmt.Fprintf(d.w, ` fill-opacity="%s"`,
			strconv.FormatFloat(math.Round(float64(c.A)/255*100)/100, 'f', -1, 64))
	}
	d.w.WriteString(` d="`)
	p := pen{w: d.w}
	for _, c := range contours {
		p.contour(c)
	}
	d.w.WriteString("\"/>\n")
}

// pen writes the data of a path, with relative coordinates and no letter or space
// too much.
type pen struct {
	w       io.Writer
	at      [2]int
	command byte
	buf     []byte
}

func units(p point) [2]int {
	return [2]int{int(math.Round(p.x * unitsPerPixel)), int(math.Round(p.y * unitsPerPixel))}
}

// contour closes what it draws; the line back to the start needs no words.
func (p *pen) contour(curves []curve) {
	if len(curves) == 0 {
		return
	}
	start := units(curves[0].p[0])
	p.write('m', start[0]-p.at[0], start[1]-p.at[1])
	p.at = start
	for i, c := range curves {
		to := units(c.p[3])
		dx, dy := to[0]-p.at[0], to[1]-p.at[1]
		switch {
		case dx == 0 && dy == 0 && c.line:
		case c.line && i == len(curves)-1:
		case c.line && dy == 0:
			p.write('h', dx)
		case c.line && dx == 0:
			p.write('v', dy)
		case c.line:
			p.write('l', dx, dy)
		default:
			a, b := units(c.p[1]), units(c.p[2])
			p.write('c', a[0]-p.at[0], a[1]-p.at[1], b[0]-p.at[0], b[1]-p.at[1], dx, dy)
		}
		p.at = to
	}
	p.write('z')
	p.at = start
}

// write puts a command; one that repeats needs no letter, and a line follows a
// move without one.
func (p *pen) write(command byte, numbers ...int) {
	p.buf = p.buf[:0]
	repeats := command == p.command && command != 'm' && command != 'z' ||
		command == 'l' && p.command == 'm'
	if !repeats {
		p.buf = append(p.buf, command)
	}
	for i, n := range numbers {
		if n >= 0 && (i > 0 || repeats) {
			p.buf = append(p.buf, ' ')
		}
		p.buf = strconv.AppendInt(p.buf, int64(n), 10)
	}
	p.command = command
	p.w.Write(p.buf) // a bufio.Writer keeps its error for Flush
}
