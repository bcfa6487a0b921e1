package archive

import (
	"context"
	"io"

	"github.com/spoolmedia/spool/codec"
)

// extract makes an output of each file.
func extract(ctx context.Context, w *codec.Work) error {
	s, err := newSession(ctx, w)
	if err != nil {
		return err
	}
	x := &extractor{session: s}
	defer x.abort()
	return s.do(x.run)
}

// extractor holds the last output open until it is known what comes next, so that
// notes about entries behind it find a place.
type extractor struct {
	*session
	notes   notes
	outputs unique
	last    *output
}

func (x *extractor) run() error {
	archive, err := x.open()
	if err != nil {
		return err
	}
	if err := x.walk(archive.all, &x.notes, x.file); err != nil {
		return err
	}
	if x.last == nil {
		return codec.Errorf(codec.Invalid, "%s holds no files", x.in.Name())
	}
	return x.commit()
}

func (x *extractor) file(f found) error {
	if f.kind == folder {
		return nil
	}
	if err := x.commit(); err != nil {
		return err
	}
	return x.body(f.entry, func(mediaType string, r io.Reader) error {
		out, err := x.create(x.outputs.name(outputName(f.path)), mediaType)
		if err != nil {
			return err
		}
		x.last = out
		out.result = codec.Result{Path: f.path, Streams: copied(), Notes: x.notes.take()}
		_, err = io.Copy(out, r)
		return err
	})
}

// commit ends the last output, with the notes that came after it.
func (x *extractor) commit() error {
	if x.last == nil {
		return nil
	}
	x.last.result.Notes = append(x.last.result.Notes, x.notes.take()...)
	return x.last.commit()
}

func (x *extractor) abort() {
	if x.last != nil {
		x.last.abort()
	}
}
