package libav

// #include <stdlib.h>
// #include "job.h"
import "C"

import (
	"context"
	"sync"
	"time"
	"unsafe"
)

// trialTime is how long a trial may take. What opens a device can hang in its driver: a
// call that does is lost, with its thread and what it holds, since C cannot be stopped.
const trialTime = 10 * time.Second

// trial encodes a picture with the encoder of that name, and says in which pixel format
// it was given; false: that cannot be done.
type trial func(name string) (pixels string, works bool)

// search looks, once and when it is first asked, for an encoder of hardware that works.
type search struct {
	names []string
	try   trial
	once  sync.Once
	over  chan struct{} // closed when the fields below are final
	found *hardwareEncoder
	// silent is the encoder whose trial did not end. None is tried after it, as they
	// may hang in the same driver: so at most one thread is lost for each codec.
	silent string
}

// tryHardware returns what looks for the encoder of each codec.
func tryHardware(names map[string][]string, try trial) map[string]*search {
	searches := map[string]*search{}
	for name, candidates := range names {
		searches[name] = &search{names: candidates, try: try, over: make(chan struct{})}
	}
	return searches
}

// result waits for the end of the search, or of ctx, as others may wait for it, too. Then
// it is the encoder, or nil and which one gave no answer, if any.
func (s *search) result(ctx context.Context) (found *hardwareEncoder, silent string) {
	s.once.Do(func() { go s.run() })
	select {
	case <-s.over:
		return s.found, s.silent
	case <-ctx.Done():
		return nil, ""
	}
}

func (s *search) run() {
	defer close(s.over)
	for _, name := range s.names {
		answer := make(chan *hardwareEncoder, 1) // taken by nobody if it comes too late
		go func() {
			var h *hardwareEncoder
			if pixels, works := s.try(name); works {
				h = &hardwareEncoder{name, pixels}
			}
			answer <- h
		}()
		late := time.NewTimer(trialTime)
		select {
		case s.found = <-answer:
		case <-late.C:
			s.silent = name
		}
		late.Stop()
		if s.found != nil || s.silent != "" {
			return
		}
	}
}

// encodesPicture is the trial by the libraries. It goes the way of real work.
func encodesPicture(name string) (pixels string, works bool) {
	const size = 32
	encoder, format := C.CString(name), (*C.char)(C.calloc(1, size))
	defer C.free(unsafe.Pointer(encoder))
	defer C.free(unsafe.Pointer(format))
	works = C.spool_trial(encoder, format, size) >= 0
	return C.GoString(format), works
}
