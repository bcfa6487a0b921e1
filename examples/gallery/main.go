// Command gallery draws a contact sheet: what operations make of some pictures,
// one row for each operation, so that a person can see at a glance whether
// everything looks right.
//
//	go run ./examples/gallery -out gallery.png *.jpg *.png
//
// What an operation cannot do with a file is written into its cell, in red.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/codec/vectorize"
	"github.com/spoolmedia/spool/codec/vips"
	"github.com/spoolmedia/spool/engine"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "gallery.png", "the contact sheet to write")
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out string, files []string) (err error) {
	eng, err := engine.Open(engine.Config{
		Codecs: []codec.Codec{vips.New(), libav.New(), vectorize.New()},
		// The files are the user's own.
		Policy: codec.Policy{Untrusted: []string{"image/svg+xml", "application/pdf", "image/jp2"}},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close(context.WithoutCancel(ctx))) }()
	s, err := newSheet(files)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for row, r := range rows {
		for column, file := range files {
			group.Go(func() error {
				picture, text, err := show(ctx, eng, r.op, file)
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				s.cell(row, column, picture, text, err)
				return nil
			})
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return write(out, s.picture)
}

// show does op on the file and returns the first output as a picture or as text,
// and a line about it.
func show(
	ctx context.Context, eng *engine.Engine, op codec.Operation, file string,
) (image.Image, string, error) {
	outputs, err := eng.Process(ctx, op, engine.FromFile(file))
	if err != nil {
		return nil, "", err
	}
	defer func() {
		for _, o := range outputs {
			_ = o.Close()
		}
	}()
	first := outputs[0]
	text := fmt.Sprintf("%s  %s", filepath.Ext(first.Output.Name)[1:], size(first.Output.Size))
	if first.Output.Type == "application/json" {
		b, err := io.ReadAll(first)
		var short bytes.Buffer
		if err == nil {
			err = json.Indent(&short, b, "", " ")
		}
		return nil, short.String(), err
	}
	picture, err := small(ctx, eng, first)
	return picture, text, err
}

// small returns a picture of what r reads that fits into a cell.
func small(ctx context.Context, eng *engine.Engine, r *engine.Reader) (image.Image, error) {
	outputs, err := eng.Process(ctx, codec.Thumbnail{
		Format: "png", Width: cellWidth - 2*gap, Height: cellHeight - textHeight - 2*gap, Fit: codec.FitInside,
	}, engine.FromReader(r.Output.Name, r))
	if err != nil {
		return nil, err
	}
	defer outputs[0].Close()
	return png.Decode(outputs[0])
}

func size(bytes int64) string {
	if bytes < 10_000 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%.0f KiB", float64(bytes)/1024)
}

func write(path string, m image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, m), f.Close())
}
