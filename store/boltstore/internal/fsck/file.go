package fsck

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	magic   = 0xED0CDAED
	version = 2

	headerSize  = 16 // of a page
	elementSize = 16
	bucketSize  = 16 // of the head of a bucket
	metaSize    = 64

	noFreelist = math.MaxUint64
)

// order is that of the machine: the file is not for others.
var order = binary.NativeEndian

// A file is one check of a file.
type file struct {
	reader   io.ReaderAt
	pageSize int
	pages    uint64 // how many there are
	root     uint64 // of the bucket of buckets
	freelist uint64 // page of the list of free pages
	depth    Depth
	seen     []atomic.Uint64 // a bit for each page
}

// Check reads the file of that size, and returns an error that is [ErrDamaged] if
// bbolt cannot work with it.
func Check(r io.ReaderAt, size int64, depth Depth) error {
	f := &file{reader: r, depth: depth}
	if err := f.readMeta(size); err != nil {
		return err
	}
	switch {
	case depth != Needed:
	case f.freelist == noFreelist:
		f.depth = All
	default:
		f.depth = Branches
	}
	f.seen = make([]atomic.Uint64, f.pages/64+1)
	buckets, err := f.buckets()
	if err != nil {
		return err
	}
	var group errgroup.Group
	for _, root := range buckets {
		group.Go(func() error {
			w := walker{file: f}
			return w.walk(root, bounds{}, 0)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return f.checkFree()
}

// readMeta finds the newest of the two meta pages that is good.
func (f *file) readMeta(size int64) error {
	buf := make([]byte, headerSize+metaSize)
	newest, found := uint64(0), false
	for _, at := range f.metaOffsets(size) {
		if _, err := f.reader.ReadAt(buf, at); err != nil {
			continue
		}
		m := buf[headerSize:]
		sum := fnv.New64a()
		sum.Write(m[:metaSize-8])
		switch txid := order.Uint64(m[48:]); {
		case at != 0 && at != int64(order.Uint32(m[8:])): // no meta page begins there
		case order.Uint32(m) != magic || order.Uint32(m[4:]) != version,
			order.Uint64(m[56:]) != sum.Sum64():
		case !found || txid > newest:
			newest, found = txid, true
			f.pageSize = int(order.Uint32(m[8:]))
			f.root, f.freelist, f.pages = order.Uint64(m[16:]), order.Uint64(m[32:]), order.Uint64(m[40:])
		}
	}
	switch {
	case !found:
		return fmt.Errorf("%w: no meta page is good", ErrDamaged)
	case f.pageSize < 512 || f.pageSize > 64<<10:
		return fmt.Errorf("%w: pages of %d bytes", ErrDamaged, f.pageSize)
	case f.pages > uint64(size)/uint64(f.pageSize):
		return fmt.Errorf("%w: it has %d bytes of %d", ErrDamaged, size, f.pages*uint64(f.pageSize))
	}
	return nil
}

// metaOffsets returns where meta pages may be: the second behind the first,
// however long that is.
func (f *file) metaOffsets(size int64) []int64 {
	offsets := []int64{0}
	for at := int64(512); at <= 64<<10 && at < size; at *= 2 {
		offsets = append(offsets, at)
	}
	return offsets
}

// buckets checks the bucket of buckets, and returns the root pages of those in it.
func (f *file) buckets() (roots []uint64, err error) {
	w := walker{file: f, bucket: func(root uint64) { roots = append(roots, root) }}
	w.all = true
	return roots, w.walk(f.root, bounds{}, 0)
}

// mark notes that a page is in use, and refuses one that is in use already.
func (f *file) mark(id, overflow uint64) error {
	if id < 2 || id >= f.pages || overflow >= f.pages-id {
		return fmt.Errorf("%w: page %d of %d", ErrDamaged, id, f.pages)
	}
	for ; ; id, overflow = id+1, overflow-1 {
		bit := uint64(1) << (id % 64)
		if f.seen[id/64].Or(bit)&bit != 0 {
			return fmt.Errorf("%w: page %d has two places", ErrDamaged, id)
		}
		if overflow == 0 {
			return nil
		}
	}
}

// checkFree checks that no page is free and in use.
func (f *file) checkFree() error {
	if f.freelist == noFreelist {
		return nil
	}
	var p page
	if err := p.read(f, f.freelist); err != nil {
		return err
	}
	if p.kind != kindFreelist {
		return p.errorf("is no list of free pages")
	}
	if err := f.mark(p.id, p.overflow); err != nil {
		return err
	}
	ids, err := p.free()
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := f.mark(id, 0); err != nil {
			return fmt.Errorf("free: %w", err)
		}
	}
	return nil
}
