package main

import (
	"context"
	"io"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/storage"
)

// fake is a codec that converts pictures by calling do.
type fake struct {
	do func(ctx context.Context, w *codec.Work) error
}

// Name implements [codec.Codec].
func (fake) Name() string { return "fake" }

// Offers implements [codec.Codec].
func (fake) Offers() []codec.Offer {
	return []codec.Offer{{
		Op: codec.Convert{}.Name(), From: []string{"image/jpeg"}, To: []string{"webp"},
		Lane: codec.LaneImage,
	}}
}

// Probe implements [codec.Codec].
func (fake) Probe(ctx context.Context, w *codec.Work) (codec.Media, codec.Cost, error) {
	return codec.Media{Type: w.In[0].Type(), Frames: 1}, codec.Cost{}, ctx.Err()
}

// Process implements [codec.Codec].
func (f fake) Process(ctx context.Context, w *codec.Work) error { return f.do(ctx, w) }

// nothing is the least work: an empty output, as every job must have one.
func nothing(ctx context.Context, w *codec.Work) error { return write(ctx, w, nil) }

// copying reads the input and writes it again.
func copying(ctx context.Context, w *codec.Work) error {
	b, err := io.ReadAll(io.NewSectionReader(w.In[0], 0, w.In[0].Size()))
	if err != nil {
		return err
	}
	return write(ctx, w, b)
}

func write(ctx context.Context, w *codec.Work, b []byte) error {
	out, err := w.Out.Create(ctx, codec.OutSpec{Name: "o.webp", Type: "image/webp"})
	if err != nil {
		return err
	}
	defer out.Abort()
	if _, err := out.Write(b); err != nil {
		return err
	}
	return out.Commit(codec.Result{Media: codec.Media{Type: "image/webp"}})
}

// nowhere is a storage that forgets outputs: the jobs of the others make none.
type nowhere struct{ storage.Storage }

// Create implements [storage.Storage].
func (n nowhere) Create(ctx context.Context, key string) (storage.Writer, error) {
	if strings.HasPrefix(key, "out/") {
		return &forgotten{key: key}, nil
	}
	return n.Storage.Create(ctx, key)
}

// Unwrap implements [storage.Unwrapper].
func (n nowhere) Unwrap() any { return n.Storage }

// forgotten is a blob that is nowhere.
type forgotten struct {
	key  string
	size int64
}

// Write implements [io.Writer].
func (f *forgotten) Write(b []byte) (int, error) {
	f.size += int64(len(b))
	return len(b), nil
}

// Commit implements [storage.Writer].
func (f *forgotten) Commit() (storage.Info, error) {
	return storage.Info{Key: f.key, Size: f.size, SHA256: strings.Repeat("0", 64)}, nil
}

// Abort implements [storage.Writer].
func (*forgotten) Abort() error { return nil }
