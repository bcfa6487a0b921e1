package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// offersInside returns the conversions that the codecs do on the files inside a
// zip, by lane. Archives in archives are not unpacked.
func (c *Codec) offersInside() []codec.Offer {
	var offers []codec.Offer
	var seen []string
	for _, one := range c.inside {
		for _, o := range one.Offers() {
			if o.Op != (codec.Convert{}).Name() {
				continue
			}
			i := slices.IndexFunc(offers, func(other codec.Offer) bool { return other.Lane == o.Lane })
			if i < 0 {
				i = len(offers)
				offers = append(offers, codec.Offer{Op: o.Op, From: []string{zipType}, Lane: o.Lane})
			}
			for _, format := range o.To {
				if !slices.Contains(seen, format) && !slices.Contains(writable, format) {
					seen = append(seen, format)
					offers[i].To = append(offers[i].To, format)
				}
			}
		}
	}
	return slices.DeleteFunc(offers, func(o codec.Offer) bool { return len(o.To) == 0 })
}

// convertInside converts the files inside a zip, one after the other. A file that
// cannot be converted is left out, with a note; it is an error if nothing is left.
func (c *Codec) convertInside(ctx context.Context, w *codec.Work) error {
	s, err := newSession(ctx, w)
	if err != nil {
		return err
	}
	// What is read tells little here; see file.
	s.progress.report = func(float64) {}
	x := &unpacker{session: s, work: *w, codecs: c.inside}
	defer x.abort()
	return s.do(x.run)
}

// unpacker hands the files of an archive to other codecs. It is their sink: it
// gives each output a name of its own, and holds the last one open until it is
// known what comes next, so that notes find a place.
type unpacker struct {
	*session
	work   codec.Work
	codecs []codec.Codec

	files, done int
	path        string // of the file at hand
	notes       notes
	names       unique
	last        *held
	refused     error // why the first file was left out
}

func (x *unpacker) run() error {
	archive, err := x.open()
	if err != nil {
		return err
	}
	for e, err := range archive.all {
		if err != nil {
			return err
		}
		if e.kind == file {
			x.files++
		}
	}
	if err := x.walk(archive.all, &x.notes, x.entry); err != nil {
		return err
	}
	switch {
	case x.last != nil:
		return x.flush()
	case x.refused != nil:
		return codec.Errorf(codec.ClassOf(x.refused), "%s holds nothing that can be converted to %s: %w",
			x.in.Name(), codec.Target(x.work.Op), x.refused)
	}
	return codec.Errorf(codec.Invalid, "%s holds no files", x.in.Name())
}

// entry converts one file.
func (x *unpacker) entry(f found) error {
	if f.kind != file {
		return nil
	}
	err := x.body(f.entry, func(mediaType string, r io.Reader) error {
		if f.size == 0 {
			return leftOut{codec.Errorf(codec.Invalid, "it is empty")}
		}
		cd := x.codecFor(mediaType)
		if cd == nil {
			return leftOut{codec.Errorf(codec.Unsupported, "it is %s", codec.TypeName(mediaType))}
		}
		return x.convert(cd, f.path, mediaType, r)
	})
	x.done++
	if left, ok := errors.AsType[leftOut](err); ok {
		x.notes.add("%q was left out: %v", f.path, left.reason)
		if x.refused == nil {
			x.refused = codec.Errorf(codec.ClassOf(left.reason), "%s: %w", f.path, left.reason)
		}
		return nil
	}
	return err
}

// leftOut is why a file has no output; the others go on.
type leftOut struct{ reason error }

func (l leftOut) Error() string { return l.reason.Error() }

func (x *unpacker) codecFor(mediaType string) codec.Codec {
	for _, c := range x.codecs {
		for _, o := range c.Offers() {
			if o.Takes(x.work.Op, mediaType) {
				return c
			}
		}
	}
	return nil
}

// convert unpacks a file to where it can be read by range, and converts it.
func (x *unpacker) convert(cd codec.Codec, name, mediaType string, r io.Reader) error {
	scratch, err := x.out.Create(x.ctx, codec.OutSpec{
		Name: fmt.Sprintf("unpacked-%d.tmp", x.done+1), Type: mediaType, Seekable: true, Intermediate: true,
	})
	if err != nil {
		x.keep(err)
		return err
	}
	defer scratch.Abort()
	size, err := io.Copy(kept{x.session, scratch}, r)
	if err != nil {
		return err
	}
	seekable, ok := scratch.(codec.SeekableWriter)
	if !ok {
		return codec.Errorf(codec.Protocol, "archive: the sink has no seekable outputs")
	}
	x.path = name
	work := x.work
	work.In = []codec.Input{&unpacked{seekable, path.Base(name), mediaType, size}}
	work.Out = x
	work.Progress = func(p codec.Progress) {
		x.work.Report((float64(x.done) + p.Fraction) / float64(x.files))
	}
	// What the engine does before it calls a codec.
	media, _, err := cd.Probe(x.ctx, &work)
	if err == nil {
		err = work.Policy.Limits.Check(path.Base(name), media)
	}
	if err == nil {
		err = cd.Process(x.ctx, &work)
	}
	switch codec.ClassOf(err) {
	case codec.Invalid, codec.Unsupported, codec.Limit:
		if _, ok := errors.AsType[*codec.Error](err); ok && x.ctx.Err() == nil && x.writeErr == nil {
			return leftOut{err}
		}
	}
	return err
}

// unpacked is a file of an archive, to be read by range.
type unpacked struct {
	io.ReaderAt
	name, mediaType string
	size            int64
}

func (u *unpacked) Size() int64  { return u.size }
func (u *unpacked) Name() string { return u.name }
func (u *unpacked) Type() string { return u.mediaType }

// keep keeps the first fault of the sink.
func (x *unpacker) keep(err error) {
	if err != nil && x.writeErr == nil {
		x.writeErr = err
	}
}

// kept is a writer whose faults the session keeps.
type kept struct {
	s *session
	w io.Writer
}

func (k kept) Write(p []byte) (int, error) {
	n, err := k.w.Write(p)
	if err != nil && k.s.writeErr == nil {
		k.s.writeErr = err
	}
	return n, err
}

// Create implements [codec.Sink] for the codecs.
func (x *unpacker) Create(_ context.Context, spec codec.OutSpec) (codec.Writer, error) {
	spec.Name = x.names.name(spec.Name)
	// It is committed after the codec has returned, whose context has ended then.
	w, err := x.out.Create(x.ctx, spec)
	if err != nil {
		x.keep(err)
		return nil, err
	}
	h := &held{Writer: w, x: x, path: path.Join(path.Dir(x.path), spec.Name)}
	if seekable, ok := w.(codec.SeekableWriter); ok {
		return &heldSeekable{seekable, h}, nil
	}
	return h, nil
}

// held is an output whose commit waits for the notes about what comes after it.
type held struct {
	codec.Writer
	x         *unpacker
	path      string
	result    codec.Result
	committed bool
}

func (h *held) Write(p []byte) (int, error) {
	return kept{h.x.session, h.Writer}.Write(p)
}

// Commit commits the output before, and keeps this one open.
func (h *held) Commit(r codec.Result) error {
	if err := h.x.flush(); err != nil {
		return err
	}
	r.Path = h.path
	r.Notes = append(slices.Clone(r.Notes), h.x.notes.take()...)
	h.result, h.committed = r, true
	h.x.last = h
	return nil
}

// Abort drops the output, unless it is committed in the eyes of its codec.
func (h *held) Abort() error {
	if h.committed {
		return nil
	}
	return h.Writer.Abort()
}

// heldSeekable is a held output that can be read back.
type heldSeekable struct {
	codec.SeekableWriter
	held *held
}

func (h *heldSeekable) Write(p []byte) (int, error) { return h.held.Write(p) }
func (h *heldSeekable) Commit(r codec.Result) error { return h.held.Commit(r) }
func (h *heldSeekable) Abort() error                { return h.held.Abort() }

// flush commits the last output, with the notes that came after it.
func (x *unpacker) flush() error {
	if x.last == nil {
		return nil
	}
	last := x.last
	x.last = nil
	last.result.Notes = append(last.result.Notes, x.notes.take()...)
	err := last.Writer.Commit(last.result)
	if err != nil {
		_ = last.Writer.Abort()
	}
	x.keep(err)
	return err
}

func (x *unpacker) abort() {
	if x.last != nil {
		_ = x.last.Writer.Abort() // the reason is known already
	}
}
