package main

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/vips"
	"github.com/spoolmedia/spool/engine"
)

// spool does it as a host would, through an engine.
func spool(_ context.Context, t task) (
	one func(context.Context) error, done func(*took) error, err error,
) {
	return through(t, codec.Convert{Format: t.Format, Width: t.Width})
}

// through has an engine do op, and keeps the options of the first output.
func through(t task, op codec.Operation) (
	one func(context.Context) error, done func(*took) error, err error,
) {
	eng, err := engine.Open(engine.Config{Codecs: []codec.Codec{vips.New()}, Workers: t.Workers})
	if err != nil {
		return nil, nil, err
	}
	var mu sync.Mutex
	var options map[string]string
	one = func(ctx context.Context) error {
		outputs, err := eng.Process(ctx, op, engine.FromFile(t.Photo))
		if err != nil {
			return err
		}
		mu.Lock()
		options = outputs[0].Output.Result.Streams[0].Options
		mu.Unlock()
		for _, o := range outputs {
			err = errors.Join(err, keep(t.Out, o))
		}
		return err
	}
	done = func(all *took) error {
		all.Options = options
		return eng.Close(context.Background())
	}
	return one, done, nil
}

// keep writes an output to the file, in place of what other workers wrote there.
func keep(path string, r io.ReadCloser) error {
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	return replace(path, data)
}

func replace(path string, data []byte) error {
	f, err := os.CreateTemp("", "spool-bench-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close(), os.Rename(f.Name(), path))
}
