package vips

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spoolmedia/spool/codec/vips/internal/deflate"
)

// PNG files are deflated by libdeflate: libvips writes their pixels stored, and
// [deflate.PNG] compresses those, all at once. With the level 6, which is the usual,
// the files of 12 photographs and drawings of 720 pixels were 0.5 % smaller in the
// median than with the 6 of zlib (from 7.5 % smaller to 0.7 % larger), in a third of the
// time; with 5 one was 2.6 % larger, with 4 it was 3.7 %. With filters, 8 is what 6 is
// without them: up to 3 % larger than with zlib with 6, up to 1 % with 8. 12 takes as
// long as zlib with 9 and makes files 3 to 9 % smaller.
//
// What has more than mostDeflated bytes is deflated by zlib, as it comes.
const mostDeflated = 64 << 20

// partDeflated is how many bytes are deflated at once while more are made.
const partDeflated = 256 << 10

// deflation is a level of libdeflate, and what it takes of a core of 2 GHz for each
// byte of filtered pixels of a photograph, in nanoseconds.
type deflation struct {
	level   int
	perByte int64
}

// deflations are the levels that are used, the slowest first.
var deflations = []deflation{{12, 300}, {10, 200}, {8, 125}, {6, 32}, {1, 6}}

// deflateLevel returns the highest level up to the wanted one that deflates size bytes
// within chosenTime, for libdeflate cannot be interrupted; above mostDeflated it is the
// level of zlib.
func deflateLevel(wanted int, size int64) int {
	if size > mostDeflated {
		return min(wanted, 9)
	}
	for _, d := range deflations {
		if d.level <= wanted && time.Duration(size*d.perByte) <= chosenTime {
			return d.level
		}
	}
	return 1
}

// deflated is how many bytes of filtered pixels the encoder of a PNG makes of a picture
// of size z with the pixels of im, at most; 0 is another format.
func (f *saver) deflated(im image, z size) int64 {
	if f.operation != "pngsave_target" {
		return 0
	}
	return int64(z.h) * (1 + int64(z.w)*int64(im.bands()*im.sampleSize()))
}

// deflates reports whether libdeflate has a part in encoding a picture of size z.
func (f *saver) deflates(im image, z size) bool {
	n := f.deflated(im, z)
	return n > 0 && n <= mostDeflated
}

// deflater stands between the encoder of im and w, and tells the encoder to leave the
// rest to it.
func (c *conversion) deflater(im image, a args, w io.Writer) *deflate.PNG {
	level, _ := strconv.Atoi(fmt.Sprint(a["compression"]))
	a["compression"] = 0
	part := 0
	if c.isAhead { // the decoder is at work, too
		part = partDeflated
	}
	return deflate.NewPNG(w, level, int(c.saver.deflated(im, size{im.width(), im.height()})), part)
}
