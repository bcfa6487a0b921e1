package libav

// #include "job.h"
import "C"

import (
	"fmt"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// covering is how a container holds cover pictures.
type covering int

const (
	noCovers      covering = iota
	streamCovers           // as streams of one packet
	attachCovers           // as attachments
	commentCovers          // one, in a comment of the sound: FFmpeg writes no two of a name
)

// coverCodecs are pictures that players show as covers.
var coverCodecs = []string{"mjpeg", "png"}

// mostCover bounds a cover that is no stream, in bytes. In base64, as in a comment, it is a
// third larger, and all comments of FLAC in Ogg have 16 MiB.
const mostCover = 8 << 20

// cover decides about a cover picture.
func (p *planner) cover(s stream) {
	how := p.target.covers
	switch {
	case how == noCovers:
		p.leaveOut(s, "do not hold a cover picture", "do not hold one")
	case !slices.Contains(coverCodecs, s.codec):
		p.drop(s, p.op.Format+" does not hold "+s.spoken()+" covers")
	case how == streamCovers:
		p.copy(s, "")
	case s.pictureSize <= 0:
		p.drop(s, "there is no picture in it")
	case s.pictureSize > mostCover:
		much := fmt.Sprintf("do not hold one of more than %d MiB", mostCover>>20)
		p.leaveOut(s, much, much)
	case how == commentCovers && len(p.covers) > 0:
		p.leaveOut(s, "hold one cover picture", "hold one only")
	default:
		p.report[s.index].Action = codec.Copied
		p.covers = append(p.covers, s.index)
	}
}

// leaveOut drops a cover with a note: both say what the files made here do.
func (p *planner) leaveOut(s stream, reason, note string) {
	files := p.op.Format + " files made here "
	p.drop(s, files+reason)
	p.note("The cover picture was left out: " + files + note + ".")
}

// addCovers gives the output, whose header is not yet written, the covers that are none of
// its tracks.
func (r *run) addCovers() error {
	for i, input := range r.covers {
		err := r.native(func() C.int {
			return C.spool_add_cover(r.job, C.int(input), C.int(i+1))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
