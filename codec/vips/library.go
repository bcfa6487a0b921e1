package vips

// #cgo pkg-config: vips libjpeg
// #cgo LDFLAGS: -lm
// #include <stdlib.h>
// #include "glue.h"
import "C"

import (
	"sync"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/internal/heap"
)

// start initialises libvips once for the process. What it sets is global: one
// thread for each operation, no cache of operations, and no decoder that its
// authors call untrusted, except JPEG XL's.
var start = sync.OnceValue(func() error {
	heap.Limit()
	if C.spool_start() != 0 {
		text := C.vips_error_buffer_copy()
		defer C.g_free(C.gpointer(unsafe.Pointer(text)))
		return codec.Errorf(codec.Internal, "vips: libvips does not start: %s",
			clean(C.GoString(text)))
	}
	return nil
})

// Version returns the version of the libvips in use, such as "8.14.1".
func Version() string { return C.GoString(C.vips_version_string()) }

// Allocated returns what libvips itself has allocated for pixels: bytes and
// blocks of memory. Both are 0 when nothing runs. What the libraries below it
// allocate is not counted.
func Allocated() (bytes int64, blocks int) {
	return int64(C.vips_tracked_get_mem()), int(C.vips_tracked_get_allocs())
}

// Objects returns how many objects of libvips there are: 0 when nothing runs.
func Objects() int { return int(C.spool_objects()) }

// FreeMemory gives the memory that the C library keeps for later works back to the
// operating system, as [runtime/debug.FreeOSMemory] does with Go's. It is for a host that
// has become idle: what comes next takes that memory anew. Only glibc keeps any.
func FreeMemory() { heap.Trim(0) }

// exists reports whether this build of libvips has the operation.
func exists(operation string) bool {
	name := C.CString(operation)
	base := C.CString("VipsOperation")
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(base))
	return C.vips_type_find(base, name) != 0
}

// unblock lets the loaders of a class run. It is for the process, so the policy
// of each work is checked beside it.
func unblock(class string) {
	name := C.CString(class)
	defer C.free(unsafe.Pointer(name))
	C.spool_unblock(name)
}

// saves reports whether this build of libvips can save the format: that there
// is an operation does not yet mean that there is an encoder.
func saves(f *saver) bool {
	switch {
	case f.operation == "":
		return true
	case !exists(f.operation):
		return false
	}
	ok := false
	_ = run(nowhere(), blank{}, nil, func(s *session) error {
		im, err := s.call("black", args{"width": 16, "height": 16, "bands": 3})
		if err != nil {
			return err
		}
		memory := C.vips_target_new_to_memory()
		s.own(unsafe.Pointer(memory))
		a := args{"in": im, "target": nativeTarget{memory}}
		for name, value := range f.encoderOptions(size{16, 16}, 82, 0) {
			a[name] = value
		}
		ok = s.do(f.operation, a, nil) == nil
		return nil
	})
	return ok
}
