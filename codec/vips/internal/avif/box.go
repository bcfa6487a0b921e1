package avif

import (
	"encoding/binary"
	"fmt"
	"io"
)

// mostIndex bounds the index of a file in memory, and mostBoxes the walk to it.
const (
	mostIndex = 32 << 20
	mostBoxes = 64
)

// findMoov reads the index.
func findMoov(r io.ReaderAt, size int64) (body, error) {
	var at int64
	for range mostBoxes {
		var head [16]byte
		n, err := r.ReadAt(head[:], at)
		switch {
		case n < 8 && (err == io.EOF || err == nil):
			return nil, ErrStill
		case n < 8:
			return nil, err
		}
		length, skip := int64(binary.BigEndian.Uint32(head[:])), int64(8)
		switch {
		case length == 0:
			length = size - at
		case length == 1 && n == 16:
			length, skip = int64(binary.BigEndian.Uint64(head[8:])), 16
		}
		if length < skip || length > size-at {
			return nil, ErrStill
		}
		if string(head[4:8]) == "moov" {
			return readMoov(r, at+skip, length-skip)
		}
		at += length
	}
	return nil, ErrStill
}

func readMoov(r io.ReaderAt, at, length int64) (body, error) {
	if length > mostIndex {
		return nil, fmt.Errorf("%w: its index has %d bytes", ErrSyntax, length)
	}
	b := make([]byte, length)
	if n, err := r.ReadAt(b, at); int64(n) < length {
		return nil, err
	}
	return b, nil
}

// body is what is in a box.
type body []byte

// children calls f for each box inside.
func (b body) children(f func(kind string, inside body) error) error {
	for len(b) >= 8 {
		length, skip := uint64(binary.BigEndian.Uint32(b)), uint64(8)
		switch {
		case length == 0:
			length = uint64(len(b))
		case length == 1 && len(b) >= 16:
			length, skip = binary.BigEndian.Uint64(b[8:]), 16
		}
		if length < skip || length > uint64(len(b)) {
			return fmt.Errorf("%w: a box is too long", ErrSyntax)
		}
		if err := f(string(b[4:8]), b[skip:length]); err != nil {
			return err
		}
		b = b[length:]
	}
	return nil
}

// fields reads the numbers of a box one after the other. Behind the end they are 0, and
// short is set.
type fields struct {
	b     []byte
	short bool
}

func (f *fields) bytes(n int) []byte {
	if n > len(f.b) {
		f.short, f.b = true, nil
		return make([]byte, n)
	}
	b := f.b[:n]
	f.b = f.b[n:]
	return b
}

func (f *fields) skip(n int)   { f.b = f.b[min(n, len(f.b)):] }
func (f *fields) u8() int      { return int(f.bytes(1)[0]) }
func (f *fields) u32() uint32  { return binary.BigEndian.Uint32(f.bytes(4)) }
func (f *fields) u64() uint64  { return binary.BigEndian.Uint64(f.bytes(8)) }
func (f *fields) version() int { return int(f.u32() >> 24) }
func (f *fields) kind() string { return string(f.bytes(4)) }
func (f *fields) long(v int) uint64 {
	if v == 1 {
		return f.u64()
	}
	n := uint64(f.u32())
	if n == 1<<32-1 {
		return endless
	}
	return n
}

// endless is a duration that is not known, or has no end.
const endless = 1<<64 - 1

// err is nil unless the box was too short.
func (f *fields) err(what string) error {
	if f.short {
		return fmt.Errorf("%w: %s is cut off", ErrSyntax, what)
	}
	return nil
}
