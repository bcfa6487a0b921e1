package libav

// #include <stdlib.h>
// #include "job.h"
import "C"

import (
	"slices"
	"time"
	"unsafe"

	"github.com/spoolmedia/spool/codec"
)

// chapter is one of the output, with times in microseconds.
type chapter struct {
	start, end int64
	title      string
}

// chaptersFirst are muxers that write chapters before anything else, so that they go
// by the durations that the headers of the parts say.
var chaptersFirst = []string{"mp3", "ogg", "opus"}

// announce adds the chapters of all parts to an output that writes them first.
func (j *joint) announce() error {
	if !j.target.chapters || !slices.Contains(chaptersFirst, j.target.muxer) {
		return nil
	}
	at := time.Duration(0)
	for i, p := range j.parts {
		if p.media.Duration <= 0 && j.named() {
			j.notes = append(j.notes, "Chapters were left out: "+p.in.Name()+
				" does not say how long it lasts.")
			return nil
		}
		end := at + p.media.Duration + seconds(j.gapAfter(i))
		if err := j.addChapters(j.chaptersOf(p, at.Microseconds(), end.Microseconds())); err != nil {
			return err
		}
		at = end
	}
	return nil
}

// gapAfter is the silence behind part i, in seconds: it belongs to the last chapter, as
// MP4 knows none between two.
func (j *joint) gapAfter(i int) float64 {
	if i == len(j.parts)-1 {
		return 0
	}
	return j.gap
}

// named reports whether there are chapters: that was asked for, or a part has some.
func (j *joint) named() bool {
	return j.chapterEach || slices.ContainsFunc(j.parts, func(p part) bool {
		return len(p.chapters) > 0
	})
}

// mark adds the chapters of part i, which was joined from start on, to an output that
// writes them last.
func (j *joint) mark(i int, start int64) error {
	if !j.target.chapters || slices.Contains(chaptersFirst, j.target.muxer) {
		return nil
	}
	end := j.start + int64(j.gapAfter(i)*1e6)
	return j.addChapters(j.chaptersOf(j.parts[i], start, end))
}

// chaptersOf are the chapters of a part that lasts from start to end, or one for it.
func (j *joint) chaptersOf(p part, start, end int64) []chapter {
	if len(p.chapters) == 0 && j.named() {
		return []chapter{{start, end, codec.Format{}.OutputName(p.in.Name())}}
	}
	var all []chapter
	for i, c := range p.chapters {
		from := start + int64((c.Start-p.start)*1e6)
		to := start + int64((c.End-p.start)*1e6)
		if i == len(p.chapters)-1 {
			to = end
		}
		if from = max(from, start); from < end {
			all = append(all, chapter{from, min(max(from, to), end), c.Title})
		}
	}
	return all
}

// addChapters adds chapters to the output.
func (s *session) addChapters(all []chapter) error {
	for _, c := range all {
		title := C.CString(c.title)
		err := s.native(func() C.int {
			return C.spool_add_chapter(s.job, C.int64_t(c.start), C.int64_t(c.end), title)
		})
		C.free(unsafe.Pointer(title))
		if err != nil {
			return err
		}
	}
	return nil
}
