package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// memory prints the most that a process holds which makes H.264 of a clip in 1080p: this
// program, started anew with the flag -child, and ffmpeg with the same settings. It
// does so for two lengths, between which there should be no difference.
func (b *bencher) memory(ctx context.Context) error {
	fmt.Println("\nfilm to mp4 | spool, peak | ffmpeg, peak | ratio")
	fmt.Println("--- | --- | --- | ---")
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, seconds := range []int{max(1, b.seconds/6), b.seconds} {
		path, err := b.clip(ctx, seconds)
		if err != nil {
			return err
		}
		made, _, err := b.convert(ctx, childOperation, path)
		if err != nil {
			return err
		}
		ours, err := peak(exec.CommandContext(ctx, self, "-child", path))
		if err != nil {
			return err
		}
		out := filepath.Join(b.dir, "memory.mp4")
		theirs, err := peak(exec.CommandContext(ctx, "ffmpeg", ffmpegArgs(path, out,
			made.Result.Streams)...))
		if err != nil {
			return err
		}
		fmt.Printf("1080p, %d s | %d MiB | %d MiB | %.2f\n", seconds, ours>>20, theirs>>20,
			float64(theirs)/float64(ours))
	}
	return nil
}

var childOperation = codec.Convert{Format: "mp4", Quality: 82}

// peak runs a command and returns the most bytes that were resident (getrusage(2), which
// counts in KiB on Linux).
func peak(c *exec.Cmd) (int64, error) {
	if out, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%v: %w: %s", c.Args, err, out)
	}
	return c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10, nil
}

// child is the work of the process whose memory is measured: nothing but a conversion.
func child(ctx context.Context, path string) error {
	eng, err := engine.Open(engine.Config{Codecs: codecs()})
	if err != nil {
		return err
	}
	readers, err := eng.Process(ctx, childOperation, engine.FromFile(path))
	for _, r := range readers {
		_, copied := io.Copy(io.Discard, r)
		if r.Close(); err == nil {
			err = copied
		}
	}
	if closed := eng.Close(ctx); err == nil {
		err = closed
	}
	return err
}
