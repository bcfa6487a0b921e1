package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// find returns the path of a file: in the folder of the command line, in the
// corpus beside the module, or under its base name in examples/media.
func (b *bencher) find(name string) (string, bool) {
	candidates := []string{
		filepath.Join("..", "..", "..", "shared", "corpus", name),
		filepath.Join("..", "media", filepath.Base(name)),
	}
	if b.media != "" {
		candidates = []string{filepath.Join(b.media, name), filepath.Join(b.media, filepath.Base(name))}
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

// convert has spool convert the file at path and returns the first output with
// its bytes.
func (b *bencher) convert(ctx context.Context, op codec.Operation, path string) (
	engine.Output, []byte, error,
) {
	readers, err := b.eng.Process(ctx, op, engine.FromFile(path))
	if err != nil {
		return engine.Output{}, nil, err
	}
	defer func() {
		for _, r := range readers {
			r.Close()
		}
	}()
	data, err := io.ReadAll(readers[0])
	return readers[0].Output, data, err
}

// each calls fn with each path, workers at a time; 0 means one per core.
func each(ctx context.Context, workers int, paths []string,
	fn func(ctx context.Context, i int, path string) error,
) error {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for i, path := range paths {
		g.Go(func() error { return fn(ctx, i, path) })
	}
	return g.Wait()
}

// unsupported turns the refusal of an operation into a reason to skip the row.
func unsupported(err error) error {
	if codec.ClassOf(err) == codec.Unsupported || errors.Is(err, engine.ErrBadRequest) {
		return skip("no codec here does this")
	}
	return err
}
