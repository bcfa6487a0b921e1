// Command soak runs many conversions of all kinds through one engine and prints
// what the process holds after every hundred: resident memory, open descriptors,
// goroutines. Among the inputs are broken ones, and some conversions are not
// possible. It fails if a file fails for any other reason, and if the process
// holds more at the end than after the first fifth:
//
//	go run ./soak -n 1000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/codec/vips"
	"github.com/spoolmedia/spool/engine"
	"github.com/spoolmedia/spool/storage/filestorage"
)

// codecs are those that are put to the test.
func codecs() []codec.Codec { return []codec.Codec{vips.New(), libav.New()} }

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 1000, "conversions")
	media := flag.String("media", "", "folder with media; default: the corpus, or examples/media")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := soak(ctx, *media, *n); err != nil {
		log.Fatal(err)
	}
}

// step is how many conversions are in a job.
const step = 100

func soak(ctx context.Context, media string, n int) (err error) {
	dir, err := os.MkdirTemp("", "spool-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	files, err := filestorage.Open(dir, filestorage.Config{NoSync: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	eng, err := engine.Open(engine.Config{Codecs: codecs(), Storage: files})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, eng.Close(context.WithoutCancel(ctx))) }()

	paths, err := inputs(media)
	if err != nil {
		return err
	}
	fmt.Println("conversions | failed | resident MiB | descriptors | goroutines")
	fmt.Println("--- | --- | --- | --- | ---")
	var after []usage
	failed := 0
	for done := 0; done < n; {
		size := min(step, n-done)
		f, err := batch(ctx, eng, paths, done, size)
		if err != nil {
			return err
		}
		done, failed = done+size, failed+f
		u, err := measure()
		if err != nil {
			return err
		}
		after = append(after, u)
		fmt.Printf("%d | %d | %d | %d | %d\n", done, failed, u.resident>>20, u.descriptors, u.goroutines)
	}
	return leaked(after)
}

// batch submits size conversions, waits for them and returns how many failed.
func batch(ctx context.Context, eng *engine.Engine, paths []string, from, size int) (int, error) {
	r := engine.Request{Account: "soak"}
	for i := from; i < from+size; i++ {
		in := engine.FromFile(paths[i%len(paths)])
		in.Operation = operationFor(paths[i%len(paths)], i/len(paths))
		r.Inputs = append(r.Inputs, in)
	}
	job, err := eng.Submit(ctx, r)
	if err != nil {
		return 0, err
	}
	if job, err = eng.Wait(ctx, job.ID); err != nil {
		return 0, err
	}
	return job.Failed, blameless(ctx, eng, job.ID)
}

// blameless returns an error if a file failed for another reason than what is in
// it.
func blameless(ctx context.Context, eng *engine.Engine, job string) error {
	for f, err := range eng.Files(ctx, job) {
		if err != nil {
			return err
		}
		if f.Error == nil {
			continue
		}
		switch f.Error.Class {
		case codec.Invalid, codec.Unsupported, codec.Limit:
		default:
			return fmt.Errorf("%s: %s: %w", f.Name, f.Error.Class, f.Error)
		}
	}
	return nil
}

// operations change with each round through the inputs, so that each input meets
// each of them.
var operations = []codec.Operation{
	codec.Convert{Format: "webp", Width: 320},
	codec.Convert{Format: "jpg", Width: 800, Height: 600, Fit: codec.FitContain},
	codec.Convert{Format: "png", Width: 200, Height: 200},
	codec.Convert{Format: "avif", Width: 160},
	codec.Convert{Format: "tiff", Width: 400},
	codec.Convert{Format: "gif", Width: 100},
	codec.Convert{Format: "jxl", Width: 100},
}

// turns are for video and sound, for which pictures make no sense.
var turns = []codec.Operation{
	codec.Convert{Format: "mp4", Width: 160},
	codec.Convert{Format: "mkv"},
	codec.Convert{Format: "mp3"},
}

// operationFor returns what to do with a file in a round.
func operationFor(path string, round int) codec.Operation {
	switch filepath.Base(filepath.Dir(path)) {
	case "video", "audio":
		return turns[round%len(turns)]
	}
	return operations[round%len(operations)]
}

// inputs returns media and broken files that are small enough to do often.
func inputs(media string) ([]string, error) {
	folders := []string{media}
	if media == "" {
		folders = []string{
			filepath.Join("..", "..", "..", "shared", "corpus"), filepath.Join("..", "media"),
		}
	}
	const large = 1 << 20
	patterns := []string{"*.*", "image/*.*", "video/*.*", "audio/*.*", "hostile/*-truncated.*",
		"hostile/*corrupt*"}
	for _, folder := range folders {
		var paths []string
		for _, pattern := range patterns {
			found, err := filepath.Glob(filepath.Join(folder, pattern))
			if err != nil {
				return nil, err
			}
			for _, path := range found {
				info, err := os.Stat(path)
				if err == nil && info.Mode().IsRegular() && info.Size() < large {
					paths = append(paths, path)
				}
			}
		}
		if len(paths) > 0 {
			return paths, nil
		}
	}
	return nil, fmt.Errorf("there are no media in %v", folders)
}
