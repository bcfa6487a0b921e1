// Command soak runs many conversions of all kinds through one durable engine and
// prints what the process holds before the first and after every fifty: resident memory, what
// of it C has not freed, open descriptors, threads, goroutines. Jobs and files are kept on disk, so that it is
// the codecs and the engine that are measured. Among the inputs are broken ones,
// and some conversions are not possible. It fails if a file fails for any other
// reason, and if the process holds more in the last quarter than in the second
// one: over 10 % more memory, or more than a few descriptors, threads or
// goroutines.
//
//	go run ./soak -n 2000 -codec libav
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
	"github.com/spoolmedia/spool/store/boltstore"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 2000, "conversions")
	media := flag.String("media", "", "folder with media; default: the corpus, or examples/media")
	name := flag.String("codec", "", "vips or libav; default: both")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := soak(ctx, *media, *name, *n); err != nil {
		log.Fatal(err)
	}
}

// step is how many conversions are in a job.
const step = 50

func soak(ctx context.Context, media, codecName string, n int) (err error) {
	work, err := worksFor(media, codecName)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "spool-soak-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	eng, closeEngine, err := open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeEngine(context.WithoutCancel(ctx))) }()
	fmt.Println("conversions | failed | resident MiB | C holds KiB | descriptors | threads | goroutines")
	fmt.Println("--- | --- | --- | --- | --- | --- | ---")
	start, err := measure()
	if err != nil {
		return err
	}
	row(0, 0, start)
	var after []usage
	failed := 0
	for done := 0; done < n; {
		size := min(step, n-done)
		f, err := batch(ctx, eng, work, size)
		if err != nil {
			return err
		}
		done, failed = done+size, failed+f
		u, err := measure()
		if err != nil {
			return err
		}
		after = append(after, u)
		row(done, failed, u)
	}
	return leaked(after)
}

// row prints a line of the table.
func row(done, failed int, u usage) {
	fmt.Printf("%d | %d | %d | %d | %d | %d | %d\n",
		done, failed, u.resident>>20, u.inUse>>10, u.descriptors, u.threads, u.goroutines)
}

// open returns a durable engine in dir, and how to close it with its backends.
func open(dir string) (*engine.Engine, func(context.Context) error, error) {
	files, err := filestorage.Open(filepath.Join(dir, "files"), filestorage.Config{NoSync: true})
	if err != nil {
		return nil, nil, err
	}
	jobs, err := boltstore.Open(filepath.Join(dir, "jobs.db"), boltstore.Config{NoSync: true})
	if err != nil {
		return nil, nil, errors.Join(err, files.Close())
	}
	codecs := []codec.Codec{vips.New(), libav.New()}
	eng, err := engine.Open(engine.Config{Codecs: codecs, Store: jobs, Storage: files})
	if err != nil {
		return nil, nil, errors.Join(err, jobs.Close(), files.Close())
	}
	return eng, func(ctx context.Context) error {
		return errors.Join(eng.Close(ctx), jobs.Close(), files.Close())
	}, nil
}

// batch submits size conversions, waits for them and returns how many failed.
func batch(ctx context.Context, eng *engine.Engine, work *works, size int) (int, error) {
	r := engine.Request{Account: "soak"}
	for range size {
		r.Inputs = append(r.Inputs, work.next())
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
