package deflate

/*
#cgo pkg-config: libdeflate
#include <libdeflate.h>
#include <stdlib.h>

// cgo ends the process where malloc of its own fails.
static void *spool_resize(void *p, size_t n) { return realloc(p, n); }
*/
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

// compress makes a zlib stream of raw. Free it.
func compress(raw []byte, level int) (*buffer, error) {
	c := C.libdeflate_alloc_compressor(C.int(level))
	if c == nil {
		return nil, ErrMemory
	}
	defer C.libdeflate_free_compressor(c)
	b := new(buffer)
	if err := b.resize(int(C.libdeflate_zlib_compress_bound(c, C.size_t(len(raw))))); err != nil {
		return nil, err
	}
	b.n = int(C.libdeflate_zlib_compress(c, unsafe.Pointer(unsafe.SliceData(raw)),
		C.size_t(len(raw)), b.p, C.size_t(b.capacity)))
	if b.n == 0 {
		b.free()
		return nil, codec.Errorf(codec.Internal, "deflate: libdeflate does not compress")
	}
	return b, nil
}
