// Package deflate compresses the pixels of PNG files through libdeflate, which takes
// about a third of the time of zlib for as many bytes.
package deflate

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/spoolmedia/spool/codec"
)

// ErrSyntax says that what was written is no PNG file whose pixels are stored.
var ErrSyntax = codec.Errorf(codec.Internal, "deflate: no PNG with stored pixels")

const signature = "\x89PNG\r\n\x1a\n"

// PNG is a writer of PNG files that takes files whose pixels are stored, as libpng
// makes them with a compression of 0, and passes them on with the same pixels, filters
// and chunks, compressed. It holds the pixels of a whole file in memory, or of a part.
type PNG struct {
	w      io.Writer
	level  int
	part   int    // as many bytes are compressed at once, at least; 0 is all
	head   []byte // of what is read: the signature, or length and name of a chunk
	rest   int64  // bytes of the chunk that are to come, its checksum among them
	pixels bool   // the chunk has pixels
	blocks blocks // that the chunks of pixels make up
	raw    buffer // filtered pixels
	sum    uint32 // of all of them
	packed bool   // some are written,
	done   bool   // or all
	begun  bool
	ended  bool
}

// NewPNG returns a PNG that writes to w with a level of libdeflate, from 1 to 12, and
// expects size bytes of filtered pixels. With a part of some 100 KB or more they are
// compressed while others are still to come, to a file that is some tenths of a percent
// larger; with 0 they are at the end. Close it.
func NewPNG(w io.Writer, level, size, part int) *PNG {
	p := &PNG{w: w, level: level, part: part, sum: 1}
	if p.raw.expected = size; part > 0 {
		p.raw.expected = min(size, part+maxStored)
	}
	return p
}

// Write takes the next bytes of the file. Errors of the writer below come back as they
// are.
func (p *PNG) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		took, err := p.step(b)
		if err != nil {
			return n - len(b), err
		}
		b = b[took:]
	}
	return n, nil
}

// step takes some bytes.
func (p *PNG) step(b []byte) (int, error) {
	switch {
	case p.ended:
		return 0, fmt.Errorf("%w: bytes behind the end", ErrSyntax)
	case p.rest == 0:
		return p.stepHead(b)
	}
	took := int(min(p.rest, int64(len(b))))
	err := p.body(b[:took])
	if p.rest -= int64(took); p.rest == 0 {
		p.ended = string(p.head[4:]) == "IEND"
		p.head = p.head[:0]
	}
	return took, err
}

// stepHead takes bytes of the signature or of the head of a chunk, 8 each.
func (p *PNG) stepHead(b []byte) (int, error) {
	took := min(8-len(p.head), len(b))
	if p.head = append(p.head, b[:took]...); len(p.head) < 8 {
		return took, nil
	}
	if !p.begun {
		if string(p.head) != signature {
			return took, ErrSyntax
		}
		p.begun = true
		_, err := p.w.Write(p.head)
		p.head = p.head[:0]
		return took, err
	}
	return took, p.enter(string(p.head[4:]))
}

// enter begins a chunk.
func (p *PNG) enter(name string) error {
	p.rest = int64(binary.BigEndian.Uint32(p.head)) + 4
	if p.pixels = name == "IDAT"; p.pixels {
		if p.done {
			return fmt.Errorf("%w: pixels in two places", ErrSyntax)
		}
		return nil
	}
	if (p.packed || p.raw.n > 0) && !p.done {
		if err := p.finish(); err != nil {
			return err
		}
	}
	_, err := p.w.Write(p.head)
	return err
}

// body takes bytes of a chunk. The checksums of pixels become others.
func (p *PNG) body(b []byte) error {
	if !p.pixels {
		_, err := p.w.Write(b)
		return err
	}
	return p.take(b[:max(0, min(int64(len(b)), p.rest-4))])
}

// take takes bytes of the zlib stream.
func (p *PNG) take(b []byte) error {
	for len(b) > 0 {
		raw, took, err := p.blocks.next(b)
		if err != nil {
			return err
		}
		b = b[took:]
		if err := p.raw.append(raw); err != nil {
			return err
		}
		if p.part > 0 && p.raw.n >= p.part {
			if err := p.pack(false); err != nil {
				return err
			}
		}
	}
	return nil
}

// finish writes what is left of the pixels.
func (p *PNG) finish() error {
	p.done = true
	defer p.raw.free()
	if !p.blocks.ended() {
		return fmt.Errorf("%w: the pixels are cut off", ErrSyntax)
	}
	return p.pack(true)
}

// pack writes the pixels that are there, in one chunk.
func (p *PNG) pack(last bool) error {
	p.sum = adler(p.sum, p.raw.bytes())
	packed, err := compress(p.raw.bytes(), p.level, last)
	if err != nil {
		return err
	}
	defer packed.free()
	const name = "IDAT"
	var before, behind []byte
	if !p.packed {
		before = header
	}
	if last {
		behind = binary.BigEndian.AppendUint32(nil, p.sum)
	}
	p.packed, p.raw.n = true, 0
	n := len(before) + packed.n + len(behind)
	parts := [][]byte{append(binary.BigEndian.AppendUint32(nil, uint32(n)), name...),
		before, packed.bytes(), behind}
	sum := crc32.ChecksumIEEE([]byte(name))
	for _, part := range parts[1:] {
		sum = crc32.Update(sum, crc32.IEEETable, part)
	}
	for _, part := range append(parts, binary.BigEndian.AppendUint32(nil, sum)) {
		if _, err := p.w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// Close frees the memory, and returns an error if the file has not come to its end.
func (p *PNG) Close() error {
	p.raw.free()
	if !p.ended {
		return fmt.Errorf("%w: it is cut off", ErrSyntax)
	}
	return nil
}
