package fsck

import (
	"fmt"
	"slices"
)

// The kinds of pages.
const (
	kindBranch   = 0x01
	kindLeaf     = 0x02
	kindFreelist = 0x10
)

// bucketFlag marks an element of a leaf whose value is a bucket.
const bucketFlag = 0x01

// A page is one page in memory, with those that it overflows into.
type page struct {
	id       uint64
	kind     uint16
	count    int
	overflow uint64
	buf      []byte
}

// read reads the page with that number. It uses the memory of the page before.
func (p *page) read(f *file, id uint64) error {
	p.id = id
	if id < 2 || id >= f.pages {
		return fmt.Errorf("%w: page %d of %d", ErrDamaged, id, f.pages)
	}
	p.buf = slices.Grow(p.buf[:0], f.pageSize)[:f.pageSize]
	if err := p.fill(f, 0); err != nil {
		return err
	}
	if got := order.Uint64(p.buf); got != id {
		return p.errorf("says that it is page %d", got)
	}
	p.parse()
	if p.overflow >= f.pages-id {
		return p.errorf("goes on behind the end")
	}
	if p.overflow == 0 {
		return nil
	}
	size := f.pageSize * (1 + int(p.overflow))
	p.buf = slices.Grow(p.buf, size-f.pageSize)[:size]
	return p.fill(f, f.pageSize)
}

func (p *page) fill(f *file, from int) error {
	if _, err := f.reader.ReadAt(p.buf[from:], int64(p.id)*int64(f.pageSize)+int64(from)); err != nil {
		return fmt.Errorf("page %d: %w", p.id, err)
	}
	return nil
}

func (p *page) parse() {
	p.kind, p.count = order.Uint16(p.buf[8:]), int(order.Uint16(p.buf[10:]))
	p.overflow = uint64(order.Uint32(p.buf[12:]))
}

func (p *page) errorf(format string, args ...any) error {
	return fmt.Errorf("%w: page %d %s", ErrDamaged, p.id, fmt.Sprintf(format, args...))
}

// cut returns n bytes of the page from there on.
func (p *page) cut(from, n uint64) ([]byte, error) {
	if size := uint64(len(p.buf)); from > size || n > size-from {
		return nil, p.errorf("has an element beyond its end")
	}
	return p.buf[from : from+n], nil
}

// element returns the element with that index: of a branch its key and page, of a
// leaf its key, its value and whether that is a bucket.
func (p *page) element(i int) (e element, err error) {
	at := uint64(headerSize + elementSize*i)
	head, err := p.cut(at, elementSize)
	if err != nil {
		return element{}, err
	}
	pos, size, valueSize := order.Uint32(head), order.Uint32(head[4:]), uint32(0)
	if p.kind == kindBranch {
		e.page = order.Uint64(head[8:])
	} else {
		e.isBucket = order.Uint32(head)&bucketFlag != 0
		pos, size, valueSize = size, order.Uint32(head[8:]), order.Uint32(head[12:])
	}
	if e.key, err = p.cut(at+uint64(pos), uint64(size)); err != nil {
		return element{}, err
	}
	if size == 0 {
		return element{}, p.errorf("has an empty key")
	}
	e.value, err = p.cut(at+uint64(pos)+uint64(size), uint64(valueSize))
	return e, err
}

// An element is one entry of a page.
type element struct {
	key      []byte
	page     uint64 // of a branch
	value    []byte // of a leaf
	isBucket bool
}

// free returns the numbers in a list of free pages.
func (p *page) free() ([]uint64, error) {
	count, at := uint64(p.count), uint64(headerSize)
	if count == 0xFFFF { // the count is too large for its place
		b, err := p.cut(at, 8)
		if err != nil {
			return nil, err
		}
		count, at = order.Uint64(b), at+8
	}
	if count > uint64(len(p.buf))/8 {
		return nil, p.errorf("lists %d free pages", count)
	}
	b, err := p.cut(at, 8*count)
	if err != nil {
		return nil, err
	}
	ids := make([]uint64, count)
	for i := range ids {
		ids[i] = order.Uint64(b[8*i:])
	}
	return ids, nil
}
