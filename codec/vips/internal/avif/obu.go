package avif

import "fmt"

// The parts of an AV1 stream (OBUs) that are looked at: the specification's section 5.
const (
	obuSequence  = 1
	obuDelimiter = 2
)

// obus calls f for each part of a frame.
func obus(b []byte, f func(kind int, whole, payload []byte) error) error {
	for len(b) > 0 {
		kind, extended, sized := int(b[0]>>3&15), b[0]&4 != 0, b[0]&2 != 0
		head := 1
		if extended {
			head++
		}
		length := len(b) - head
		if sized {
			n, bytes := leb128(b[min(head, len(b)):])
			head, length = head+bytes, n
		}
		if length < 0 || head+length > len(b) {
			return fmt.Errorf("%w: a frame is broken", ErrSyntax)
		}
		if err := f(kind, b[:head+length], b[head:head+length]); err != nil {
			return err
		}
		b = b[head+length:]
	}
	return nil
}

// leb128 reads a number of groups of 7 bits; -1 if it has no end.
func leb128(b []byte) (n, bytes int) {
	for i := range min(len(b), 5) {
		n |= int(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return n, i + 1
		}
	}
	return -1, 0
}

// checkSize wants the largest pictures to be of a size wherever a frame says that, and
// reports whether it does.
func checkSize(frame []byte, width, height int) (known bool, err error) {
	err = obus(frame, func(kind int, _, payload []byte) error {
		if kind != obuSequence {
			return nil
		}
		known = true
		h, err := readSequenceHeader(payload)
		if err == nil && (h.width != width || h.height != height) {
			err = fmt.Errorf("%w: a frame is of %d × %d pixels", ErrSyntax, h.width, h.height)
		}
		return err
	})
	return known, err
}

// sequenceHeader is the beginning of a sequence header, section 5.5.1.
type sequenceHeader struct{ profile, level, tier, width, height int }

func readSequenceHeader(payload []byte) (sequenceHeader, error) {
	b := &bits{b: payload}
	var h sequenceHeader
	h.profile = b.take(3)
	b.take(1)
	if b.flag() { // a still picture with a short header
		h.level = b.take(5)
	} else {
		h.readPoints(b)
	}
	wide, high := b.take(4)+1, b.take(4)+1
	h.width, h.height = b.take(wide)+1, b.take(high)+1
	if b.short {
		return h, fmt.Errorf("%w: a frame's header is cut off", ErrSyntax)
	}
	return h, nil
}

// readPoints reads the operating points, and keeps what the first is.
func (h *sequenceHeader) readPoints(b *bits) {
	models, delayBits := false, 0
	if b.flag() { // timing
		b.take(32)
		b.take(32)
		if b.flag() {
			b.unsigned()
		}
		if models = b.flag(); models {
			delayBits = b.take(5) + 1
			b.take(32)
			b.take(10)
		}
	}
	delays := b.flag()
	for i := range b.take(5) + 1 {
		b.take(12)
		level, tier := b.take(5), 0
		if level > 7 {
			tier = b.take(1)
		}
		if models && b.flag() {
			b.take(delayBits)
			b.take(delayBits)
			b.take(1)
		}
		if delays && b.flag() {
			b.take(4)
		}
		if i == 0 {
			h.level, h.tier = level, tier
		}
	}
}

// bits reads from the highest bit on. Behind the end they are 0, and short is set.
type bits struct {
	b     []byte
	at    int
	short bool
}

func (b *bits) take(n int) int {
	v := 0
	for range n {
		v <<= 1
		if b.at/8 < len(b.b) {
			v |= int(b.b[b.at/8]>>(7-b.at%8)) & 1
		} else {
			b.short = true
		}
		b.at++
	}
	return v
}

func (b *bits) flag() bool { return b.take(1) == 1 }

// unsigned skips a number that tells its own length, section 4.10.3.
func (b *bits) unsigned() {
	zeros := 0
	for !b.flag() && !b.short {
		zeros++
	}
	if zeros < 32 {
		b.take(zeros)
	}
}
