package vips

// #include <stdlib.h>
// #include "glue.h"
import "C"

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// args are the arguments of a libvips operation: an image, []image, source or
// target, or text, numbers and booleans, which libvips parses by the argument's
// type.
type args map[string]any

type (
	nativeSource struct{ p *C.VipsSource }
	nativeTarget struct{ p *C.VipsTarget }
)

// call runs a libvips operation that makes an image.
func (s *session) call(name string, a args) (image, error) {
	var out *C.VipsImage
	if err := s.do(name, a, &out); err != nil {
		return image{}, err
	}
	return s.ownImage(out), nil
}

// do runs a libvips operation. An argument that the operation does not have is
// an error of class Internal; [errOperation] says that the operation failed.
func (s *session) do(name string, a args, out **C.VipsImage) error {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	op := C.vips_operation_new(cname)
	if op == nil {
		return codec.Errorf(codec.Internal, "vips: there is no operation %s: %s", name, s.said())
	}
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if err := set(op, key, a[key]); err != nil {
			C.spool_unref(unsafe.Pointer(op))
			return codec.Errorf(codec.Internal, "vips: %s: %w: %s", name, err, s.said())
		}
	}
	if C.spool_run(op, out) != 0 {
		return errOperation
	}
	return nil
}

// errOperation says that libvips failed; the caller turns it into an error with
// session.failure, which knows what libvips said.
var errOperation = fmt.Errorf("vips: operation failed")

func set(op *C.VipsOperation, key string, value any) error {
	ckey := C.CString(key)
	defer C.free(unsafe.Pointer(ckey))
	var failed C.int
	switch v := value.(type) {
	case image:
		failed = C.spool_set_object(op, ckey, unsafe.Pointer(v.p))
	case nativeSource:
		failed = C.spool_set_object(op, ckey, unsafe.Pointer(v.p))
	case nativeTarget:
		failed = C.spool_set_object(op, ckey, unsafe.Pointer(v.p))
	case []image:
		native := make([]*C.VipsImage, len(v))
		for i := range v {
			native[i] = v[i].p
		}
		failed = C.spool_set_images(op, ckey, &native[0], C.int(len(native)))
	default:
		text := C.CString(format(v))
		defer C.free(unsafe.Pointer(text))
		failed = C.vips_object_set_argument_from_string((*C.VipsObject)(unsafe.Pointer(op)), ckey, text)
	}
	if failed != 0 {
		return fmt.Errorf("argument %s=%v was not taken", key, value)
	}
	return nil
}

// format writes a value as libvips reads it.
func format(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []float64:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = format(v[i])
		}
		return strings.Join(texts, " ")
	}
	return fmt.Sprint(value)
}

// said takes what libvips has written down about errors since it was last
// asked, and returns the first line that is about a format of this session: the
// buffer is the process's, and another session's text may be in it.
func (s *session) said() string {
	text := C.vips_error_buffer_copy()
	defer C.g_free(C.gpointer(unsafe.Pointer(text)))
	for line := range strings.Lines(C.GoString(text)) {
		domain, message, _ := strings.Cut(clean(line), ": ")
		domain = strings.ToLower(domain)
		if slices.ContainsFunc(s.words, func(w string) bool { return strings.Contains(domain, w) }) {
			return message
		}
	}
	return ""
}

// word is what the names of an operation and its errors have in common.
func word(operation string) string {
	word, _, _ := strings.Cut(operation, "load")
	word, _, _ = strings.Cut(word, "save")
	return word
}

// maxText bounds a message of the library, which may quote the file.
const maxText = 200

// clean makes a message of the library one printable line.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return text
}
