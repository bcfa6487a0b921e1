package libav

// #include <stdlib.h>
// #include "job.h"
import "C"

import (
	"context"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// addition is a track of subtitles that is added to a film.
type addition struct {
	op     codec.AddSubtitles
	in     codec.Input
	script script
}

// attachRequest is the request for a film with more subtitles.
func attachRequest(op codec.AddSubtitles, mediaType string,
	refs map[string]codec.Input) (request, error) {
	if op.Format = op.Target(); op.Format == "" {
		op.Format = sameFormat(mediaType)
	}
	in, ok := refs["subtitles"]
	if !ok {
		return request{}, codec.Errorf(codec.Protocol, "libav: the subtitles are not there")
	}
	return request{Convert: codec.Convert{Format: op.Format}.WithDefaults(),
		attached: &addition{op: op, in: in}}, nil
}

// read reads the subtitles.
func (a *addition) read(ctx context.Context, policy codec.Policy) (err error) {
	a.script, err = readScript(ctx, a.in, policy)
	return err
}

// attach adds the track to the output, whose header is not yet written.
func (r *run) attach(a *addition) error {
	disposition := 0
	if a.op.Default {
		disposition |= C.AV_DISPOSITION_DEFAULT
	}
	if a.op.Forced {
		disposition |= C.AV_DISPOSITION_FORCED
	}
	encoder, header := C.CString(r.target.text), C.CString(a.script.header)
	language, title := C.CString(threeLetters(a.op.Language)), C.CString(a.op.Title)
	for _, text := range []*C.char{encoder, header, language, title} {
		defer C.free(unsafe.Pointer(text))
	}
	err := r.native(func() C.int {
		return C.spool_add_cues(r.job, encoder, header, language, title, C.int(disposition))
	})
	for _, c := range a.script.cues {
		if err == nil {
			err = r.giveCue(c)
		}
	}
	r.notes = append(r.notes, a.script.notes...)
	return err
}

func (s *session) giveCue(c cue) error {
	text := C.CString(c.text)
	defer C.free(unsafe.Pointer(text))
	return s.native(func() C.int {
		return C.spool_give_cue(s.job, C.int64_t(c.start), C.int64_t(c.end), text)
	})
}
