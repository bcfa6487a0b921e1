// Command pictures measures how spool makes a photograph of 12 megapixels smaller,
// beside sharp (which it installs by npm into the cache folder of the user), the
// command vipsthumbnail, and Go's own packages:
//
//	go run ./pictures -runs 20
//
// Each contender is a process of its own that does the same work with 1 and with 2
// workers, warmed up, and is told spool's encoder options. The columns are pictures
// for each second, the time of a core for each picture, the peak of the process's
// memory, and how much faster spool is by both times; on a machine that does other
// things only those of the cores say something. A row counts if the sizes are equal,
// the SSIM with a reference is within 0.002 of spool's and the bytes within 2 %; others
// say by how much they are off. What follows are a picture of less than a megapixel
// beside a process, 8 renditions of one photograph beside 8 jobs, and the stages of the
// work, by spool and by sharp. -only makes one of them: sizes, small, renditions or stages.
package main

import (
	"context"
	"flag"
	"fmt"
	"image"
	"log"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	runs := flag.Int("runs", 20, "pictures of each measurement")
	only := flag.String("only", "", "part to make; default: all")
	child := flag.String("child", "", "be the contender of that name, with the task as argument")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return bench(ctx, *only, *runs) }
	if *child != "" {
		run = func() error { return beChild(ctx, *child, flag.Arg(0)) }
	}
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// width is that of the outputs.
const width = 720

func bench(ctx context.Context, only string, runs int) error {
	dir, err := os.MkdirTemp("", "spool-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	photo := filepath.Join(dir, "photo.jpg")
	picture := photograph(4000, 3000)
	if err := writeJPEG(photo, picture); err != nil {
		return err
	}
	sharp, why := installSharp(ctx)
	if why != nil {
		fmt.Println("Without sharp:", why)
	}
	parts := []struct {
		name string
		make func() error
	}{
		{"sizes", func() error { return sizes(ctx, photo, sharp, shrunk(picture, width), runs) }},
		{"small", func() error { return small(ctx, dir, runs) }},
		{"renditions", func() error { return renditions(ctx, photo, runs) }},
		{"stages", func() error { return stages(ctx, photo, sharp, runs) }},
	}
	made := false
	for _, part := range parts {
		if only != "" && only != part.name {
			continue
		}
		made = true
		if err := part.make(); err != nil {
			return err
		}
	}
	if !made {
		return fmt.Errorf("there is no part %q", only)
	}
	return nil
}

// sizes compares all contenders, to every format with 1 and with 2 workers.
func sizes(ctx context.Context, photo, sharp string, reference image.Image, runs int) error {
	fmt.Println("to | workers | contender | pictures/s | CPU ms | peak MiB | spool is | by CPU | " +
		"comparable")
	fmt.Println("--- | --- | --- | --- | --- | --- | --- | --- | ---")
	for _, format := range []string{"jpg", "png", "webp", "avif"} {
		for _, workers := range []int{1, 2} {
			t := task{Photo: photo, Format: format, Width: width, Workers: workers, Runs: runs,
				Out: fmt.Sprintf("%s.%s-%d", photo, format, workers), Sharp: sharp}
			if err := compareAll(ctx, t, reference); err != nil {
				return err
			}
		}
	}
	return nil
}
