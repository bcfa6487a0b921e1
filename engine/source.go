package engine

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage"
	"github.com/spoolmedia/spool/store"
)

// maxJoined is how many inputs an operation may join: they are kept in one record.
const maxJoined = 200

// sourcesOf returns the inputs of the file: one, unless its operation joins them.
func sourcesOf(f store.File) []store.Source {
	first := store.Source{Name: f.Name, Type: f.Type, Blob: f.Blob, URL: f.URL, Size: f.Size}
	return append([]store.Source{first}, f.More...)
}

// setSources makes sources, of which there is at least one, the inputs of the file.
func setSources(f *store.File, sources []store.Source) {
	first := sources[0]
	f.Name, f.Type, f.Blob, f.URL, f.Size = first.Name, first.Type, first.Blob, first.URL, first.Size
	f.More = slices.Clone(sources[1:])
}

// unfetched reports whether the bytes are still to be fetched.
func unfetched(s store.Source) bool { return s.Blob == "" && s.URL != "" }

// typesOf returns the media types of the inputs.
func typesOf(sources []store.Source) []string {
	types := make([]string, len(sources))
	for i, s := range sources {
		types[i] = s.Type
	}
	return types
}

// inputs are the open inputs of a call of a codec.
type inputs []*input

// openInputs opens the inputs of a file.
func (e *Engine) openInputs(ctx context.Context, sources []store.Source) (all inputs, err error) {
	for _, s := range sources {
		src, err := e.openSource(ctx, s.Blob, s.Size)
		if err != nil {
			return nil, errors.Join(err, all.close())
		}
		all = append(all, &input{source: src, name: s.Name, mediaType: s.Type})
	}
	return all, nil
}

func (all inputs) close() error {
	var errs []error
	for _, in := range all {
		errs = append(errs, in.Close())
	}
	return errors.Join(errs...)
}

// fault returns the first fault of storage in any of them.
func (all inputs) fault() error {
	for _, in := range all {
		if err := in.fault(); err != nil {
			return err
		}
	}
	return nil
}

// blobsOf returns what the operation refers to besides its inputs: storage keys by
// the operation's field.
func blobsOf(op codec.Operation) map[string]string {
	if r, ok := op.(codec.References); ok {
		return r.Blobs()
	}
	return nil
}

// checkBlobs returns an ErrBadRequest with a fault for each reference of the
// operations that leads nowhere.
func (e *Engine) checkBlobs(ctx context.Context, r Request) error {
	ops := []codec.Operation{r.Operation}
	for _, in := range r.Inputs {
		ops = append(ops, in.Operation)
	}
	var faults []error
	for _, op := range ops {
		for field, key := range blobsOf(op) {
			blob, err := e.config.Storage.Open(ctx, key)
			switch {
			case err == nil:
				err = blob.Close()
			case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrBadKey):
				faults = append(faults, &codec.FieldError{Op: op.Name(), Field: field,
					Reason: fmt.Sprintf("there is no blob %q in storage", key)})
				err = nil
			}
			if err != nil {
				return fmt.Errorf("engine: look for %s of %s: %w", field, op.Name(), err)
			}
		}
	}
	return badRequest(errors.Join(faults...))
}

// openBlobs opens what the operation refers to.
func (e *Engine) openBlobs(
	ctx context.Context, op codec.Operation,
) (refs map[string]codec.Input, all inputs, err error) {
	for field, key := range blobsOf(op) {
		in, err := e.openBlob(ctx, key)
		if errors.Is(err, storage.ErrNotFound) {
			err = codec.Errorf(codec.Invalid, "%s of %s is no longer in storage: %w",
				field, op.Name(), err)
		}
		if err != nil {
			return nil, nil, errors.Join(err, all.close())
		}
		if refs == nil {
			refs = make(map[string]codec.Input)
		}
		refs[field] = in
		all = append(all, in)
	}
	return refs, all, nil
}

func (e *Engine) openBlob(ctx context.Context, key string) (*input, error) {
	b, err := e.config.Storage.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	in := &input{source: source{b, b, b.Info().Size}, name: path.Base(key)}
	if in.mediaType, err = codec.Sniff(b, in.size); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return in, nil
}
