package libav

// #include <stdlib.h>
// #include "job.h"
// static char *message(int code, char *s, size_t n) { av_strerror(code, s, n); return s; }
import "C"

import (
	"fmt"
	"unsafe"
)

// Version is the release of libavformat in use, such as "59.27.100".
func Version() string {
	v := uint(C.avformat_version())
	return fmt.Sprintf("%d.%d.%d", v>>16, v>>8&0xFF, v&0xFF)
}

func hasDemuxer(name string) bool {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.av_find_input_format(s) != nil
}

func hasMuxer(name string) bool {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.av_guess_format(s, nil, nil) != nil
}

func hasEncoder(name string) bool {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.avcodec_find_encoder_by_name(s) != nil
}

func hasFilter(name string) bool {
	s := C.CString(name)
	defer C.free(unsafe.Pointer(s))
	return C.avfilter_get_by_name(s) != nil
}

// nativeError is a failure of the libraries.
type nativeError struct {
	code   int
	detail string // such as the name of an option
}

func (e nativeError) Error() string {
	text := make([]byte, 128)
	m := C.GoString(C.message(C.int(e.code), (*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(text))))
	if e.detail != "" {
		return m + ": " + e.detail
	}
	return m
}

// Codes of nativeError.
const (
	codeNoMemory      = -C.ENOMEM
	codeExternal      = C.AVERROR_EXTERNAL
	codeUnknownOption = C.AVERROR_OPTION_NOT_FOUND
	codeNoDecoder     = C.AVERROR_DECODER_NOT_FOUND
	codeNoEncoder     = C.AVERROR_ENCODER_NOT_FOUND
	codeInvalid       = C.AVERROR_INVALIDDATA
	codeOfOld         = -1 // what decoders such as that of Theora call invalid data
	codeUnwritten     = C.AVERROR_PATCHWELCOME
	codeArgument      = -C.EINVAL
	codeEnd           = C.AVERROR_EOF
)
