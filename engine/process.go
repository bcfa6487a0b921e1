package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage/filestorage"
)

// Process does op on one input, or on all of them if it joins them, and returns
// the outputs, without a job: nothing is stored, and nothing can be asked for
// later. It counts among the workers, and
// returns when the codec has, also after ctx has ended. The caller closes the
// readers.
//
// A path or a storage key is read where it is. A reader that is no [io.ReaderAt]
// and [io.Seeker] is copied to a temporary file first.
func (e *Engine) Process(
	ctx context.Context, op codec.Operation, in ...Input,
) ([]*Reader, error) {
	r := Request{Inputs: in, Operation: op}
	if err := r.validate(); err != nil {
		return nil, err
	}
	if len(in) > 1 && !codec.Joins(op) {
		return nil, badRequest(fmt.Errorf("inputs: %d, of which %s takes one", len(in), op.Name()))
	}
	op = r.operation(in[0])
	if err := checkOffered(e.offers, op); err != nil {
		return nil, badRequest(err)
	}
	if err := e.checkBlobs(ctx, r); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(e.working, func() { cancel(ErrClosed) })()
	if err := e.budget.slots.Acquire(ctx, 1); err != nil {
		return nil, context.Cause(ctx)
	}
	defer e.budget.slots.Release(1)
	readers, err := e.processNow(ctx, op, slices.Clone(in))
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return readers, err
}

func (e *Engine) processNow(
	ctx context.Context, op codec.Operation, in []Input,
) (readers []*Reader, err error) {
	dir, err := os.MkdirTemp(e.config.TempDir, "spool-*")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	var opened inputs
	defer func() { err = errors.Join(err, opened.close()) }()
	for _, one := range in {
		src, err := e.openNow(ctx, &one, dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", cmp.Or(one.Name, "input"), err)
		}
		opened = append(opened, &input{source: src, name: cleanName(one.Name)})
		last := opened[len(opened)-1]
		if last.mediaType, err = codec.Sniff(src, src.size); err != nil {
			return nil, fmt.Errorf("%s: %w", one.Name, err)
		}
	}
	c, err := e.callFor(ctx, op, opened)
	if err != nil {
		return nil, err
	}
	opened = c.in
	if _, _, err := e.probe(ctx, c); err != nil {
		return nil, err
	}
	return e.processInto(ctx, c, dir)
}

// processInto calls the codec with outputs in dir, which goes with the last of
// the readers.
func (e *Engine) processInto(ctx context.Context, c call, dir string) ([]*Reader, error) {
	files, err := filestorage.Open(dir, filestorage.Config{NoSync: true})
	if err != nil {
		return nil, err
	}
	out := newSink(files, dir, "out/")
	c.work.Out = out
	outputs, err := e.process(ctx, c, out)
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	open := new(atomic.Int64)
	readers := make([]*Reader, 0, len(outputs))
	for _, o := range outputs {
		blob, err := files.Open(ctx, o.Key)
		if err != nil {
			return nil, errors.Join(err, closeAll(readers), files.Close())
		}
		open.Add(1)
		readers = append(readers, newReader(outputOf(o), blob, o.Size, func() error {
			err := blob.Close()
			if open.Add(-1) == 0 {
				err = errors.Join(err, files.Close(), os.RemoveAll(dir))
			}
			return err
		}))
	}
	return readers, nil
}

func closeAll(readers []*Reader) error {
	var errs []error
	for _, r := range readers {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// openNow opens an input that is not stored.
func (e *Engine) openNow(ctx context.Context, in *Input, dir string) (source, error) {
	switch {
	case in.path != "":
		f, err := openRegular(in.path)
		if err != nil {
			return source{}, err
		}
		return sourceOf(f)
	case in.key != "":
		return e.openSource(ctx, in.key, -1)
	case in.url != "":
		return e.fetchNow(ctx, in, dir)
	}
	if r, ok := in.reader.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		size, err := sizeOf(r)
		return source{r, io.NopCloser(nil), size}, err
	}
	f, err := os.CreateTemp(dir, "input-*")
	if err != nil {
		return source{}, err
	}
	if _, err := io.Copy(f, in.reader); err != nil {
		return source{}, errors.Join(err, f.Close())
	}
	return sourceOf(f)
}

func sourceOf(f *os.File) (source, error) {
	info, err := f.Stat()
	if err != nil {
		return source{}, errors.Join(err, f.Close())
	}
	return source{f, f, info.Size()}, nil
}

// sizeOf returns where s ends, and leaves its position as it is.
func sizeOf(s io.Seeker) (int64, error) {
	at, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	size, err := s.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	_, err = s.Seek(at, io.SeekStart)
	return size, err
}
