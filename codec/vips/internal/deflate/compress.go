package deflate

// #cgo pkg-config: libdeflate zlib
// #include <libdeflate.h>
// #include <stdlib.h>
// #include "open.h"
import "C"

import (
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// ErrMemory says that there is not enough memory.
var ErrMemory = codec.Errorf(codec.Memory, "there is not enough memory to deflate it")

// buffer is memory outside of Go's heap, so that none is left behind of a large
// picture. Free it.
type buffer struct {
	p           unsafe.Pointer
	n, capacity int
	expected    int // the capacity to begin with
}

func (b *buffer) bytes() []byte { return unsafe.Slice((*byte)(b.p), b.n) }

func (b *buffer) append(more []byte) error {
	if need := b.n + len(more); need > b.capacity {
		if err := b.resize(max(need, b.expected, b.capacity+b.capacity/2)); err != nil {
			return err
		}
	}
	copy(unsafe.Slice((*byte)(b.p), b.capacity)[b.n:], more)
	b.n += len(more)
	return nil
}

func (b *buffer) resize(capacity int) error {
	p := C.spool_resize(b.p, C.size_t(capacity))
	if p == nil {
		return ErrMemory
	}
	b.p, b.capacity = p, capacity
	return nil
}

func (b *buffer) free() {
	C.free(b.p)
	*b = buffer{}
}

// header is that of a zlib stream (RFC 1950).
var header = []byte{0x78, 0x9c}

// compress makes a deflate stream of raw, which others can follow if it is not the last.
// Free it.
func compress(raw []byte, level int, last bool) (*buffer, error) {
	c := C.libdeflate_alloc_compressor(C.int(level))
	if c == nil {
		return nil, ErrMemory
	}
	defer C.libdeflate_free_compressor(c)
	b := new(buffer)
	bound := C.libdeflate_deflate_compress_bound(c, C.size_t(len(raw)))
	if err := b.resize(int(bound) + C.spool_opening); err != nil {
		return nil, err
	}
	b.n = int(C.libdeflate_deflate_compress(c, unsafe.Pointer(unsafe.SliceData(raw)),
		C.size_t(len(raw)), b.p, bound))
	if b.n > 0 && !last {
		b.n = int(C.spool_open((*C.uchar)(b.p), C.size_t(b.n)))
	}
	if b.n == 0 {
		b.free()
		return nil, codec.Errorf(codec.Internal, "deflate: libdeflate does not compress")
	}
	return b, nil
}

// adler continues the checksum of a zlib stream, which begins with 1.
func adler(sum uint32, raw []byte) uint32 {
	return uint32(C.libdeflate_adler32(C.uint32_t(sum), unsafe.Pointer(unsafe.SliceData(raw)),
		C.size_t(len(raw))))
}
